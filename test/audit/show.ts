/** `npm run show:tamper`: everything that is done to a record, and where the verifier finds it, on a Postgres of its own. */
import { startTestServer } from "../support/server.ts";
import { faultOf, isAsExpected, openTrials, TAMPERINGS, type Trial } from "./tampering.ts";

const { server, stop } = await startTestServer();
try {
  await using trials = await openTrials(server);
  const rows: string[][] = [["WHAT WAS DONE, AS SUPERUSER", "FOUND AT", "AS", "GIVEN FROM OUTSIDE"]];
  let wrong = 0;
  for (const tampering of TAMPERINGS) {
    const trial = await trials.attempt(tampering);
    if (!isAsExpected(trial)) wrong++;
    rows.push(cells(trial));
  }
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  console.log(wrong === 0 ? "\nAll as expected." : `\n${wrong} not as expected.`);
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  await stop();
}

function cells(trial: Trial): string[] {
  const { tampering } = trial;
  const first = faultOf(trial, trial.report);
  const given = tampering.given ?? "-";
  if (first === undefined) return [tampering.what, "nothing wrong", "-", given];
  const place = first.chain === "checkpoint" ? `checkpoint of size ${first.seq}` : `row ${first.seq}`;
  return [tampering.what, place, first.kind, given];
}
