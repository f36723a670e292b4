// Times @theguild/federation-composition: {"package": …, "rounds": …, "millis": …, "satisfiability": …, "subgraphs": [{"name", "sdl"}]} in,
// {"millis": […]}, {"error"} or {"crash"} out. From text to text, as ours; no round begins after so many milliseconds.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { package: home, rounds, millis: limit, satisfiability, subgraphs } = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(home);
const { composeServices } = require("@theguild/federation-composition");
const { parse } = require("graphql");

const millis = [];
const begin = Date.now();
for (let round = 0; round < rounds && (round === 0 || Date.now() - begin < limit); round += 1) {
  const start = process.hrtime.bigint();
  const services = subgraphs.map(({ name, sdl }) => ({ name, url: "http://localhost", typeDefs: parse(sdl) }));
  const options = satisfiability ? undefined : { disableValidationRules: ["SatisfiabilityRule"] };
  let result;
  try {
    result = composeServices(services, options);
  } catch (error) {
    process.stdout.write(JSON.stringify({ crash: String(error) }));
    process.exit(0);
  }
  if (result.errors?.length || !result.supergraphSdl.length) {
    process.stdout.write(JSON.stringify({ error: result.errors[0].message }));
    process.exit(0);
  }
  millis.push(Number(process.hrtime.bigint() - start) / 1e6);
}
process.stdout.write(JSON.stringify({ millis }));
