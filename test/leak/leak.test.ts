import { expect, it } from "vitest";
import { freshLedger } from "../support/postgres.ts";
import { REVOCATION, runLeak } from "./leak.ts";

it("ends a leaked token, finds who still lets it in, tells somebody, and goes on by itself when that is over", async () => {
  const ledger = await freshLedger();
  const told: string[] = [];
  const { revocation, followUp, heard, alarmMs, lets, isOldAlive, hasAppNew } = await runLeak(ledger.db, (line) =>
    told.push(line),
  );
  expect(revocation.rotation.state, told.join("\n")).toBe("rev_done");
  expect(isOldAlive).toBe(false);
  expect(alarmMs).toBeLessThan(30_000);
  expect(heard).toHaveLength(1);
  expect(heard[0]?.text).toContain("gateway still lets the leaked credential orders/token in");
  expect(heard[0]?.fields).toContainEqual({ title: "Revocation", value: `orders/${REVOCATION}`, short: true });
  expect(followUp.rotation).toMatchObject({ state: "done", expect: "Dead", name: `${REVOCATION}-follow-up` });
  expect({ lets, hasAppNew }).toEqual({ lets: { old: 401, new: 200 }, hasAppNew: true });
  await ledger.drop();
}, 180_000);
