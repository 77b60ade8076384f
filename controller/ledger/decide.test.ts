import { afterAll, beforeAll, expect, it } from "vitest";
import { type FreshLedger, freshLedger } from "../../test/support/postgres.ts";
import { verifyAudit } from "../audit/verify.ts";
import { decisionAnswer, type NewDecision, recordDecision } from "./decide.ts";

let ledger: FreshLedger;
beforeAll(async () => {
  ledger = await freshLedger();
});
afterAll(async () => ledger?.drop());

const DECISION: NewDecision = {
  namespace: "orders",
  name: "stop-1",
  spec: { requestRef: { name: "rotate-1" }, action: "Abort", reason: "drill", decidedBy: "ben" },
  specHash: "aa".repeat(32),
};

it("records a decision once, with one audit row; the same again changes nothing, and another spec is told apart", async () => {
  const all = await Promise.all([1, 2, 3].map(async () => recordDecision(ledger.db, DECISION).catch(() => undefined)));
  const first = all.filter((each) => each?.outcome === "recorded");
  expect(first).toHaveLength(1);
  const uid = first[0]?.uid ?? "";
  expect(await recordDecision(ledger.db, DECISION)).toEqual({ outcome: "known", uid });
  expect(await recordDecision(ledger.db, { ...DECISION, specHash: "bb".repeat(32) })).toEqual({
    outcome: "different",
    uid,
  });
  expect(await decisionAnswer(ledger.db, uid)).toEqual({ state: "pending", reason: "Pending", message: "" });
  const { rows } = await ledger.pool.query("select trust, origin, request_name from velvet.decision");
  expect(rows).toEqual([{ trust: "claimed", origin: { via: "cli" }, request_name: "rotate-1" }]);
  expect(await verifyAudit(ledger.auditorUrl)).toMatchObject({ ok: true, rows: 1 });
});
