/** `npm run show:drift`: the table of what is seen at which grade. */
import { openBenchLedger } from "../../bench/ledger.ts";
import { openRealWatch } from "./real.ts";
import { driftTable, tableLines } from "./table.ts";

await using ledger = await openBenchLedger(10);
await using watch = await openRealWatch(ledger.db);
console.log("One Heroku token, rotated into a Heroku app, a GitHub environment, Infisical, SSM and a Worker.");
console.log("Then another hand writes each place; a look comes within drift.interval (default an hour).\n");
const rows = await driftTable(watch, ({ happened, place, said }) =>
  process.stderr.write(`${happened} ${place}: ${said}\n`),
);
for (const line of tableLines(rows)) console.log(line);
const wrong = rows.filter(({ corrected }) => corrected === "no");
console.log(`\n${rows.length} cases, ${wrong.length} of what was seen not put right.`);
process.exitCode = wrong.length === 0 ? 0 : 1;
