/** Nothing goes on: the replica that holds a rotation hangs, or there is none. */
import assert from "node:assert/strict";
import { QUIET_MS } from "../../controller/domain/stuck.ts";
import { touchStuck } from "../../controller/ledger/stuck.ts";
import { type Drill, assertShown, atHeroku } from "./drill.ts";
import type { HerokuDrill } from "./heroku.ts";
import type { Person } from "./person.ts";

/** Six minutes pass: nothing of the rotation was recorded in them. */
async function sixMinutesLater({ world }: HerokuDrill): Promise<void> {
  await world.sql(
    `update velvet.rotation set changed_at = changed_at - interval '6 minutes', next_action_at = changed_at - interval '6 minutes'`,
  );
}

/** Who projects statuses is told once, by the pass that also looks at schedules. */
async function isToldOnce({ world }: HerokuDrill): Promise<void> {
  await world.sql("update velvet.outbox set changed_at = changed_at - interval '10 minutes'");
  assert.deepEqual([await touchStuck(world.ledger.db, QUIET_MS), await touchStuck(world.ledger.db, QUIET_MS)], [1, 0]);
}

async function reads(person: Person, what: RegExp): Promise<void> {
  const page = await person.describes();
  assertShown(page, what, "NoProgress", "Nothing is taken away", "See whether the replica that is named runs");
  assertShown(await person.looks(), "Stalled True NoProgress", "What you can do: velvet describe orders/first");
}

export const STUCK_DRILLS: readonly Drill[] = [
  {
    situation: "no progress for 5 minutes",
    ways: [
      atHeroku("restart the replica that holds it", [], {}, async (drill, person) => {
        const { world } = drill;
        const [hangs, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        let held = false;
        world.hold = async (label) => {
          if (label !== "issuer.mint" || held) return;
          held = true;
          hangs.resolve();
          await goesOn.promise;
        };
        await world.request();
        await hangs.promise;
        await sixMinutesLater(drill);
        await reads(person, /Minting has made no progress since 20\S+: the replica a holds it, with a lease until 20/);
        goesOn.resolve();
        await world.soon("done");
        assert.equal(world.truth.alive().length, 1);
        return { shown: "Stalled/NoProgress: the step, and the replica that holds it", ended: "Done" };
      }),
      atHeroku("start a replica", [], {}, async (drill, person) => {
        const { world } = drill;
        await world.request();
        await world.until("begun", () => true);
        await world.stop();
        await sixMinutesLater(drill);
        await isToldOnce(drill);
        await reads(person, /has made no progress since 20\S+: it is due, and no replica has taken it up\./);
        world.start("b");
        await world.soon("done");
        assert.equal(world.truth.alive().length, 1);
        return { shown: "Stalled/NoProgress: due, and nobody has taken it up", ended: "Done" };
      }),
    ],
  },
];
