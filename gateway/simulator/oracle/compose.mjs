// Composes sets of subgraphs, one a line: {"subgraphs":[{"name","sdl"}]} in; {"supergraph","api"}, or {"errors":[{"code",
// "message"}]}, out.
import { createInterface } from "node:readline";
import { composeServices } from "@theguild/federation-composition";
import { parse, print, visit } from "graphql";

// The composer thinks that a field of type Query leads nowhere but to its own subgraph; the specification lets a plan
// go on from there to any subgraph's root.
const isAboutNestedQuery = ({ message }) => message.includes('because type "Query" has no @key');

// Of some fields that a subgraph only has as @external (of interface objects; keys of another subgraph), the composer
// leaves @join__field out altogether, so that they seem to be resolved everywhere. Apollo's composition always says it,
// except for an external field of the subgraph's own key; so do we.
function owners(services) {
  const fields = new Map();
  for (const { name, typeDefs } of services) {
    for (const type of typeDefs.definitions) {
      const keys = (type.directives ?? []).filter((one) => one.name.value === "key");
      const own = keys.flatMap((key) => print(key).split(/\W+/));
      for (const field of type.fields ?? []) {
        const place = `${type.name.value}.${field.name.value}`;
        const external =
          field.directives.some((one) => one.name.value === "external") && !own.includes(field.name.value);
        const known = fields.get(place) ?? [];
        known.push({ graph: name.toUpperCase(), external });
        fields.set(place, known);
      }
    }
  }
  return fields;
}

function withExternals(supergraph, services) {
  const fields = owners(services);
  if (![...fields.values()].flat().some(({ external }) => external)) return supergraph;
  const edit = (type) => ({
    ...type,
    fields: type.fields.map((field) => {
      const graphs = fields.get(`${type.name.value}.${field.name.value}`) ?? [];
      const isSaid = field.directives.some((one) => one.name.value === "join__field");
      if (isSaid || !graphs.some(({ external }) => external)) return field;
      const directives = graphs
        .map(({ graph, external }) => `@join__field(graph: ${graph}${external ? ", external: true" : ""})`)
        .join(" ");
      const said = parse(`type T { f: Int ${directives} }`).definitions[0].fields[0].directives;
      return { ...field, directives: [...field.directives, ...said] };
    }),
  });
  return print(visit(parse(supergraph), { InterfaceTypeDefinition: edit, ObjectTypeDefinition: edit }));
}

function compose(subgraphs) {
  let services;
  try {
    services = subgraphs.map(({ name, sdl }) => ({ name, url: `http://${name}.invalid`, typeDefs: parse(sdl) }));
  } catch (error) {
    // It takes documents, so their syntax is its caller's business.
    return { errors: [{ code: "INVALID_GRAPHQL", message: `${error}` }] };
  }
  try {
    let result = composeServices(services);
    if (result.errors?.every(isAboutNestedQuery)) {
      result = composeServices(services, { disableValidationRules: ["SatisfiabilityRule"] });
    }
    if (result.errors?.length) {
      const errors = result.errors.map(({ extensions, message }) => ({ code: extensions?.code ?? "NO_CODE", message }));
      return { errors };
    }
    return {
      supergraph: result.supergraphSdl,
      api: result.publicSdl,
      mended: withExternals(result.supergraphSdl, services),
    };
  } catch (error) {
    return { errors: [{ code: "CRASH", message: `${error.stack ?? error}` }] };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(compose(JSON.parse(line).subgraphs))}\n`);
}
