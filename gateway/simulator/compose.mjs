// Composes sets of subgraphs, one a line: {"subgraphs":[{"name","sdl"}]} in, {"supergraph"} or {"errors":[…]} out.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../schema/package.json", import.meta.url));
const { composeServices } = require("@theguild/federation-composition");
const { parse, print, visit } = require("graphql");

// The composer thinks that a field of type Query leads nowhere but to its own subgraph; the specification lets a plan
// go on from there to any subgraph's root.
const isAboutNestedQuery = ({ message }) => message.includes('because type "Query" has no @key');

// Which subgraphs have a field of an interface object and one of them only as @external: for such fields the composer
// leaves @join__field out, so that they seem to be resolved everywhere. Apollo's composition says it; so do we.
function externals(services) {
  const owners = new Map();
  for (const { name, typeDefs } of services) {
    for (const type of typeDefs.definitions) {
      for (const field of type.fields ?? []) {
        const place = `${type.name.value}.${field.name.value}`;
        const external = field.directives.some((one) => one.name.value === "external");
        const isObject = type.directives.some((one) => one.name.value === "interfaceObject");
        const known = owners.get(place) ?? { wanted: false, graphs: [] };
        known.wanted ||= external && isObject;
        known.graphs.push({ graph: name.toUpperCase(), external });
        owners.set(place, known);
      }
    }
  }
  return owners;
}

function withExternals(supergraph, services) {
  const owners = externals(services);
  if (![...owners.values()].some(({ wanted }) => wanted)) return supergraph;
  const edited = visit(parse(supergraph), {
    InterfaceTypeDefinition(type) {
      const fields = type.fields.map((field) => {
        const known = owners.get(`${type.name.value}.${field.name.value}`);
        if (!known?.wanted || field.directives.some((one) => one.name.value === "join__field")) return field;
        const directives = known.graphs
          .map(({ graph, external }) => `@join__field(graph: ${graph}${external ? ", external: true" : ""})`)
          .join(" ");
        const patched = parse(`type T { f: Int ${directives} }`).definitions[0].fields[0].directives;
        return { ...field, directives: [...field.directives, ...patched] };
      });
      return { ...type, fields };
    },
  });
  return print(edited);
}

function compose(subgraphs) {
  try {
    const services = subgraphs.map(({ name, sdl }) => ({ name, url: `http://${name}.invalid`, typeDefs: parse(sdl) }));
    let result = composeServices(services);
    if (result.errors?.every(isAboutNestedQuery)) {
      result = composeServices(services, { disableValidationRules: ["SatisfiabilityRule"] });
    }
    if (result.errors?.length) {
      return { errors: result.errors.map((error) => `${error.extensions?.code ?? "ERROR"}: ${error.message}`) };
    }
    return { supergraph: withExternals(result.supergraphSdl, services) };
  } catch (error) {
    return { errors: [`CRASH: ${error.stack ?? error}`] };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(compose(JSON.parse(line).subgraphs))}\n`);
}
