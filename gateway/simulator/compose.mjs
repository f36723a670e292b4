// Composes sets of subgraphs, one a line: {"subgraphs":[{"name","sdl"}]} in, {"supergraph"} or {"errors":[…]} out.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../schema/package.json", import.meta.url));
const { composeServices } = require("@theguild/federation-composition");
const { parse } = require("graphql");

// The composer thinks that a field of type Query leads nowhere but to its own subgraph; the specification lets a plan
// go on from there to any subgraph's root.
const isAboutNestedQuery = ({ message }) => message.includes('because type "Query" has no @key');

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
    return { supergraph: result.supergraphSdl };
  } catch (error) {
    return { errors: [`CRASH: ${error.stack ?? error}`] };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(compose(JSON.parse(line).subgraphs))}\n`);
}
