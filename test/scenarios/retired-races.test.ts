/** An old credential that comes to something else while somebody is about to do something about it. */
import { expect, it } from "vitest";
import { claimRetired, retiredEnded, retiredPostponed } from "../../controller/ledger/retired.ts";
import { answerRetired, retiredDecisions } from "../../controller/ledger/retired-decisions.ts";
import { CREDENTIAL, Scenario } from "../support/scenario.ts";

const ACCEPTED = { state: "accepted", reason: "Accepted", message: "" } as const;
const zeros = (bytes: number): Buffer => Buffer.alloc(bytes);

/** One that is in its quarantine, and nobody at work. */
async function quarantined(): Promise<Scenario> {
  const scenario = await Scenario.open({ credential: { gates: { mint: "Automatic", revoke: "Automatic" } } });
  const engine = scenario.start();
  await scenario.request("first");
  await scenario.ended("first");
  await engine.stop();
  return scenario;
}

async function due({ ledger }: Scenario): Promise<void> {
  await ledger.pool.query("update velvet.retired set next_action_at = clock_timestamp() - interval '1 second'");
}

async function rowOf({ ledger }: Scenario): Promise<unknown> {
  const { rows } = await ledger.pool.query(
    "select state, wish, next_action_at is not null as due, tries, error from velvet.retired",
  );
  return rows[0];
}

it.each(["DestroyRetired", "RestoreRetired"] as const)(
  "%s is answered anew where its quarantine ended while the answer was found",
  async (action) => {
    await using scenario = await quarantined();
    const { db } = scenario.ledger;
    await scenario.decide("late", { credentialRef: { name: CREDENTIAL }, vendorId: "key-0", action });
    const [decision] = await retiredDecisions(db, 1);
    expect(decision?.state).toBe("quarantined");
    await due(scenario);
    const [claim] = await claimRetired(db, 1, 30_000);
    if (!decision || !claim) throw new Error("there is nothing to decide on, or nothing is due");
    await retiredEnded(db, claim, "destroyed", []);
    const act = action === "DestroyRetired" ? "destroy" : "restore";
    await answerRetired(db, decision, { ...ACCEPTED, act }, zeros);
    expect(await rowOf(scenario)).toMatchObject({ state: "destroyed", wish: "destroy", due: false });
    scenario.start("b");
    expect(await scenario.answer("late")).toMatchObject({ state: "refused", reason: "RetiredGone" });
    expect(await rowOf(scenario)).toMatchObject({ state: "destroyed", due: false });
  },
);

it("what a Revocation has ended is not written over by whoever was about to end it", async () => {
  await using scenario = await quarantined();
  const { db } = scenario.ledger;
  await due(scenario);
  const [claim] = await claimRetired(db, 1, 30_000);
  if (!claim) throw new Error("nothing is due");
  scenario.start("b");
  await scenario.request("leaked", { flow: "Revocation", target: "Retired" });
  await scenario.ended("leaked");
  const ended = { state: "destroyed", wish: "destroy", due: false, tries: 0, error: null };
  expect(await rowOf(scenario)).toEqual(ended);
  await retiredPostponed(db, claim, 10_000, { reason: "Overslept", message: "It was not begun in time." });
  expect(await rowOf(scenario)).toEqual(ended);
  await retiredEnded(db, claim, "restored", []);
  expect(await rowOf(scenario)).toEqual(ended);
});
