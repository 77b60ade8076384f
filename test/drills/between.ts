/** Between rotations: what differs from what the ledger says, what is still used, and what is due. */
import assert from "node:assert/strict";
import { keepSchedules } from "../../controller/engine/scheduler.ts";
import type { CredentialSpec } from "../../crds/kinds.gen.ts";
import { type AwsDrill, USER } from "./aws.ts";
import { type Drill, assertShown, atAws, atHeroku } from "./drill.ts";
import { type HerokuDrill, KEY } from "./heroku.ts";
import { NEXT, type Person, plain } from "./person.ts";
import { poll } from "./poll.ts";
import { NAMESPACE } from "./world.ts";

const CORRECT = "velvet drift correct <credential> --consumer <consumer> --reason <why>";
const ACCEPT = "velvet drift accept <credential> --consumer <consumer> --reason <why>";
const RESTORE = "velvet restore <credential> <vendor-id> --ticket <ticket> --reason <why>";
const DESTROY = "velvet destroy <credential> <vendor-id> --ticket <ticket> --reason <why>";
const AGAIN = "velvet request rotate <name> -n <namespace> --reason <why>";
const WORKER = { consumer: "worker" } as const;

/** Somebody set a config var of one app, long after the rotation. */
async function drifted({ world, heroku }: HerokuDrill): Promise<void> {
  await world.request();
  await world.in("done");
  world.watch();
  await world.longAfter();
  world.mustWork = false; // whoever wrote there has cut the app off
  heroku.plant("worker", { [KEY]: "HRKU-somebody-typed-this" });
}

/** Written in one look, and proven in the next where the first has no time left for it. */
async function corrected(world: HerokuDrill["world"]): Promise<void> {
  await poll("corrected", async () => ((await world.looked()).state === "clean" ? true : undefined));
}

async function readsDrift(person: Person): Promise<string> {
  const page = plain(await person.reads("drift", `${NAMESPACE}/token`));
  assertShown(
    page,
    /ValueChanged at worker, seen by value, for \d/,
    "somebody@orders.example",
    "drifted: yes (ValueChanged)",
  );
  return page;
}

const SHOWN = "Drifted=True/ValueChanged: which consumer, since when, seen how, by whom";

const DRIFT: Drill = {
  situation: "drift",
  ways: [
    atHeroku(
      "none is needed: corrected by policy",
      [],
      { credential: { drift: { mode: "Correct" } } },
      async (drill) => {
        const { world, heroku } = drill;
        await drifted(drill);
        await corrected(world);
        assert.equal(heroku.peek("worker")[KEY], heroku.peek("api")[KEY]);
        world.mustWork = true;
        return { shown: "DriftFound, and corrected", ended: "written again, and proven" };
      },
    ),
    atHeroku("have it corrected", [CORRECT], {}, async (drill, person) => {
      const { world, heroku } = drill;
      await drifted(drill);
      await world.looked();
      await person.does(await readsDrift(person), CORRECT, WORKER);
      await corrected(world);
      assert.equal(heroku.peek("worker")[KEY], heroku.peek("api")[KEY]);
      world.mustWork = true;
      return { shown: SHOWN, ended: "written again, and proven" };
    }),
    atHeroku("accept it", [ACCEPT], {}, async (drill, person) => {
      const { world } = drill;
      await drifted(drill);
      await world.looked();
      await person.does(await readsDrift(person), ACCEPT, WORKER);
      await world.looked();
      const page = plain(await person.reads("drift", `${NAMESPACE}/token`));
      assertShown(page, "drifted: no (DriftAccepted)", "accepted by ben");
      return { shown: SHOWN, ended: "accepted, as long as it looks the same" };
    }),
  ],
};

const QUARANTINE = { rotation: { quarantine: "7d" } } as const;
const HOUR_MS = 3_600_000;

/** Two hours after the last receipt somebody has signed a request with the old key; then it was disabled. */
async function stillUsed({ world, aws, old }: AwsDrill, person: Person): Promise<string> {
  await world.request();
  await world.in("done");
  world.watch();
  const key = aws.iam.of(USER).find(({ id }) => id === old);
  assert.ok(key && key.status === "Inactive");
  await world.sql(
    `update velvet.rotation set facts = jsonb_set(facts, '{lastReceiptAt}', to_jsonb($1::text)) where name = 'first'`,
    [new Date(Date.now() - 3 * HOUR_MS).toISOString()],
  );
  key.lastUsed = { at: Date.now() - HOUR_MS, service: "s3", region: "eu-central-1" };
  await world.longAfter();
  await world.looked();
  assertShown(plain(await person.reads("status")), "OldStillUsed at the vendor");
  const page = plain(await person.reads("drift", `${NAMESPACE}/token`));
  assertShown(
    page,
    `The old credential ${old} is still used, last at 20`,
    "The last consumer was proven to work with the new one at 20",
  );
  assertShown(
    page,
    "a consumer that is not registered, or one that still runs with an old copy",
    "whoever uses it is refused now",
  );
  return page;
}

const USED = "OldStillUsed: its last use, after the last receipt, and who it may be";

const IN_USE: Drill = {
  situation: "quarantined old credential still in use",
  ways: [
    atAws("bring it back", [RESTORE], QUARANTINE, async (drill, person) => {
      const { world, old } = drill;
      await person.does(await stillUsed(drill, person), RESTORE, { id: old });
      await world.until("restored", ({ retired }) => retired.some(({ state }) => state === "restored"));
      assert.ok(world.truth.alive().some(({ id }) => id === old));
      return { shown: USED, ended: "restored: it works again, beside the new one" };
    }),
    atAws("destroy it", [DESTROY], QUARANTINE, async (drill, person) => {
      const { world, aws, old } = drill;
      await person.does(await stillUsed(drill, person), DESTROY, { id: old });
      await world.until("destroyed", ({ retired }) => retired.some(({ state }) => state === "destroyed"));
      assert.equal(aws.iam.of(USER).length, 1);
      return { shown: USED, ended: "destroyed: the new one alone is left" };
    }),
  ],
};

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** Its window opens in three days, and it is due since yesterday. */
function overdue(): Partial<CredentialSpec> {
  const day = DAYS[(new Date().getUTCDay() + 3) % DAYS.length] ?? "Sun";
  return { rotation: { every: "30d", window: { days: [day], start: "09:00", end: "16:00" } } };
}

const OVERDUE: Drill = {
  situation: "rotation overdue",
  ways: [
    atHeroku("request", [AGAIN], { credential: overdue() }, async ({ world }, person) => {
      await world.request();
      await world.in("done");
      await world.sql("update velvet.credential set issued_at = now() - interval '31 days', changed_at = now()");
      await world.sql("update velvet.lease set lease_until = now() where name = 'scheduler'");
      await keepSchedules(world.deps(), { environment: "test", rotationOn: true, free: true });
      const page = plain(await person.reads("status"));
      const shown = assertShown(page, /RotationDue: orders\/token is due for 24 h, since 20/);
      assertShown(page, "It begins at 20");
      await person.does(page, AGAIN);
      await world.soon("done", NEXT);
      await world.sql("update velvet.lease set lease_until = now() where name = 'scheduler'");
      await keepSchedules(world.deps(), { environment: "test", rotationOn: true, free: true });
      assert.ok(!(await person.reads("status")).includes("RotationDue"));
      return {
        shown: shown === "" ? "" : "RotationDue, for how long, and when it begins",
        ended: "Done, and due no more",
      };
    }),
  ],
};

export const BETWEEN_DRILLS: readonly Drill[] = [DRIFT, IN_USE, OVERDUE];
