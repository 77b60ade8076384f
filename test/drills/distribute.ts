/** Consumers that could not be given the new credential, or are not proven to work with it. The old one works everywhere. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Drill, assertShown, atHeroku, type Way } from "./drill.ts";
import { type HerokuDrill, type HerokuOptions, KEY } from "./heroku.ts";
import type { Person } from "./person.ts";
import { ABORT, RETRY } from "./verify.ts";

export const RETRY_ONE = "velvet retry <request> <consumer> --reason <why>";
export const CONFIRM = "velvet confirm <request> <consumer> --reason <why>";
export const SKIP = "velvet skip <request> <consumer> --ticket <ticket> --reason <why>";
export const APPROVE =
  "velvet approve <request> --gate Revoke --digest <digest> --confirm <credentialName> --ticket <ticket> --reason <why>";
const WORKER = { consumer: "worker" } as const;
const STILL = "The old credential is still valid everywhere.";

/** Heroku lets nobody write these apps. What it returns lets it again. */
export async function refused({ world, heroku }: HerokuDrill, apps: RegExp): Promise<() => void> {
  const reply = { status: 403, body: { id: "forbidden", message: "You do not have access to the app." } };
  const mend = heroku.set({ method: "PATCH", path: apps, times: 1_000, mishap: { kind: "answer", reply } });
  await world.request();
  return mend;
}

const WORKER_APP = /\/apps\/worker\//;
const EVERY_APP = /\/apps\//;

export async function partial(drill: HerokuDrill): Promise<() => void> {
  const mend = await refused(drill, WORKER_APP);
  await drill.world.until("one has it, and one has not", ({ rotation: { state }, consumers }) => {
    const isWorking = consumers.some(({ id, state: its }) => id === "api" && its === "working");
    return state === "distribute_partial" && isWorking;
  });
  return mend;
}

