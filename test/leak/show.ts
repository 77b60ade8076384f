/** `npm run show:leak`: the same as its test, to look at. Ends with 1 when anything is not as it should be. */
import { openBenchLedger } from "../../bench/ledger.ts";
import { runLeak } from "./leak.ts";

await using ledger = await openBenchLedger(10);
const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1_000).toFixed(1)} s`.padStart(7);
console.log("A Heroku token, in use at an app, and at an API gateway that remembers for good whom it has let in.\n");
const leak = await runLeak(ledger.db, (line) => console.log(`${seconds()}  ${line}`));
const { revocation, followUp, heard, alarmMs, lets, isOldAlive, hasAppNew } = leak;
const facts: [boolean, string][] = [
  [!isOldAlive, "the leaked token is gone at Heroku"],
  [lets.old === 401, `the gateway answers ${lets.old} to whoever shows the leaked token`],
  [alarmMs < 30_000, `somebody was told of the leak after ${(alarmMs / 1_000).toFixed(1)} s, ${heard.length} time`],
  [revocation.rotation.state === "rev_done", "the Revocation is done, and every consumer locks the old one out"],
  [followUp.rotation.state === "done", `${followUp.rotation.name} is done, with expect ${followUp.rotation.expect}`],
  [hasAppNew, "the app and the gateway hold the new token, which Heroku accepts"],
  [lets.new === 200, `the gateway answers ${lets.new} to whoever shows the new one`],
];
const isProven = facts.every(([holds]) => holds);
console.log(`\n${isProven ? "Proven" : "NOT PROVEN"}, by asking the vendor and the gateway themselves:`);
for (const [holds, what] of facts) console.log(`  ${holds ? "yes" : "NO "}  ${what}`);
console.log("\nWhat the chat was sent:");
for (const { text, fields } of heard) {
  console.log(`  ${text}`);
  for (const { title, value } of fields) console.log(`    ${`${title}:`.padEnd(12)} ${value}`);
}
process.exitCode = isProven ? 0 : 1;
