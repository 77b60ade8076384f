/** The end of the old credential: its gate, its failure, and what happens when it is needed at once. */
import assert from "node:assert/strict";
import { APPROVE, approves } from "./distribute.ts";
import { type Drill, assertShown, atHeroku } from "./drill.ts";
import type { HerokuDrill, HerokuOptions } from "./heroku.ts";
import { MARK } from "./mint.ts";
import type { Person } from "./person.ts";

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

const LEAK = { flow: "Revocation", reason: "in a public log", ticket: "SEC-7" } as const;

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
