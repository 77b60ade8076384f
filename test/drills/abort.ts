/** Rotations that were aborted: what is where afterwards, and what is left to be done. */
import assert from "node:assert/strict";
import { asBefore, partial } from "./distribute.ts";
import { type Drill, assertShown, atHeroku } from "./drill.ts";
import { type HerokuDrill, KEY } from "./heroku.ts";
import type { Person } from "./person.ts";
import { atGate, GATED } from "./revoke.ts";
import { ABORT } from "./verify.ts";

const DESTROY = "velvet destroy <credential> <vendor-id> --ticket <ticket> --reason <why>";
const MARK_RETIRED =
  "velvet mark-revoked --credential <credential> --vendor-id <vendor-id> --ticket <ticket> --reason <why>";

/** Custody has it, and nobody else: the abort is decided in that moment. */
async function abortedInCustody({ world }: HerokuDrill, person: Person): Promise<void> {
  let decided = false;
  world.hook = async (label) => {
    if (label !== "sink.write" || decided) return;
    decided = true;
    const page = await person.describes();
    assertShown(page, "api heroku pending not written yet", "worker heroku pending not written yet");
    await person.does(page, ABORT, {}, "0s");
  };
  await world.request();
}

async function newId({ world, old }: HerokuDrill): Promise<string> {
  const [found, ...others] = world.truth.alive().filter(({ id }) => id !== old.id);
  assert.ok(found && others.length === 0);
  await Promise.resolve();
  return found.id;
}

const UNAVAILABLE = { status: 503, body: { id: "unavailable", message: "later" } };

/** After so many tries Velvet leaves it to a person. */
async function leftAlive(drill: HerokuDrill, person: Person): Promise<{ readonly id: string; readonly page: string }> {
  drill.heroku.set({ method: "DELETE", times: 5, mishap: { kind: "answer", reply: UNAVAILABLE } });
  await abortedInCustody(drill, person);
  await drill.world.soon("aborted");
  const id = await newId(drill);
  const page = await person.describes();
  assertShown(page, `NewCredentialLive: ${id} is still live. Nobody holds it.`, `${id} live`, "custody files restored");
  return { id, page };
}

async function untilGone({ world }: HerokuDrill, id: string, state: string): Promise<void> {
  await world.until(`${id} ${state}`, ({ retired }) =>
    retired.some((row) => row.vendorId === id && row.state === state),
  );
}

const LEFT = "residual[]: NewCredentialLive, its id, and that nobody holds it";

const FROM_MINTED: Drill = {
  situation: "aborted from minted",
  ways: [
    atHeroku("none is needed: Velvet ends its own new one", [ABORT], {}, async (drill, person) => {
      await abortedInCustody(drill, person);
      await drill.world.soon("aborted");
      assertShown(await person.describes(), "Ready False Aborted ben aborted it", "Nothing of it is left.");
      asBefore(drill);
      return { shown: "Aborted: nothing is left", ended: "the old one alone, everywhere" };
    }),
    atHeroku("destroy what could not be ended", [ABORT, DESTROY], {}, async (drill, person) => {
      const { id, page } = await leftAlive(drill, person);
      await person.does(page, DESTROY, { id });
      await untilGone(drill, id, "destroyed");
      asBefore(drill);
      return { shown: LEFT, ended: "the old one alone, everywhere" };
    }),
    atHeroku("end it at the vendor, mark it", [ABORT, MARK_RETIRED], {}, async (drill, person) => {
      const { id, page } = await leftAlive(drill, person);
      drill.heroku.unauthorize(id);
      await person.does(page, MARK_RETIRED, { id });
      await untilGone(drill, id, "manual");
      asBefore(drill);
      return { shown: LEFT, ended: "the old one alone, everywhere" };
    }),
  ],
};

const FROM_PARTIAL: Drill = {
  situation: "aborted from distribute_partial",
  ways: [
    atHeroku("none is needed: Velvet writes the old value back", [ABORT], {}, async (drill, person) => {
      const mend = await partial(drill);
      mend();
      await person.does(await person.describes(), ABORT);
      await drill.world.soon("aborted");
      const page = await person.describes();
      assertShown(
        page,
        "api heroku restored holds the old credential again",
        "custody files restored",
        "Nothing of it is left.",
      );
      asBefore(drill);
      return { shown: "each consumer: holds the old credential again", ended: "the old one alone, everywhere" };
    }),
    atHeroku("write it back by hand, then destroy the new one", [ABORT, DESTROY], {}, async (drill, person) => {
      const { world, heroku, old } = drill;
      const mend = await partial(drill);
      mend();
      heroku.set({
        method: "PATCH",
        path: /\/apps\/api\//,
        times: 1_000,
        mishap: { kind: "answer", reply: { status: 403, body: { id: "forbidden", message: "no" } } },
      });
      await person.does(await person.describes(), ABORT);
      await world.soon("aborted");
      const id = await newId(drill);
      const page = await person.describes();
      assertShown(
        page,
        "NotWrittenBack: api may still hold the new credential.",
        `NewCredentialLive: ${id} is still live. It may be held by: api`,
      );
      assert.equal(heroku.peek("api")[KEY], world.truth.alive().find((each) => each.id === id)?.value);
      heroku.plant("api", { [KEY]: old.token });
      await person.does(page, DESTROY, { id });
      await untilGone(drill, id, "destroyed");
      assert.deepEqual(
        world.truth.alive().map((each) => each.id),
        [old.id],
      );
      return { shown: "NotWrittenBack, NewCredentialLive: who may hold it", ended: "the old one alone, everywhere" };
    }),
  ],
};

const FROM_VALIDATED: Drill = {
  situation: "aborted from validated",
  ways: [
    atHeroku("destroy the old one", [ABORT, DESTROY], GATED, async (drill, person) => {
      const page = await keptNew(drill, person);
      await person.does(page, DESTROY, { id: drill.old.id });
      await untilGone(drill, drill.old.id, "destroyed");
      return { shown: KEPT, ended: "the new one alone, everywhere" };
    }),
    atHeroku("end it at the vendor, mark it", [ABORT, MARK_RETIRED], GATED, async (drill, person) => {
      const page = await keptNew(drill, person);
      drill.heroku.unauthorize(drill.old.id);
      await person.does(page, MARK_RETIRED, { id: drill.old.id });
      await untilGone(drill, drill.old.id, "manual");
      return { shown: KEPT, ended: "the new one alone, everywhere" };
    }),
  ],
};

const KEPT = "OldCredentialLive: the new one is current, the old id still lives";

/** The answer says before it is accepted that this does not roll back. */
async function keptNew(drill: HerokuDrill, person: Person): Promise<string> {
  await atGate(drill);
  const said = await person.does(await person.describes(), ABORT);
  const id = await newId(drill);
  assertShown(said, "This does not roll back.", `${id} stays the one in use, held by: api, worker, custody.`);
  await drill.world.in("aborted");
  const page = await person.describes();
  assertShown(page, `OldCredentialLive: ${drill.old.id} is still live.`, `${drill.old.id} live`);
  return page;
}

export const ABORT_DRILLS: readonly Drill[] = [FROM_MINTED, FROM_PARTIAL, FROM_VALIDATED];
