/** What a person does at a vendor without an API, from the request to the end. */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openFreescout } from "../../adapters/manual/emulator-freescout.ts";
import { Secret } from "../../adapters/secret.ts";
import { keyRing } from "../../controller/custody/key.ts";
import { listRequests } from "../../controller/ledger/views.ts";
import {
  add,
  addCredential,
  answer,
  app,
  closeWorld,
  condition,
  DASHBOARD,
  decide,
  engineOf,
  events,
  forget,
  hold,
  isAsked,
  ledger,
  openWorld,
  PATIENCE,
  plaid,
  request,
  sealed,
  until,
} from "../support/by-hand.ts";

beforeEach(openWorld);
afterEach(closeWorld);

it("what a person hands in is refused where it is not a new credential of this one, each time with why, and changes nothing", async () => {
  const { vendor, old } = await plaid();
  await using _ = vendor;
  const engine = engineOf();
  await request();
  const asked = await until(isAsked("mint"));
  expect(condition(asked, "Minted")?.message).toContain(`Rotate secret. ${DASHBOARD}`);
  const other = keyRing(Secret.from(randomBytes(32).toString("base64")));
  const refused: [string, object, string][] = [
    ["another-credential", sealed("x", { credential: "other" }), "Unsealable"],
    ["another-key", sealed("x", { ring: other }), "Unsealable"],
    ["same", sealed(old), "SameValue"],
    ["no-field", sealed("x", { fields: { secret: "x" } }), "FieldMissing"],
    ["empty", sealed(""), "FieldMissing"],
    ["surplus", sealed("x", { fields: { value: "x", more: "y" } }), "FieldSurplus"],
    ["long", sealed("x".repeat(40_000)), "ValueTooLong"],
  ];
  for (const [name, spec, reason] of refused) {
    await decide(name, spec);
    expect(await answer(name)).toMatchObject({ state: "refused", reason });
  }
  const after = await until(isAsked("mint"));
  expect(after.attempts).toEqual([]);
  const fresh = vendor.make();
  const box = sealed(fresh);
  await decide("right", box);
  await until(isAsked("revoke"));
  expect(await app()).toBe(fresh);
  vendor.end(old);
  await until(({ rotation }) => rotation.state === "done");

  // The same box again, in a later rotation, when it is in use and when it was replaced.
  await request("second");
  await until(isAsked("mint"), "second");
  await decide("replayed-in-use", box, "second");
  expect(await answer("replayed-in-use")).toMatchObject({ reason: "SameValue" });
  const third = vendor.make();
  await decide("third", sealed(third), "second");
  await until(isAsked("revoke"), "second");
  vendor.end(fresh);
  await until(({ rotation }) => rotation.state === "done", "second");
  await request("third");
  await until(isAsked("mint"), "third");
  await decide("replayed", box, "third");
  expect(await answer("replayed")).toMatchObject({ state: "refused", reason: "ValueUsedBefore" });
  await decide("over", { action: "Abort" }, "third");
  await until(({ rotation }) => rotation.state === "aborted", "third");
  await engine.stop();
  expect(await app()).toBe(third);
});

it("whoever deletes the new one of Plaid's two secrets is told at once, and the rotation is not taken for done", async () => {
  const { vendor, old } = await plaid();
  await using _ = vendor;
  const engine = engineOf();
  await request();
  await until(isAsked("mint"));
  const fresh = vendor.make();
  await decide("value", sealed(fresh));
  await until(isAsked("revoke"));
  vendor.end(fresh);
  const view = await until(({ rotation }) => rotation.facts.assisted?.revoke?.trouble !== undefined);
  expect(condition(view, "Stalled")).toMatchObject({ reason: "NewCredentialDead" });
  expect(condition(view, "Stalled")?.message).toContain("the wrong one was ended");
  // A vendor that refuses both says nothing of the old one either.
  vendor.end(old);
  const both = await until(
    ({ rotation }) => !(rotation.facts.assisted?.revoke?.trouble?.message.includes("wrong one") ?? true),
  );
  await engine.stop();
  expect(both.rotation.state).toBe("validated");
  expect(both.rotation.facts.revoked).toBeUndefined();
});

it("a person who is asked is reminded, and told of when the time is over; an abort ends it at any time and names what may be left", async () => {
  const { vendor, old } = await plaid();
  await using _ = vendor;
  const engine = engineOf();
  await request();
  await until(isAsked("mint"));
  await pastReminder("mint");
  const reminded = await until(({ rotation }) => (rotation.facts.assisted?.mint?.reminders ?? 0) === 1);
  expect(condition(reminded, "Minted")?.message).toMatch(/Asked since .*, reminded once, last at /);
  await decide("stop", { action: "Abort" });
  const aborted = await until(({ rotation }) => rotation.state === "aborted");
  expect(aborted.rotation.facts.residual).toMatchObject([
    { kind: "MadeUnseen", remedy: expect.stringContaining(DASHBOARD) },
  ]);

  await request("second");
  await until(isAsked("mint"), "second");
  const fresh = vendor.make();
  await decide("value", sealed(fresh), "second");
  await until(isAsked("revoke"), "second");
  await ledger.pool.query("update velvet.request set deadline = now() - interval '1 second' where name = 'second'");
  const overdue = await until(({ rotation }) => rotation.facts.failure?.reason === "RevokeOverdue", "second");
  expect(condition(overdue, "Stalled")).toMatchObject({ reason: "RevokeOverdue" });
  await pastReminder("revoke");
  await until(({ rotation }) => (rotation.facts.assisted?.revoke?.reminders ?? 0) === 1, "second");
  vendor.end(old);
  await until(({ rotation }) => rotation.state === "done", "second");
  await engine.stop();
  expect(await events()).toEqual(expect.arrayContaining(["PersonReminded", "PersonOverdue", "RevokeSeen"]));
});

