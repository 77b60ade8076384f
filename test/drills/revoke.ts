/** The end of the old credential: its gate, its failure, and what happens when it is needed at once. */
import assert from "node:assert/strict";
import { APPROVE, approves, partial } from "./distribute.ts";
import { type Drill, assertShown, atHeroku } from "./drill.ts";
import type { HerokuDrill, HerokuOptions } from "./heroku.ts";
import { MARK } from "./mint.ts";
import { NEXT, type Person } from "./person.ts";

const RETRY_REVOKE = "velvet retry <request> --revoke --reason <why>";
export const GATED: HerokuOptions = { credential: { gates: { mint: "Automatic", revoke: "Approval" } } };

export async function atGate({ world }: Pick<HerokuDrill, "world">): Promise<string> {
  await world.request();
  await world.until("the gate", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
  return (await world.status()).gate?.digest ?? "";
}

const GATE: Drill = {
  situation: "waiting for the revoke gate",
  ways: [
    atHeroku("approve, with its name and a ticket", [APPROVE], GATED, async (drill, person) => {
      const digest = await atGate(drill);
      const page = await person.looks();
      const shown = assertShown(page, "RevokeApproved Unknown AwaitingApproval");
      assertShown(page, `${drill.old.id}, the old credential of DEPLOY_TOKEN, will be revoked.`, `Digest: ${digest}`);
      assertShown(page, "--confirm <credentialName> --ticket <ticket>");
      const bare = await person.velvet(
        "approve",
        "orders/first",
        "--reason",
        "no ticket",
        "--confirm",
        "DEPLOY_TOKEN",
        "--now",
      );
      assert.equal(bare.code, 2);
      assertShown(bare.err, "Approving a revoke needs --ticket <ticket>.");
      await approves(drill, person);
      await drill.world.in("done");
      return { shown: `${shown}, with its digest and the command`, ended: "Done" };
    }),
  ],
};

const AFTER = "velvet request rotate <name> --after <request-name> -n <namespace> --expect Alive --reason <why>";
const DESTROY = "velvet destroy <credential> <vendor-id> --ticket <ticket> --reason <why>";
const LEAK = { flow: "Revocation", reason: "in a public log", ticket: "SEC-7" } as const;

/** One consumer has the new one, another the old one; only what was retired is to end, which is nothing. */
const SPARED = atHeroku("end the retired ones alone, then rotate on", [AFTER, DESTROY], {}, async (drill, person) => {
  const { world, old } = drill;
  const mend = await partial(drill);
  const { api } = world.truth.held();
  const minted = world.truth.alive().find(({ value }) => value === api)?.id ?? "";
  await world.request({ ...LEAK, target: "Retired" }, "leaked");
  await world.in("rev_done", "leaked");
  assert.deepEqual(
    world.truth
      .alive()
      .map(({ id }) => id)
      .toSorted(),
    [old.id, minted].toSorted(),
  );
  const page = await person.describes("leaked");
  const shown = assertShown(page, `NewCredentialLive: `);
  assertShown(page, `${minted} is still live: first had minted it, and consumers may hold it.`);
  assertShown(
    await person.describes(),
    `end ${minted} for good, once nobody holds it any more: it may be held by custody, api`,
  );
  mend();
  await person.does(page, AFTER, { request: "leaked" });
  await world.soon("done", NEXT);
  const after = await person.describes(NEXT);
  assertShown(after, `OldCredentialLive: ${old.id} was the current one for the ledger, custody holds another`);
  await person.does(after, DESTROY, { id: old.id });
  await world.until("destroyed", ({ retired }) => retired.every(({ state }) => state === "destroyed"), { name: NEXT });
  assert.equal(world.truth.alive().length, 1);
  return {
    shown: `${shown}what consumers hold is left alive, and named`,
    ended: "Done: the new one alone, everywhere",
  };
});

const EMERGENCY: Drill = {
  situation: "emergency while a rotation waits",
  ways: [
    atHeroku("none is needed: the Revocation pre-empts it", [], GATED, async (drill, person) => {
      const { world, old } = drill;
      await atGate(drill);
      await world.request(LEAK, "leaked");
      await world.in("rev_done", "leaked");
      const page = await person.describes();
      const shown = assertShown(page, "The Revocation orders/leaked pre-empted it in Validated.");
      assertShown(
        await person.describes("leaked"),
        "Pre-empted first, in Validated",
        `Revoked True RevRevoked ${old.id}`,
      );
      const [alive, ...others] = world.truth.alive();
      assert.ok(alive && alive.id !== old.id && others.length === 0);
      return { shown, ended: "RevDone: the leaked one is dead, and everybody has the new one" };
    }),
    SPARED,
  ],
};

/** Heroku ends nothing. What it returns lets it again. */
async function failed({ world, heroku }: HerokuDrill): Promise<() => void> {
  const reply = { status: 503, body: { id: "unavailable", message: "later" } };
  const mend = heroku.set({ method: "DELETE", times: 1_000, mishap: { kind: "answer", reply } });
  await world.request();
  await world.in("revoke_failed");
  return mend;
}

async function readsFailed({ old }: HerokuDrill, person: Person): Promise<string> {
  const page = await person.describes();
  assertShown(
    page,
    "Revoked False VendorUnavailable",
    `${old.id}, the old credential, still lives; every consumer works with the new one.`,
  );
  assertShown(page, `Every consumer that was not skipped works with the new credential.`, `${old.id} live`);
  return page;
}

const SHOWN = "RevokeFailed: the new one in use, and the id that still lives";

const FAILED: Drill = {
  situation: "revoke_failed",
  ways: [
    atHeroku("retry", [RETRY_REVOKE], {}, async (drill, person) => {
      const mend = await failed(drill);
      const page = await readsFailed(drill, person);
      await drill.world.calm();
      mend();
      await person.does(page, RETRY_REVOKE);
      await drill.world.in("done");
      assert.equal(drill.world.truth.alive().length, 1);
      return { shown: SHOWN, ended: "Done" };
    }),
    atHeroku("end it at the vendor, retry: gone counts as ended", [RETRY_REVOKE], {}, async (drill, person) => {
      const { world, heroku, old } = drill;
      const mend = await failed(drill);
      const page = await readsFailed(drill, person);
      await drill.world.calm();
      mend();
      heroku.unauthorize(old.id); // in the dashboard: from now on it answers 404
      await person.does(page, RETRY_REVOKE);
      await world.in("done");
      return { shown: SHOWN, ended: "Done" };
    }),
    atHeroku("end it at the vendor, mark it", [MARK], {}, async (drill, person) => {
      const { world, heroku, old } = drill;
      await failed(drill);
      const page = await readsFailed(drill, person);
      heroku.unauthorize(old.id);
      assertShown(await person.does(page, MARK), `Velvet will not revoke ${old.id}, nor look whether it is gone.`);
      const { retired } = await world.in("done");
      assert.deepEqual(
        retired.map(({ vendorId, state }) => [vendorId, state]),
        [[old.id, "manual"]],
      );
      return { shown: SHOWN, ended: "Done, on somebody's word" };
    }),
  ],
};

export const REVOKE_DRILLS: readonly Drill[] = [GATE, EMERGENCY, FAILED];
