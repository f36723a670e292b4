// Composes sets of subgraphs, one a line: {"subgraphs":[{"name","sdl"}]} in; {"supergraph","api"}, or {"errors":[{"code",
// "message"}]}, out.
import { createInterface } from "node:readline";
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";

// The composer thinks that a field of type Query leads nowhere but to its own subgraph; the specification lets a plan
// go on from there to any subgraph's root.
const isAboutNestedQuery = ({ message }) => message.includes('because type "Query" has no @key');

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
    return { supergraph: result.supergraphSdl, api: result.publicSdl };
  } catch (error) {
    return { errors: [{ code: "CRASH", message: `${error.stack ?? error}` }] };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(compose(JSON.parse(line).subgraphs))}\n`);
}