async function pastReminder(step: "mint" | "revoke"): Promise<void> {
  await ledger.pool.query(
    `update velvet.rotation set facts = jsonb_set(facts, array['assisted', $1, 'remindAt'], to_jsonb('2026-01-01T00:00:00.000Z'::text))
     where ended_at is null`,
    [step],
  );
}

it("a value that was handed in and then aborted is named, with where a person ends it", async () => {
  const { vendor, old } = await plaid();
  await using _ = vendor;
  const engine = engineOf();
  await request();
  await until(isAsked("mint"));
  // Plaid does not answer: it is not even known whether the value is right.
  const lift = vendor.set({ times: 1_000, mishap: { kind: "answer", reply: { status: 503 } } });
  await decide("value", sealed(vendor.make()));
  await until(({ rotation }) => rotation.facts.failure?.reason === "VendorUnavailable");
  await decide("stop", { action: "Abort" });
  const view = await until(({ rotation }) => rotation.state === "aborted");
  lift();
  await engine.stop();
  expect(view.rotation.facts.residual).toMatchObject([
    {
      kind: "NewCredentialLive",
      message: expect.stringMatching(/^by-hand@\S+ is still live\.$/),
      remedy: expect.stringContaining(DASHBOARD),
    },
  ]);
  expect(view.retired).toMatchObject([{ state: "live", vendorId: expect.stringContaining("by-hand@") }]);
  expect(await app()).toBe(old);
  const { rows } = await ledger.pool.query("select 1 from velvet.attempt where sealed is not null");
  expect(rows).toEqual([]);
});

it("where a new key ends the old one, it needs Replace, asks the revoke gate first, and goes through", async () => {
  await using vendor = await openFreescout();
  const old = vendor.make();
  await hold(old);
  await add("VendorAccount", "desk", { adapter: "manual", endpoint: vendor.url });
  const issuer = { account: "desk", currentId: "desk-1", manual: { freescout: { mailbox: 2 } } };
  await addCredential(issuer);
  const engine = engineOf();
  await request("overlapping");
  const refusal = async () => (await listRequests(ledger.db, { namespace: "orders", name: "overlapping" }))[0]?.reason;
  await expect.poll(refusal, PATIENCE).toBe("OldDiesAtMint");

  forget("Credential");
  await addCredential(issuer, {
    rotation: { strategy: "Replace", acceptsDowntime: true },
    gates: { mint: "Automatic", revoke: "Approval" },
  });
  await request();
  const gated = await until(({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
  expect(gated.rotation.facts.assisted).toBeUndefined();
  const digest = gated.rotation.facts.gates?.Revoke?.digest;
  await decide("yes", { action: "Approve", gate: "Revoke", digest, confirm: "TOKEN", ticket: "OPS-1" });
  await until(isAsked("mint"));
  const fresh = vendor.make();
  expect(vendor.isAccepted(old)).toBe(false);
  await decide("value", sealed(fresh));
  const done = await until(({ rotation }) => rotation.state === "done");
  await engine.stop();
  expect(await app()).toBe(fresh);
  expect(done.rotation.facts.revoked).toMatchObject({ by: "person", seen: "FreeScout does not accept it." });
});

it("a change of the key-encryption key in the middle opens what was sealed before, seals it anew, and the key before can be retired", async () => {
  const { vendor, old } = await plaid();
  await using _ = vendor;
  const [first, second] = [randomBytes(32), randomBytes(32)].map((bytes) => Secret.from(bytes.toString("base64")));
  if (!first || !second) throw new Error("no keys");
  const [one, both] = [keyRing(first), keyRing(second, [first])];
  const before = engineOf("", one);
  await request();
  await until(isAsked("mint"));
  await before.stop();

  const after = engineOf("", both);
  const fresh = vendor.make();
  await decide("value", sealed(fresh, { ring: one }));
  await until(isAsked("revoke"));
  await after.stop();
  expect(await events()).toContain("Resealed");
  expect(await app()).toBe(fresh);

  // Nothing that is sealed needs the first key any more.
  const alone = engineOf("", keyRing(second, ["-"]));
  vendor.end(old);
  await until(({ rotation }) => rotation.state === "done");
  await request("second");
  const known = await until(isAsked("mint"), "second");
  await alone.stop();
  expect(known.rotation.facts.verify?.previousId).toMatch(/^by-hand@/);
  expect(known.rotation.facts.verify?.previousFingerprint).toMatch(/^hmac-sha256:k2:/);
});
