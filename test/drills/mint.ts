/** The new credential could not be made, or nobody knows whether it was. */
import assert from "node:assert/strict";
import { type AwsDrill, USER } from "./aws.ts";
import { type Drill, assertShown, atAws, atHeroku } from "./drill.ts";
import { NEXT, type Person } from "./person.ts";
import { ABORT } from "./verify.ts";

const AGAIN = "velvet request rotate <name> -n <namespace> --reason <why>";
export const MARK = "velvet mark-revoked <request> --ticket <ticket> --reason <why>";

const DEFINITE: Drill = {
  situation: "mint_failed, definite",
  ways: [
    atHeroku("request again", [AGAIN], {}, async ({ world, heroku, old }, person) => {
      const reply = { status: 422, body: { id: "invalid_params", message: "no such scope" } };
      heroku.set({ method: "POST", path: /authorizations/, mishap: { kind: "answer", reply } });
      await world.request();
      await world.in("mint_failed");
      const page = await person.describes();
      const shown = assertShown(page, "Minted False RequestRefused");
      assertShown(page, "The old credential still works as before: it was not revoked.");
      assertShown(page, "The old credential is still valid, and in use everywhere.");
      assert.deepEqual(
        world.truth.alive().map(({ id }) => id),
        [old.id],
      );
      const late = await person.velvet("abort", "orders/first", "--reason", "late");
      assert.equal(late.code, 2); // there is nothing left to abort
      await person.does(page, AGAIN);
      await world.soon("done", NEXT);
      return { shown, ended: "Done, by the second request" };
    }),
  ],
};

/** AWS has no markers: what appeared may be somebody else's. Returns its id. */
async function unknown({ world, aws, old }: AwsDrill): Promise<string> {
  aws.arm("iam:CreateAccessKey", { kind: "reset-after" });
  await world.request();
  await world.until("stalled", ({ rotation }) => rotation.facts.failure?.stalled === true);
  const [found, ...others] = world.truth.alive().filter(({ id }) => id !== old);
  assert.ok(found && others.length === 0);
  return found.id;
}

async function readsOf(person: Person, id: string): Promise<string> {
  const page = await person.describes();
  assertShown(
    page,
    "Stalled True OutcomeUnknown",
    /A?n?swer to a mint that was sent at 20/,
    `what was not there before: ${id} (made at 20`,
  );
  assertShown(
    page,
    "The old credential still works as before",
    "say that you ended at the vendor what the mint may have left",
  );
  return page;
}

function endByHand({ aws }: AwsDrill, id: string): void {
  const key = aws.iam.of(USER).find((each) => each.id === id);
  assert.ok(key);
  key.status = "Deleted";
}

const AMBIGUOUS: Drill = {
  situation: "mint ambiguous",
  ways: [
    atHeroku("none is needed: it is found by its marker", [], {}, async ({ world, heroku }) => {
      heroku.set({ method: "POST", path: /authorizations/, mishap: { kind: "reset-after" } });
      await world.request();
      const view = await world.in("done");
      assert.equal(view.attempts.length, 1);
      assert.equal(world.truth.alive().length, 1);
      return { shown: "Minting", ended: "Done, with the one that was minted" };
    }),
    atAws("end it at the vendor, mark it", [MARK], {}, async (drill, person) => {
      const id = await unknown(drill);
      const page = await readsOf(person, id);
      endByHand(drill, id);
      const said = await person.does(page, MARK);
      assertShown(said, "mints again", `${drill.old} stays in use`);
      await drill.world.in("done");
      return { shown: "Stalled/OutcomeUnknown, with the id to look for", ended: "Done, with another one" };
    }),
    atAws("abort, end it at the vendor, mark it", [ABORT, MARK], {}, async (drill, person) => {
      const id = await unknown(drill);
      await person.does(await readsOf(person, id), ABORT);
      const page = await untilAsked(drill, person);
      endByHand(drill, id);
      await person.does(page, MARK);
      await drill.world.in("aborted");
      assert.deepEqual(
        drill.world.truth.alive().map((each) => each.id),
        [drill.old],
      );
      return { shown: "Stalled/OutcomeUnknown, with the id to look for", ended: "Aborted: the old one alone is left" };
    }),
  ],
};

/** An abort, too, finds out first what may be alive. */
async function untilAsked({ world }: AwsDrill, person: Person): Promise<string> {
  await world.until(
    "asked again",
    ({ rotation: { state, facts } }) => state === "aborting" && facts.failure?.stalled === true,
  );
  const page = await person.describes();
  assertShown(page, "Aborting", "OutcomeUnknown");
  return page;
}

export const MINT_DRILLS: readonly Drill[] = [DEFINITE, AMBIGUOUS];