async function readsPartial(person: Person): Promise<string> {
  const page = await person.describes();
  assertShown(page, `Ready False DistributePartial Failing: worker. ${STILL}`);
  assertShown(page, "Distributed False DistributePartial 1 of 2 consumers; failing: worker");
  assertShown(page, "api heroku working", /worker heroku failed AccountForbidden: .*\(next try in \d/);
  return page;
}

/** Whoever pushes by hand takes the new value out of custody. */
async function pushByHand({ world, heroku }: HerokuDrill, app: string): Promise<void> {
  const custody = JSON.parse(await readFile(join(world.folder, "custody/token.json"), "utf8")) as Record<
    string,
    string
  >;
  heroku.plant(app, { [KEY]: custody[KEY] ?? "" });
}

/** The gate opens even where it is automatic, because one was left out. */
export async function approves(drill: Pick<HerokuDrill, "world">, person: Person): Promise<void> {
  await drill.world.until("the gate", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
  const digest = (await drill.world.status()).gate?.digest ?? "";
  await person.does(await person.describes(), APPROVE, { digest });
}

const SHOWN = "DistributePartial: each consumer with its error and next try";

const PARTIAL_WAYS: readonly Way[] = [
  atHeroku("mend the cause, retry", [RETRY_ONE], {}, async (drill, person) => {
    const mend = await partial(drill);
    const page = await readsPartial(person);
    mend();
    await person.does(page, RETRY_ONE, WORKER);
    await drill.world.in("done");
    return { shown: SHOWN, ended: "Done" };
  }),
  atHeroku("skip it, with a ticket, and approve", [SKIP, APPROVE], {}, async (drill, person) => {
    await partial(drill);
    await person.does(await readsPartial(person), SKIP, WORKER);
    const page = await untilShown(person, "Not proven: worker");
    assertShown(page, "worker heroku skipped skipped by ben, OPS-7");
    drill.world.mustWork = false; // the one that was left out is cut off now, as was said
    await approves(drill, person);
    await drill.world.in("done");
    const { api } = drill.world.truth.held();
    assert.deepEqual(
      drill.world.truth.alive().map(({ value }) => value),
      [api],
    );
    return { shown: SHOWN, ended: "Done, without the one that was left out" };
  }),
  atHeroku("push it by hand, confirm", [CONFIRM], {}, async (drill, person) => {
    await partial(drill);
    const page = await readsPartial(person);
    await pushByHand(drill, "worker");
    await person.does(page, CONFIRM, WORKER);
    await drill.world.in("done");
    return { shown: SHOWN, ended: "Done" };
  }),
  atHeroku("abort", [ABORT], {}, async (drill, person) => {
    const mend = await partial(drill);
    const page = await readsPartial(person);
    mend();
    const said = await person.does(page, ABORT);
    assertShown(said, `${drill.old.id} is written back to: api, worker, custody.`);
    await drill.world.soon("aborted");
    asBefore(drill);
    return { shown: SHOWN, ended: "Aborted: everybody has the old one again" };
  }),
];

async function untilShown(person: Person, text: string): Promise<string> {
  for (let looks = 0; looks < 200; looks += 1) {
    const page = await person.describes();
    if (page.includes(text)) return page;
  }
  throw new Error(`never shown: ${text}`);
}

/** The vendor and everybody who holds a copy are as they were before the rotation. */
export function asBefore({ world, old }: Pick<HerokuDrill, "world" | "old">): void {
  assert.deepEqual(
    world.truth.alive().map(({ id }) => id),
    [old.id],
  );
  for (const [id, value] of Object.entries(world.truth.held())) assert.equal(value, old.token, id);
}

async function allFailed(
  drill: HerokuDrill,
  person: Person,
): Promise<{ readonly mend: () => void; readonly page: string }> {
  const mend = await refused(drill, EVERY_APP);
  await drill.world.until(
    "both have failed",
    ({ rotation, consumers }) =>
      rotation.state === "distribute_failed" && consumers.filter(({ facts }) => facts.failure).length === 2,
  );
  const page = await person.describes();
  assertShown(
    page,
    `Ready False DistributeFailed Failing: api, worker. ${STILL}`,
    "Distributed False DistributeFailed 0 of 2",
  );
  return { mend, page };
}

const ALL = "DistributeFailed: all of them, each with its error";

const FAILED_WAYS: readonly Way[] = [
  atHeroku("mend the cause, retry", [RETRY], {}, async (drill, person) => {
    const { mend, page } = await allFailed(drill, person);
    mend();
    await person.does(page, RETRY);
    await drill.world.in("done");
    return { shown: ALL, ended: "Done" };
  }),
  atHeroku("push by hand, confirm each", [CONFIRM, CONFIRM], {}, async (drill, person) => {
    const { page } = await allFailed(drill, person);
    for (const consumer of ["api", "worker"]) {
      await pushByHand(drill, consumer);
      await person.does(page, CONFIRM, { consumer });
    }
    await drill.world.in("done");
    return { shown: ALL, ended: "Done" };
  }),
  atHeroku("skip one, push the other by hand, approve", [SKIP, CONFIRM, APPROVE], {}, async (drill, person) => {
    const { page } = await allFailed(drill, person);
    await person.does(page, SKIP, WORKER);
    await pushByHand(drill, "api");
    await person.does(page, CONFIRM, { consumer: "api" });
    drill.world.mustWork = false; // the one that was left out is cut off now, as was said
    await approves(drill, person);
    await drill.world.in("done");
    return { shown: ALL, ended: "Done, without the one that was left out" };
  }),
  atHeroku("abort", [ABORT], {}, async (drill, person) => {
    const { mend, page } = await allFailed(drill, person);
    mend();
    await person.does(page, ABORT);
    await drill.world.soon("aborted");
    asBefore(drill);
    return { shown: ALL, ended: "Aborted: everybody has the old one" };
  }),
];

/** The door is shut for the new token, and says with 403 that it is known. */
async function unproven({ world, door, old }: HerokuDrill, state: string): Promise<() => void> {
  door.answers = (token) => (token === old.token ? undefined : 403);
  await world.request();
  await world.until(state, ({ rotation, consumers }) => {
    return rotation.state === state && consumers.some(({ id, facts }) => id === "door" && facts.failure);
  });
  return () => {
    door.answers = () => undefined;
  };
}

const DOOR = { consumer: "door" } as const;

function provenWays(state: "validate_partial" | "validate_failed", options: HerokuOptions): readonly Way[] {
  const shown = `${state}: what the check said, and that it is in effect`;
  const reads = async (person: Person): Promise<string> => {
    const page = await person.describes();
    assertShown(
      page,
      /door files failed in effect; Check\w+: .*403/,
      "failing: door",
      STILL,
      "Distributed True Distributed",
    );
    return page;
  };
  return [
    atHeroku(`${state}: mend the cause, retry`, [RETRY_ONE], options, async (drill, person) => {
      const mend = await unproven(drill, state);
      await drill.world.calm();
      const page = await reads(person);
      mend();
      await person.does(page, RETRY_ONE, DOOR);
      await drill.world.in("done");
      return { shown, ended: "Done" };
    }),
    atHeroku(`${state}: look, confirm`, [CONFIRM], options, async (drill, person) => {
      await unproven(drill, state);
      await person.does(await reads(person), CONFIRM, DOOR);
      await drill.world.in("done");
      return { shown, ended: "Done" };
    }),
    atHeroku(`${state}: abort`, [ABORT], options, async (drill, person) => {
      await unproven(drill, state);
      await person.does(await reads(person), ABORT);
      await drill.world.soon("aborted");
      asBefore(drill);
      return { shown, ended: "Aborted: everybody has the old one again" };
    }),
  ];
}

/** A release that runs: written, and not in effect. */
const SETTLING = atHeroku(
  "wait for what is not in effect yet",
  [],
  { consumers: ["api"] },
  async ({ world, heroku }, person) => {
    heroku.changeApp("api", { releaseMs: 700 });
    await world.request();
    await world.until("settling", ({ consumers }) =>
      consumers.some(({ id, facts }) => id === "api" && facts.failedAt === "settle"),
    );
    assertShown(
      await person.describes(),
      "api heroku written written, not in effect yet; Settling: Release v4 runs its release phase",
    );
    await world.soon("done");
    return { shown: "written, not in effect yet", ended: "Done, by itself" };
  },
);

const AWAITED: Drill = {
  situation: "waiting for a person's check",
  ways: [
    atHeroku("look, confirm", [CONFIRM], { consumers: ["api", "laptop"] }, async ({ world }, person) => {
      await world.request();
      await world.until("settled", ({ rotation, consumers }) => {
        return (
          rotation.state === "validating" && consumers.some(({ id, state }) => id === "laptop" && state === "settled")
        );
      });
      await world.until("the other one works", ({ consumers }) => consumers.some(({ state }) => state === "working"));
      assert.deepEqual((await world.status()).pendingConsumers, ["laptop"]);
      const page = await person.looks();
      const shown = assertShown(page, "Validated Unknown AwaitingConfirmation");
      assertShown(page, "Ready False Validating A person is to look at: laptop.");
      await person.does(page, CONFIRM, { consumer: "laptop" });
      await world.in("done");
      return { shown, ended: "Done" };
    }),
  ],
};

export const DISTRIBUTE_DRILLS: readonly Drill[] = [
  { situation: "distribute_partial", ways: PARTIAL_WAYS },
  { situation: "distribute_failed", ways: FAILED_WAYS },
  {
    situation: "validate_partial, validate_failed",
    ways: [
      ...provenWays("validate_partial", { consumers: ["api", "door"] }),
      ...provenWays("validate_failed", { consumers: ["door"] }),
      SETTLING,
    ],
  },
  AWAITED,
];
