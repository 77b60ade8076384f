import { describe, expect, it } from "vitest";
import { newMarker, never, order } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Arrangement } from "./emulator-bench.fixture.ts";
import { arrange, NAME, tokenValue } from "./emulator-bench.fixture.ts";
import type { HeldToken, TokenOwner } from "./emulator-state.ts";

const DAY = 86_400_000;

async function rotated(owner: TokenOwner = "user", more: Partial<HeldToken> = {}, arrangement: Arrangement = {}) {
  const arranged = await arrange(arrangement);
  const held = arranged.emulator.plant(owner, NAME, ["zoneRead"], more);
  const issuer = arranged.issuer(owner === "user" ? { userToken: { name: NAME } } : { accountToken: { name: NAME } });
  return { ...arranged, held, issuer, value: tokenValue(held) };
}

const text = (value: string) => ({ value: Secret.from(value) });

describe("a minted token", () => {
  it("has the policies and the condition of the one in use, and no id of theirs", async () => {
    const condition = { "request.ip": { in: ["127.0.0.0/8"], not_in: ["127.1.0.0/16"] } };
    await using world = await rotated("user", { condition });
    const minted = await world.issuer.mint(await order(world.issuer, world.value), never);
    const [old, made] = [world.held, world.emulator.state.tokens.get(minted.id)];
    expect(made?.condition).toEqual(condition);
    const bare = (token: HeldToken | undefined) => token?.policies.map(({ id: _id, ...policy }) => policy);
    expect(bare(made)).toEqual(bare(old));
    expect(made?.policies[0]?.id).not.toBe(old.policies[0]?.id);
    expect(made?.name).toMatch(/^orders-dns velvet\/test\//);
  });

  it("lives as long as the one in use was to live, and without an end where that has none", async () => {
    const issuedOn = Date.now() - 300 * DAY;
    await using world = await rotated("user", { issuedOn, expiresOn: issuedOn + 365 * DAY });
    const minted = await world.issuer.mint(await order(world.issuer, world.value), never);
    const left = (world.emulator.state.tokens.get(minted.id)?.expiresOn ?? 0) - Date.now();
    expect(Math.round(left / DAY)).toBe(365);
    expect(Math.round((Date.parse(minted.expiresAt ?? "") - Date.now()) / DAY)).toBe(365);
    await using endless = await rotated();
    const other = await endless.issuer.mint(await order(endless.issuer, endless.value), never);
    expect(endless.emulator.state.tokens.get(other.id)?.expiresOn).toBeUndefined();
    expect(other.expiresAt).toBeUndefined();
  });

  it("is cloned from the newest of the name where the one in use is gone or not known", async () => {
    await using world = await rotated();
    world.emulator.plant("user", "somebody else's", ["workers"]);
    const orphan = { marker: newMarker(), inventory: [] };
    const first = await world.issuer.mint(orphan, never);
    const second = await world.issuer.mint({ ...orphan, marker: newMarker(), currentId: "0".repeat(32) }, never);
    for (const { id } of [first, second]) {
      const groups = world.emulator.state.tokens.get(id)?.policies[0]?.permission_groups;
      expect(groups).toMatchObject([{ name: "zoneRead" }]);
    }
    await using empty = await arrange();
    const nothing = empty.issuer({ userToken: { name: NAME } }).mint(orphan, never);
    expect(await failure(nothing)).toMatchObject({ name: "Terminal", reason: "ApiTokenMissing" });
  });

  it("carries the end of a marker that does not fit, with both ids whole", async () => {
    await using world = await arrange();
    const name = "n".repeat(32);
    world.emulator.plant("user", name, ["zoneRead"]);
    const issuer = world.issuer({ userToken: { name } });
    const marker = newMarker().replace("/test/", `/${"i".repeat(32)}/`);
    const { id } = await issuer.mint({ marker, inventory: [] }, never);
    const listed = (await issuer.list(never)).find((key) => key.id === id);
    expect(world.emulator.state.tokens.get(id)?.name.length).toBe(120);
    expect(marker.endsWith(listed?.marker ?? "none")).toBe(true);
    expect(listed?.marker).toMatch(/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
  });
});

describe("a mint that goes wrong", () => {
  it("is unknown after a lost answer, and found by its marker", async () => {
    await using world = await rotated();
    const next = await order(world.issuer, world.value);
    world.emulator.api.set({ method: "POST", mishap: { kind: "reset-after" } });
    expect(await failure(world.issuer.mint(next, never))).toBeInstanceOf(OutcomeUnknown);
    const found = (await world.issuer.list(never)).filter((key) => key.marker === next.marker);
    expect(found.length).toBe(1);
    await world.issuer.revoke(found[0]?.id ?? "", never);
    await world.issuer.destroy(found[0]?.id ?? "", never);
    expect((await world.issuer.list(never)).some((key) => key.marker === next.marker)).toBe(false);
  });

  it("is unknown where it hangs, and listed when it lands", async () => {
    await using world = await rotated();
    const next = await order(world.issuer, world.value);
    world.emulator.api.set({ method: "POST", mishap: { kind: "hang", landsAfterMs: 60_000 } });
    const error = await failure(world.issuer.mint(next, AbortSignal.timeout(200)));
    expect(error).toBeInstanceOf(OutcomeUnknown);
    expect((await world.issuer.list(never)).some((key) => key.marker === next.marker)).toBe(false);
    world.pass(61_000);
    expect((await world.issuer.list(never)).filter((key) => key.marker === next.marker).length).toBe(1);
  });

  it.each([
    ["429", 429, OutcomeUnknown],
    ["500", 500, OutcomeUnknown],
    ["a refusal", 400, Terminal],
  ])("says after %s what is known", async (_title, status, kind) => {
    await using world = await rotated();
    const next = await order(world.issuer, world.value);
    const body = { success: false, errors: [{ code: 1001, message: "no" }], messages: [], result: null };
    world.emulator.api.set({ method: "POST", mishap: { kind: "answer", reply: { status, body } } });
    expect(await failure(world.issuer.mint(next, never))).toBeInstanceOf(kind);
    expect(world.emulator.keys().length).toBe(2);
  });

  it("is unknown where the answer is a yes without a value", async () => {
    await using world = await rotated();
    const next = await order(world.issuer, world.value);
    const body = { success: true, errors: [], messages: [], result: { id: "0".repeat(32) } };
    world.emulator.api.set({ method: "POST", mishap: { kind: "answer", reply: { status: 200, body } } });
    expect(await failure(world.issuer.mint(next, never))).toMatchObject({
      name: "OutcomeUnknown",
      reason: "AnswerNotUnderstood",
    });
  });

  it("names the full quota, which disabled tokens fill as well", async () => {
    await using world = await rotated("user", {}, { config: { userTokenQuota: 3 } });
    world.emulator.state.quota = { user: 3, account: 3 };
    world.emulator.plant("user", "unused", ["zoneRead"], { status: "disabled" });
    const next = await order(world.issuer, world.value);
    expect(next.inventory.length).toBe(3);
    expect(await failure(world.issuer.mint(next, never))).toMatchObject({ name: "Terminal", reason: "QuotaExhausted" });
    const body = { success: false, errors: [{ code: 10000, message: "no" }], messages: [], result: null };
    world.emulator.api.set({ method: "POST", mishap: { kind: "answer", reply: { status: 403, body } } });
    expect(await failure(world.issuer.mint(next, never))).toMatchObject({ reason: "AccountForbidden" });
    expect(world.issuer.traits.maxLive).toBe(3);
  });

  it("clones neither a token of another name nor Velvet's own", async () => {
    await using world = await rotated();
    const powerful = world.emulator.plant("user", "root of all", ["userTokens"]);
    const next = { marker: newMarker(), inventory: [], currentId: powerful.id };
    expect(await failure(world.issuer.mint(next, never))).toMatchObject({ reason: "ApiTokenNotConfigured" });
    expect(await failure(world.issuer.revoke(powerful.id, never))).toMatchObject({ reason: "ApiTokenNotConfigured" });
    const own = world.issuer.mint({ ...next, currentId: world.admin.id }, never);
    expect(await failure(own)).toMatchObject({ reason: "ApiTokenNotConfigured" });
    const named = world.connect().issuer?.({ userToken: { name: world.admin.name } });
    for (const work of [
      named?.mint({ ...next, currentId: world.admin.id }, never),
      named?.revoke(world.admin.id, never),
      named?.destroy(world.admin.id, never),
    ]) {
      expect(await failure(work ?? Promise.resolve())).toMatchObject({
        name: "Terminal",
        reason: "BootstrapCircularity",
      });
    }
    expect(world.emulator.keys().length).toBe(3);
    expect(world.emulator.isAlive(world.admin.value)).toBe(true);
  });
});

describe("the verification of a token", () => {
  it("never takes a token of the other kind for a dead one", async () => {
    await using world = await rotated("account", {}, { tokenKind: "account" });
    const wrong = world.issuer;
    const asUser = world.connect().issuer?.({ userToken: { name: NAME } });
    const verdict = await asUser?.verify(world.value, never);
    expect(verdict).toMatchObject({ liveness: "needs-human", reason: "ApiTokenOfOtherKind" });
    expect(await asUser?.identify(world.value, never)).toBeUndefined();
    expect(await wrong.verify(world.value, never)).toMatchObject({ liveness: "alive" });
    const users = world.emulator.plant("user", "a user's", ["zoneRead"]);
    expect(await wrong.verify(tokenValue(users), never)).toMatchObject({ reason: "ApiTokenOfOtherKind" });
  });

  it("is not sure where the other endpoint does not answer", async () => {
    await using world = await rotated();
    world.emulator.api.set({ path: /^\/accounts\/.*\/verify$/, mishap: { kind: "answer", reply: { status: 502 } } });
    expect(await world.issuer.verify(world.issuer.mutate(world.value), never)).toMatchObject({
      liveness: "inconclusive",
      reason: "VendorUnavailable",
    });
  });

  it("looks at the status of a token that is answered with 200, and still knows whose it is", async () => {
    const issuedOn = Date.now() - 10 * DAY;
    await using world = await rotated("user", { issuedOn, expiresOn: Date.now() + DAY });
    await world.issuer.revoke(world.held.id, never);
    expect(await world.issuer.verify(world.value, never)).toMatchObject({
      liveness: "dead",
      reason: "ApiTokenDisabled",
    });
    expect(await world.issuer.identify(world.value, never)).toBe(world.held.id);
    await world.issuer.restore?.(world.held.id, never);
    expect(await world.issuer.verify(world.value, never)).toMatchObject({ liveness: "alive" });
    world.pass(2 * DAY);
    expect(await world.issuer.verify(world.value, never)).toMatchObject({
      liveness: "dead",
      reason: "ApiTokenExpired",
    });
    expect(await world.issuer.revoke(world.held.id, never)).toEqual([]);
    const listed = (await world.issuer.list(never)).find(({ id }) => id === world.held.id);
    expect(listed).toMatchObject({ enabled: false });
  });

  it.each([400, 401, 403])("goes by the code 1000 and not by the status, here %s", async (status) => {
    await using world = await rotated();
    const body = { success: false, errors: [{ code: 1000, message: "Invalid API Token" }], messages: [], result: null };
    world.emulator.api.set({ path: /verify$/, times: 2, mishap: { kind: "answer", reply: { status, body } } });
    expect(await world.issuer.verify(world.value, never)).toMatchObject({
      liveness: "dead",
      reason: "ApiTokenUnknown",
    });
  });

  it("calls no token dead that may not be used from here", async () => {
    await using world = await rotated("user", { condition: { "request.ip": { in: ["192.0.2.0/24"] } } });
    expect(await world.issuer.verify(world.value, never)).toMatchObject({
      liveness: "inconclusive",
      reason: "ApiTokenRefusedHere",
    });
    expect(await failure(world.issuer.identify(world.value, never))).toBeInstanceOf(Transient);
  });

  it("waits for a token that is not valid yet", async () => {
    await using world = await rotated("user", { notBefore: Date.now() + DAY });
    const verdict = await world.issuer.verify(world.value, never);
    expect(verdict).toMatchObject({ liveness: "inconclusive", reason: "ApiTokenNotYetValid" });
    expect(verdict.retryAfterMs).toBeGreaterThan(DAY - 60_000);
    world.pass(DAY);
    expect(await world.issuer.verify(world.value, never)).toMatchObject({ liveness: "alive" });
  });

  it.each(["\n", " ", "\r\n"])("finds a value that ends with %j to be no token, without asking", async (end) => {
    await using world = await rotated();
    const before = world.emulator.api.seen.length;
    const verdict = await world.issuer.verify(text(`${world.held.value}${end}`), never);
    expect(verdict).toMatchObject({ liveness: "needs-human", reason: "ApiTokenMalformed" });
    expect(await world.issuer.identify(text(`${world.held.value}${end}`), never)).toBeUndefined();
    expect(world.emulator.api.seen.length).toBe(before);
  });

  it("understands Cloudflare's word for what is no token (400, 6003, 6111)", async () => {
    await using world = await rotated();
    expect(await world.issuer.verify(text("two words"), never)).toMatchObject({ reason: "ApiTokenMalformed" });
    expect(world.emulator.api.seen.at(-1)).toMatchObject({ status: 400 });
    expect(await world.issuer.verify({}, never)).toMatchObject({ liveness: "needs-human", reason: "ValueIncomplete" });
    expect(await world.issuer.identify({}, never)).toBeUndefined();
  });

  it("sees a new token refused until it has spread, within the window that the traits name", async () => {
    await using world = await rotated();
    world.emulator.state.propagationMs = 10_000;
    const minted = await world.issuer.mint(await order(world.issuer, world.value), never);
    expect(await world.issuer.verify(minted.value, never)).toMatchObject({ liveness: "dead" });
    world.pass(10_000);
    expect(await world.issuer.verify(minted.value, never)).toMatchObject({ liveness: "alive" });
    expect(world.issuer.traits.propagation.windowMs).toBe(30_000);
  });

  it.each([
    ["a page", "<html>Just a moment…</html>"],
    ["half an answer", '{"success":tr'],
    ["another API", '{"ok":true}'],
  ])("is inconclusive after %s", async (_title, body) => {
    await using world = await rotated();
    const reply = { status: 403, headers: { "content-type": "text/html" }, body };
    world.emulator.api.set({ path: /verify$/, mishap: { kind: "answer", reply } });
    expect(await world.issuer.verify(world.value, never)).toMatchObject({
      liveness: "inconclusive",
      reason: "AnswerNotUnderstood",
    });
  });

  it("accepts no value that a person supplied wrongly", async () => {
    await using world = await rotated();
    const others = world.emulator.plant("account", "an account's", ["zoneRead"]);
    const wrong = [world.held.id, `Bearer ${world.held.value}`, world.held.value.slice(0, -1), others.value, "x"];
    const said = await Promise.all(
      wrong.map(async (value) => (await world.issuer.verify(text(value), never)).liveness),
    );
    expect(said).toEqual(["needs-human", "needs-human", "dead", "needs-human", "needs-human"]);
    const ids = wrong.map(async (value) => world.issuer.identify(text(value), never));
    expect(await Promise.all(ids)).toEqual(wrong.map(() => undefined));
  });

  it("asks the endpoint of a probe for what the token may do", async () => {
    await using world = await rotated();
    const issuer = world.issuer;
    const probing = world.connect().issuer?.({ userToken: { name: NAME, probe: "zone" } });
    expect(await probing?.verify(world.value, never)).toMatchObject({ liveness: "alive" });
    const narrow = tokenValue(world.emulator.plant("user", "narrow", ["workers"]));
    expect(await probing?.verify(narrow, never)).toMatchObject({
      liveness: "restricted",
      reason: "ApiTokenScopesRefused",
    });
    expect(await issuer.verify(narrow, never)).toMatchObject({ liveness: "alive" });
    world.emulator.api.set({ path: /zones/, mishap: { kind: "answer", reply: { status: 500 } } });
    expect(await probing?.verify(world.value, never)).toMatchObject({ liveness: "inconclusive" });
  });

  it("sends a value to no endpoint that is missing or not meant for it", async () => {
    await using world = await rotated();
    const verify = async (probe: string) =>
      world
        .connect()
        .issuer?.({ userToken: { name: NAME, probe } })
        .verify(world.value, never);
    expect(await failure(verify("none"))).toMatchObject({ name: "Terminal", reason: "ProbeEndpointMissing" });
    expect(await failure(verify("origin"))).toMatchObject({ name: "Terminal", reason: "ProbeEndpointNotMeant" });
    expect(world.emulator.origin.seen).toEqual([]);
  });
});

describe("tokens at Cloudflare", () => {
  it("are listed to the last page, with their last use", async () => {
    await using world = await rotated();
    for (let index = 0; index < 120; index += 1) world.emulator.plant("user", `other ${index}`, ["zoneRead"]);
    await world.issuer.verify(world.value, never);
    const listed = await world.issuer.list(never);
    expect(listed.length).toBe(122);
    const own = listed.find(({ id }) => id === world.held.id);
    expect(Date.parse(own?.lastUsedAt ?? "")).toBeGreaterThan(Date.now() - 60_000);
    expect(await world.issuer.usage?.(world.held.id, never)).toEqual({ lastUsedAt: own?.lastUsedAt });
    expect(listed.filter(({ marker }) => marker !== undefined)).toEqual([]);
  });

  it("keep all that they have when they are disabled and brought back", async () => {
    const condition = { "request.ip": { in: ["127.0.0.1/32"] } };
    const notBefore = Date.UTC(2026, 0, 1);
    await using world = await rotated("user", { condition, notBefore, expiresOn: Date.UTC(2099, 0, 1) });
    const before = { ...world.held };
    await world.issuer.revoke(world.held.id, never);
    await world.issuer.restore?.(world.held.id, never);
    const { name, expiresOn, value } = world.held;
    expect({ name, expiresOn, value, notBefore: world.held.notBefore }).toEqual({
      name: before.name,
      expiresOn: before.expiresOn,
      value: before.value,
      notBefore,
    });
    expect(world.held.condition).toEqual(condition);
    expect(world.held.policies[0]?.resources).toEqual(before.policies[0]?.resources);
  });

  it("are not taken for gone where the account's id is wrong", async () => {
    await using world = await arrange({ tokenKind: "account" });
    const held = world.emulator.plant("account", NAME, ["zoneRead"]);
    const config = { accountId: "0".repeat(32), tokenKind: "account" };
    const issuer = world.issuer({ accountToken: { name: NAME } }, { config });
    expect(await failure(issuer.destroy(held.id, never))).toMatchObject({ name: "Terminal", reason: "RequestRefused" });
    const unset = world.issuer({ accountToken: { name: NAME } }, { config: {} });
    expect(await failure(unset.list(never))).toMatchObject({ reason: "CloudflareAccountIdMissing" });
  });

  it("are refused with the name of the permission that is missing", async () => {
    await using world = await arrange({ permissions: ["workers"] });
    const error = await failure(world.issuer({ userToken: { name: NAME } }).list(never));
    expect(error).toMatchObject({ name: "Terminal", reason: "AccountForbidden" });
    expect(everything(error)).toContain("User: API Tokens: Edit");
  });

  it("show no value in what goes wrong", async () => {
    await using world = await rotated();
    const next = await order(world.issuer, world.value);
    world.emulator.api.set({ method: "POST", mishap: { kind: "reset-after" } });
    const errors = [
      await failure(world.issuer.mint(next, never)),
      await failure(world.issuer.mint({ ...next, marker: `no ${world.held.value}` }, never)),
      await failure(world.issuer.revoke(world.admin.id, never)),
      await failure(world.issuer.identify(world.value, AbortSignal.abort())),
      await world.issuer.verify(text(`${world.held.value}\n`), never),
    ];
    const values = [...world.emulator.state.tokens.values()].map(({ value }) => value);
    for (const error of errors) expect(values.filter((value) => everything(error).includes(value))).toEqual([]);
  });
});
