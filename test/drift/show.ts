/** `npm run show:drift [-- -o json]`: what is told of each kind of drift at each grade, and of real vendors' places. */
import { openBenchLedger } from "../../bench/ledger.ts";
import { HIDING, hidingLines } from "./hidden.ts";
import { driftMatrix, INTERVAL_MS, matrixLines } from "./matrix.ts";
import { openRealWatch } from "./real.ts";
import { driftTable, tableLines } from "./table.ts";

const isJson = process.argv.slice(2).join(" ") === "-o json";
const say = (text: string): void => (isJson ? undefined : console.log(text));

const cells = await matrix();
say(`Eleven Credentials, each with a consumer of each grade; a loop that looks every ${INTERVAL_MS / 1_000} s.`);
say(
  "Something happens to each of them at the same moment; the seconds are until it is told. Then Velvet may correct.\n",
);
for (const line of matrixLines(cells)) say(line);

await using ledger = await openBenchLedger(10);
await using watch = await openRealWatch(ledger.db);
say("\nOne Heroku token, rotated into a Heroku app, a GitHub environment, Infisical, SSM and a Worker.");
say("Then another hand writes each place; a look comes within drift.interval (default an hour).\n");
const rows = await driftTable(watch, ({ happened, place, said }) =>
  process.stderr.write(`${happened} ${place}: ${said}\n`),
);
for (const line of tableLines(rows)) say(line);
const wrong = rows.filter(({ corrected }) => corrected === "no");
say(`\n${rows.length} cases, ${wrong.length} of what was seen not put right.`);
say("\nWhat can be read instead of a right value, and what is said of it.\n");
for (const line of hidingLines()) say(line);
if (isJson)
  console.log(
    JSON.stringify({ intervalSeconds: INTERVAL_MS / 1_000, matrix: cells, places: rows, hiding: HIDING }, undefined, 2),
  );
process.exitCode = wrong.length === 0 ? 0 : 1;

async function matrix() {
  await using own = await openBenchLedger(16);
  return await driftMatrix(own.db);
}
