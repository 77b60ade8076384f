import { expect, it } from "vitest";
import { freshLedger } from "../support/postgres.ts";
import { driftMatrix } from "./matrix.ts";
import { HAPPENINGS } from "./matrix-happenings.ts";

it("tells each kind of drift at each grade that shows it, and puts right what a write puts right", async () => {
  const ledger = await freshLedger();
  // What has to be seen twice in half a minute has tests of its own.
  const happenings = HAPPENINGS.filter((each) => each !== "orphan" && each !== "unknown key");
  const cells = await driftMatrix(ledger.db, { happenings, intervalMs: 300 });
  const said = Object.groupBy(cells, ({ happened }) => happened);
  const rows = Object.entries(said).map(([happened, row]) => [
    happened,
    row.map(({ said: kind, corrected }) => (kind === null ? "-" : `${kind} ${corrected}`)),
  ]);
  const none = "-";
  expect(Object.fromEntries(rows)).toEqual({
    changed: ["ValueChanged yes", "ValueChanged yes", none, none],
    removed: ["ValueRemoved yes", "ValueRemoved yes", "ValueRemoved yes", none],
    reverted: ["RevertedToOld yes", "ValueChanged yes", none, none],
    shadowed: ["Shadowed no", "Shadowed no", "Shadowed no", none],
    renamed: ["Renamed no", "Renamed no", "Renamed no", none],
    unreachable: ["Unreachable no", "Unreachable no", "Unreachable no", none],
    "double writer": ["DoubleWriter yes", "DoubleWriter yes", none, none],
    expired: Array.from({ length: 4 }, () => "CurrentExpired no"),
    "shared value": Array.from({ length: 4 }, () => "SharedValue no"),
  });
  await ledger.drop();
}, 120_000);
