// Composes schema/<service>.graphql into schema/supergraph.graphql, or with --check says whether
// that file is what the services' schemas make.
import { readFile, writeFile } from "node:fs/promises";
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";

// Addresses of a developer's machine; a deployment overrides them in the gateway's configuration.
const SERVICES = [
  { name: "book", port: 4001 },
  { name: "borrowing", port: 4002 },
  { name: "mypage", port: 4004 },
  { name: "user", port: 4003 },
];
const target = new URL("supergraph.graphql", import.meta.url);

const services = await Promise.all(
  SERVICES.map(async ({ name, port }) => ({
    name,
    url: `http://127.0.0.1:${port}/graphql`,
    typeDefs: parse(await readFile(new URL(`${name}.graphql`, import.meta.url), "utf8")),
  })),
);
const result = composeServices(services);
if (result.errors?.length) {
  for (const error of result.errors) {
    console.error(`${error.extensions?.code ?? "ERROR"}: ${error.message}`);
  }
  process.exit(1);
}
const composed = `${result.supergraphSdl.trimEnd()}\n`;
if (!process.argv.includes("--check")) {
  await writeFile(target, composed);
} else if ((await readFile(target, "utf8").catch(() => "")) !== composed) {
  console.error("schema/supergraph.graphql is stale: run schema/compose.sh and commit the result");
  process.exit(1);
}
