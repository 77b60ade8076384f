/** Postmark, where people click and Velvet looks: from the request to the end. */
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  app,
  closeWorld,
  condition,
  decide,
  engineOf,
  events,
  isAsked,
  ledger,
  openWorld,
  postmark,
  request,
  sealed,
  SERVER,
  until,
} from "../support/by-hand.ts";

beforeEach(openWorld);
afterEach(closeWorld);

it("Postmark has no mint and no revoke API: what a person does in its dashboard is seen, both ways, and nobody copies a value", async () => {
  await using vendor = await postmark();
  const [old = ""] = vendor.tokens(SERVER);
  const engine = engineOf(vendor.accountToken);
  await request();
  const asked = await until(isAsked("mint"));
  expect(condition(asked, "Minted")).toMatchObject({ status: "Unknown", reason: "AwaitingValue" });
  expect(condition(asked, "Minted")?.message).toMatch(
    /generate another token.*servers\/1234567\/credentials.*Asked since/,
  );
  expect(await app()).toBe(old);

  const fresh = vendor.generate(SERVER);
  const toEnd = await until(isAsked("revoke"));
  expect(await app()).toBe(fresh);
  expect(vendor.isAccepted(old)).toBe(true);
  expect(condition(toEnd, "Revoked")).toMatchObject({ reason: "AwaitingManualRevoke" });
  expect(condition(toEnd, "Revoked")?.message).toMatch(
    /^A person ends 1234567\/[0-9a-f]{16} at the vendor.*delete the old token/,
  );

  vendor.remove(SERVER, old);
  const done = await until(({ rotation }) => rotation.state === "done");
  await engine.stop();
  expect(condition(done, "Revoked")?.message).toContain("by hand, as the vendor says: Postmark does not accept it.");
  expect(done.retired).toMatchObject([{ state: "manual" }]);
  expect(await events()).toEqual(
    expect.arrayContaining(["ValueAsked", "ValueSeen", "MintVerified", "RevokeAsked", "RevokeSeen", "Done"]),
  );
  expect(done.decisions).toEqual([]);
  expect(vendor.strays).toEqual([]);
  const { rows } = await ledger.pool.query(
    "select facts::text from velvet.rotation union all select convert_from(canonical, 'UTF8') from velvet.audit",
  );
  for (const token of [old, fresh]) expect(JSON.stringify([asked, toEnd, done, rows])).not.toContain(token);
});

it("a new token of Postmark answers 401 for half a minute: it is tried again inside the propagation window, and given to nobody before", async () => {
  const time = { ms: Date.now() };
  await using vendor = await postmark({ now: () => time.ms, delayMs: 30_000 });
  const [old = ""] = vendor.tokens(SERVER);
  const engine = engineOf(vendor.accountToken);
  await request();
  await until(isAsked("mint"));
  const fresh = vendor.generate(SERVER);
  const early = await until(({ rotation }) => (rotation.facts.failure?.tries ?? 0) >= 2);
  expect(early.rotation.facts.failure).toMatchObject({ reason: "NewCredentialRefused", stalled: false });
  expect(early.rotation.facts.failure?.message).toContain("yet");
  expect(early.consumers.map(({ touched }) => touched)).toEqual([false, false]);
  expect(await app()).toBe(old);
  time.ms += 30_000;
  await until(isAsked("revoke"));
  await engine.stop();
  expect(await app()).toBe(fresh);
});

it("of several tokens that appear Velvet takes none, says so, and goes on with the one that a person hands in", async () => {
  await using vendor = await postmark();
  const engine = engineOf(vendor.accountToken);
  await request();
  await until(isAsked("mint"));
  await engine.stop();
  const [meant, other] = [vendor.generate(SERVER), vendor.generate(SERVER)];
  const again = engineOf(vendor.accountToken);
  const unsure = await until(({ rotation }) => rotation.facts.assisted?.mint?.trouble !== undefined);
  expect(condition(unsure, "Stalled")).toMatchObject({ reason: "SeveralAppeared" });
  expect(unsure.attempts).toEqual([]);
  await decide("meant", sealed(meant));
  await until(isAsked("revoke"));
  await again.stop();
  expect(await app()).toBe(meant);
  expect(vendor.isAccepted(other)).toBe(true);
});

it("a full server fails verify with the tokens that fill it, before anybody is asked", async () => {
  await using vendor = await postmark();
  vendor.generate(SERVER);
  vendor.generate(SERVER);
  const engine = engineOf(vendor.accountToken);
  await request();
  const view = await until(({ rotation }) => rotation.facts.failure?.reason === "QuotaExhausted");
  await engine.stop();
  expect(view.rotation.state).toBe("verify_failed");
  expect(view.rotation.facts.assisted).toBeUndefined();
});
