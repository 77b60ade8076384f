/** `npm run fan-out`: the same as its test, to look at. Ends with 1 when anything is not as it should be. */
import { openBenchLedger } from "../../bench/ledger.ts";
import { runFanOut } from "./fan-out.ts";

await using ledger = await openBenchLedger(10);
const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1_000).toFixed(1)} s`.padStart(7);
console.log(
  "One Heroku token, in use at a Heroku app, a GitHub environment, Infisical, SSM and a Worker; SSM refuses twice.\n",
);
const { status, probes, failures, held, isNewAlive, isOldAlive } = await runFanOut(ledger.db, (line) =>
  console.log(`${seconds()}  ${line}`),
);
const places = Object.entries(held);
const isProven =
  status.stage === "Done" && isNewAlive && !isOldAlive && places.every(([, has]) => has) && probes.failed.length === 0;
console.log(`\n${isProven ? "Proven" : "NOT PROVEN"}, by asking the vendors themselves:`);
for (const [id, has] of places) console.log(`  ${id} ${has ? "uses the new token" : "DOES NOT use the new token"}`);
console.log(
  `  the new token is ${isNewAlive ? "accepted" : "NOT ACCEPTED"}, the old one is ${isOldAlive ? "STILL THERE" : "gone"}`,
);
console.log(`  SSM refused ${failures} times, and was written after all`);
console.log(`  ${probes.made} requests of the five apps, ${probes.failed.length} failed`);
process.exitCode = isProven ? 0 : 1;
