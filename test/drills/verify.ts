/** The credential in use cannot be verified. Nothing has been touched yet. */
import assert from "node:assert/strict";
import { type Drill, assertShown, atAws, atHeroku } from "./drill.ts";
import type { HerokuDrill } from "./heroku.ts";
import { NEXT } from "./person.ts";

export const ABORT = "velvet abort <request> --reason <why>";
export const RETRY = "velvet retry <request> --reason <why>";
export const EXPECT_DEAD = "velvet request rotate <name> -n <namespace> --expect Dead --reason <why>";

/** The vendor answers whoever shows the old token with 503. */
async function away({ world, heroku, old }: HerokuDrill): Promise<() => void> {
  const reply = { status: 503, body: { id: "unavailable", message: "later" } };
  const isOld = ({ headers }: { readonly headers: { readonly authorization?: string | undefined } }) =>
    headers.authorization === `Bearer ${old.token}`;
  const back = heroku.set({ when: isOld, times: 1_000, mishap: { kind: "answer", reply } });
  await world.request();
  await world.in("verify_failed");
  return back;
}

async function stalled({ world }: HerokuDrill): Promise<void> {
  await world.until("stalled", ({ rotation }) => rotation.facts.failure?.stalled === true, { hurried: true });
}

const DEAD: Drill = {
  situation: "verify_failed, vendor says dead",
  ways: [
    atHeroku("abort, and request it with expect: Dead", [ABORT, EXPECT_DEAD], {}, async (drill, person) => {
      const { world, heroku, old } = drill;
      world.mustWork = false; // it is dead before Velvet begins
      heroku.authorize({ id: old.id, token: old.token, createdAt: 0, expiresIn: 1 });
      await world.request();
      await world.in("verify_failed");
      const page = await person.describes();
      const shown = assertShown(
        page,
        "Verified False CredentialDead Heroku refused the token.",
        "consumers that hold it are probably failing now",
        "velvet request rotate token -n orders --expect Dead",
      );
      await person.does(page, ABORT);
      await world.in("aborted");
      const after = await person.describes();
      assertShown(
        after,
        "CredentialDead: The credential in use is dead at the vendor, and is what the consumers still hold.",
      );
      await person.does(after, EXPECT_DEAD);
      await world.soon("done", NEXT);
      world.mustWork = true; // and from here on
      return { shown, ended: "Done: every consumer has a living one" };
    }),
  ],
};

const INCONCLUSIVE: Drill = {
  situation: "verify_failed, inconclusive",
  ways: [
    atHeroku("wait", [], {}, async (drill, person) => {
      const back = await away(drill);
      const page = await person.describes();
      const shown = assertShown(page, /Reconciling True ProgressingWithRetry Heroku answered 503\. .*ext try at 20/);
      assertShown(page, "Verified Unknown VendorUnavailable", "Nothing is taken away");
      back();
      await drill.world.soon("done");
      return { shown: "Reconciling, with the next try", ended: shown === "" ? "" : "Done, by itself" };
    }),
    atHeroku("retry", [RETRY], {}, async (drill, person) => {
      const back = await away(drill);
      await stalled(drill);
      const page = await person.describes();
      assertShown(page, /Stalled True VendorUnavailable Heroku answered 503\. Tried \d+ times; next try at 20/);
      back();
      await person.does(page, RETRY);
      await drill.world.in("done");
      return { shown: "Stalled/VendorUnavailable, after 8 tries", ended: "Done" };
    }),
    atHeroku("abort", [ABORT], {}, async (drill, person) => {
      await away(drill);
      await person.does(await person.describes(), ABORT);
      await drill.world.in("aborted");
      assertShown(await person.looks(), "Ready False Aborted ben aborted it", "Nothing of it is left.");
      assert.deepEqual(
        drill.world.truth.alive().map(({ id }) => id),
        [drill.old.id],
      );
      return { shown: "Reconciling, with the next try", ended: "Aborted: nothing was changed" };
    }),
  ],
};

const QUOTA: Drill = {
  situation: "verify_failed, quota full",
  ways: [
    atAws("free a slot", [RETRY], {}, async ({ world, aws, old, stranger }, person) => {
      const other = stranger();
      await world.request();
      await world.in("verify_failed");
      const page = await person.describes();
      const shown = assertShown(page, "Verified False QuotaExhausted");
      assertShown(
        page,
        `${old} (the one in use, last used 20`,
        `, ${other}.`,
        "Nothing was changed",
        "Remove at the vendor the one that nobody uses",
      );
      const key = aws.iam.of("orders-app").find(({ id }) => id === other);
      assert.ok(key);
      key.status = "Deleted"; // in the vendor's console
      await person.does(page, RETRY);
      await world.in("done");
      return { shown, ended: "Done" };
    }),
  ],
};

export const VERIFY_DRILLS: readonly Drill[] = [DEAD, INCONCLUSIVE, QUOTA];
