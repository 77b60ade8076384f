/** `npm run show:rehearsal`: one rehearsal on a real ledger, from the request to the report. Ends with 1 when anything is not as it was before. */
import { isDeepStrictEqual } from "node:util";
import { openBenchLedger } from "../../bench/ledger.ts";
import { describeRotation } from "../../controller/cli/describe-report.ts";
import { rotationLines } from "../../controller/cli/describe-text.ts";
import { openOutput } from "../../controller/cli/output.ts";
import { worldOf } from "../../controller/cli/world.ts";
import { adapters } from "../../adapters/registry.ts";
import { openWorld } from "./world.ts";

await using ledger = await openBenchLedger(10);
await using world = await openWorld(ledger.db);
const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1_000).toFixed(1)} s`.padStart(7);
console.log(
  "One Heroku token at a Heroku app, a GitHub environment, Infisical and a file; each has a test slot, another app has none.\n",
);
await world.addCredential(world.consumers());
const before = await world.places();
const view = await world.rehearse(
  "drill",
  (seen) => ("rotation" in seen ? seen.rotation.endedAt !== undefined : seen.state === "refused"),
  (line) => console.log(`${seconds()}  ${line}`),
);
if (!("rotation" in view)) throw new Error(`${view.reason}: ${view.message}`);
const { colours } = openOutput({ stdout: process.stdout, stderr: process.stderr, noColour: process.env["NO_COLOR"] });
console.log("\n$ velvet describe drill\n");
for (const line of rotationLines(describeRotation(view, worldOf(view, adapters)), new Date(), colours))
  console.log(line);
const isAsItWas = isDeepStrictEqual(before, await world.places()) && view.rotation.state === "done";
console.log(
  `\n${isAsItWas ? "Proven" : "NOT PROVEN"}, by asking the vendors themselves: every live place, every test slot and every token is as it was before.`,
);
process.exitCode = isAsItWas ? 0 : 1;
