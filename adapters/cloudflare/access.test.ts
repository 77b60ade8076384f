import { describe, expect, it } from "vitest";
import { never, newMarker } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import type { MintOrder, Minted } from "../contract.ts";
import { OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import { Secret } from "../secret.ts";
import { arrange, originEndpoint, pairOf } from "./emulator-bench.fixture.ts";

const HOUR = 3_600_000;
const NO = { success: false, errors: [{ code: 10000, message: "no" }], messages: [], result: null };

async function access() {
  const arranged = await arrange();
  const held = arranged.emulator.plantServiceToken("orders internal");
  const issuer = arranged.issuer({ accessServiceToken: { tokenId: held.id, probe: "origin" } });
  const order = async (): Promise<MintOrder> => ({
    marker: newMarker(),
    inventory: await issuer.list(never),
    graceUntil: new Date(arranged.clock.now().getTime() + 24 * HOUR).toISOString(),
  });
  const rotate = async (): Promise<Minted> => issuer.mint(await order(), never);
  const liveness = async (value: Minted["value"]) => (await issuer.verify(value, never)).liveness;
  return { ...arranged, held, issuer, value: pairOf(held), order, rotate, liveness };
}

describe("the rotation of an Access service token", () => {
  it("keeps the client id, and the old secret until its date", async () => {
    await using world = await access();
    const minted = await world.rotate();
    expect(minted.id).toBe(`${world.held.id}@2`);
    expect(minted.value["clientId"]?.reveal()).toBe(world.held.clientId);
    expect(await world.issuer.list(never)).toMatchObject([
      { id: `${world.held.id}@2`, enabled: true },
      { id: `${world.held.id}@1`, enabled: true, expiresAt: expect.any(String) as string },
    ]);
    expect(await world.liveness(world.value)).toBe("alive");
    expect(await world.liveness(minted.value)).toBe("alive");
    world.pass(24 * HOUR);
    expect(await world.liveness(world.value)).toBe("dead");
    expect(await world.liveness(minted.value)).toBe("alive");
    expect((await world.issuer.list(never)).map(({ id }) => id)).toEqual([`${world.held.id}@2`]);
  });

  it("ends what lay further back: the traits say that only the last one is kept", async () => {
    await using world = await access();
    const second = await world.rotate();
    const third = await world.rotate();
    expect(world.issuer.traits.graceKeeps).toBe("last");
    const all = [world.value, second.value, third.value];
    expect(await Promise.all(all.map(world.liveness))).toEqual(["dead", "alive", "alive"]);
  });

  it("is never asked for without a date, because the old secret would die at once", async () => {
    await using world = await access();
    const { graceUntil: _, ...order } = await world.order();
    expect(await failure(world.issuer.mint(order, never))).toMatchObject({
      name: "Terminal",
      reason: "AccessGraceMissing",
    });
    expect(world.held.version).toBe(1);
  });

  it("is not done where somebody rotated in between", async () => {
    await using world = await access();
    const late = await world.order();
    await world.rotate();
    expect(await failure(world.issuer.mint(late, never))).toMatchObject({ name: "Terminal", reason: "SlotChanged" });
    expect(world.held.version).toBe(2);
  });

  it("is unknown after a lost answer, and the list tells that it happened", async () => {
    await using world = await access();
    const order = await world.order();
    world.emulator.api.set({ method: "POST", mishap: { kind: "reset-after" } });
    const error = await failure(world.issuer.mint(order, never));
    expect(error).toBeInstanceOf(OutcomeUnknown);
    expect(everything(error)).not.toContain(world.held.secret);
    const known = order.inventory.map(({ id }) => id);
    expect((await world.issuer.list(never)).filter(({ id }) => !known.includes(id)).length).toBe(1);
    expect(await world.liveness(world.value)).toBe("alive");
  });

  it("of a token that is turned off does not bring the old secret back", async () => {
    await using world = await access();
    await world.issuer.revoke(`${world.held.id}@1`, never);
    expect(await world.liveness(world.value)).toBe("dead");
    const minted = await world.rotate();
    expect(await world.liveness(minted.value)).toBe("alive");
    expect(await world.liveness(world.value)).toBe("dead");
  });

  it.each([403, 429, 500])(
    "of a token that is off is unknown where it is then not turned on, with %s",
    async (status) => {
      await using world = await access();
      await world.issuer.revoke(`${world.held.id}@1`, never);
      const order = await world.order();
      world.emulator.api.set({ method: "PUT", mishap: { kind: "answer", reply: { status, body: NO } } });
      expect(await failure(world.issuer.mint(order, never))).toMatchObject({
        name: "OutcomeUnknown",
        reason: "AccessNotTurnedOn",
      });
      expect(world.held).toMatchObject({ enabled: false, version: 3 });
    },
  );

  it("says so where the token is gone, and where Cloudflare tells no version", async () => {
    await using world = await access();
    const order = await world.order();
    const result = { id: world.held.id, name: "n", client_id: "c" };
    const reply = { status: 200, body: { success: true, errors: [], messages: [], result } };
    world.emulator.api.set({ method: "GET", mishap: { kind: "answer", reply } });
    expect(await failure(world.issuer.mint(order, never))).toMatchObject({
      name: "Terminal",
      reason: "AnswerNotUnderstood",
    });
    world.emulator.state.serviceTokens.clear();
    expect(await failure(world.issuer.mint(order, never))).toMatchObject({ name: "Terminal", reason: "TargetGone" });
    expect(await world.issuer.list(never)).toEqual([]);
    expect(await world.issuer.revoke(`${world.held.id}@1`, never)).toEqual([]);
  });

  it("names the permission that is missing", async () => {
    await using world = await arrange({ permissions: ["workers"] });
    const { id } = world.emulator.plantServiceToken("t");
    const error = await failure(world.issuer({ accessServiceToken: { tokenId: id, probe: "origin" } }).list(never));
    expect(error).toMatchObject({ reason: "AccountForbidden" });
    expect(everything(error)).toContain("Access: Service Tokens: Edit");
  });
});

describe("the end of a secret", () => {
  it("comes at once for the old one, again without an error, and touches no other", async () => {
    await using world = await access();
    const minted = await world.rotate();
    const old = `${world.held.id}@1`;
    expect(await world.issuer.revoke(old, never)).toMatchObject([{ kind: "AccessSession" }]);
    expect(await world.issuer.revoke(old, never)).toEqual([]);
    expect(await world.issuer.destroy(old, never)).toEqual([]);
    expect(await world.liveness(world.value)).toBe("dead");
    expect(await world.liveness(minted.value)).toBe("alive");
  });

  it("is put off for the newest one while the old one lives", async () => {
    await using world = await access();
    const minted = await world.rotate();
    for (const work of [world.issuer.revoke(minted.id, never), world.issuer.destroy(minted.id, never)]) {
      expect(await failure(work)).toMatchObject({ name: "Terminal", reason: "AccessOlderSecretLives" });
    }
    expect(await world.liveness(world.value)).toBe("alive");
    await world.issuer.revoke(`${world.held.id}@1`, never);
    await world.issuer.revoke(minted.id, never);
    await world.issuer.revoke(minted.id, never);
    expect(await world.liveness(minted.value)).toBe("dead");
  });

  it("for good leaves a token that is off, with a secret that nobody has seen", async () => {
    await using world = await access();
    const id = `${world.held.id}@1`;
    await world.issuer.destroy(id, never);
    await world.issuer.destroy(id, never);
    expect(world.held).toMatchObject({ enabled: false, version: 2 });
    world.held.enabled = true;
    expect(await world.liveness(world.value)).toBe("dead");
  });

  it("is not said of a secret that Cloudflare does not show yet, or of another token's", async () => {
    await using world = await access();
    expect(await failure(world.issuer.revoke(`${world.held.id}@9`, never))).toBeInstanceOf(Transient);
    const other = world.emulator.plantServiceToken("other");
    expect(await failure(world.issuer.revoke(`${other.id}@1`, never))).toMatchObject({
      reason: "ApiTokenNotConfigured",
    });
    expect(world.emulator.isLetIn(other.clientId, other.secret)).toBe(true);
  });

  it("is moved, further away and only where there is an old one", async () => {
    await using world = await access();
    const old = `${world.held.id}@1`;
    const minted = await world.rotate();
    const until = new Date(world.clock.now().getTime() + 72 * HOUR).toISOString();
    await world.issuer.moveGrace?.(old, until, never);
    world.pass(48 * HOUR);
    expect(await world.liveness(world.value)).toBe("alive");
    const move = async (id: string) => failure(world.issuer.moveGrace?.(id, until, never) ?? Promise.resolve());
    expect(await move(minted.id)).toBeInstanceOf(Terminal);
    world.pass(25 * HOUR);
    expect(await move(old)).toMatchObject({ name: "Terminal", reason: "AccessGraceOver" });
    expect(await world.liveness(world.value)).toBe("dead");
  });
});

describe("the probe of an origin behind Access", () => {
  it.each(["login", "forbidden", "unauthorized"] as const)("takes a refusal of Access for one: %s", async (refusal) => {
    await using world = await access();
    world.emulator.state.refusal = refusal;
    expect(await world.liveness(world.value)).toBe("alive");
    expect(await world.issuer.verify(world.issuer.mutate(world.value), never)).toMatchObject({
      liveness: "dead",
      reason: "AccessRefused",
    });
  });

  it.each([
    ["firewall", "EdgeAnswered"],
    ["elsewhere", "Redirected"],
    ["down", "ConsumerUnavailable"],
  ] as const)("takes nothing else for a refusal: %s", async (refusal, reason) => {
    await using world = await access();
    world.emulator.state.refusal = refusal;
    expect(await world.issuer.verify(world.value, never)).toMatchObject({ liveness: "inconclusive", reason });
    expect(await failure(world.issuer.identify(world.value, never))).toBeInstanceOf(Transient);
  });

  it("sees a token that is off or over its last day", async () => {
    await using world = await access();
    world.held.enabled = false;
    expect(await world.liveness(world.value)).toBe("dead");
    world.held.enabled = true;
    world.pass(366 * 24 * HOUR);
    expect(await world.liveness(world.value)).toBe("dead");
  });

  it("identifies no value while two are alive, and none of another client", async () => {
    await using world = await access();
    expect(await world.issuer.identify(world.value, never)).toBe(`${world.held.id}@1`);
    const minted = await world.rotate();
    expect(await world.issuer.identify(world.value, never)).toBeUndefined();
    expect(await world.issuer.identify(minted.value, never)).toBeUndefined();
    await world.issuer.revoke(`${world.held.id}@1`, never);
    expect(await world.issuer.identify(minted.value, never)).toBe(minted.id);
    expect(await world.issuer.identify(world.value, never)).toBeUndefined();
    const other = world.emulator.plantServiceToken("other");
    expect(await world.issuer.identify(pairOf(other), never)).toBeUndefined();
  });

  it("goes to no other place than the VendorAccount says, and not in the clear", async () => {
    await using world = await access();
    const { id } = world.held;
    const at = async (url: string, allowPrivate: boolean, field = "clientSecret") => {
      const endpoint = { ...originEndpoint(url), allowPrivate, send: { field, header: "CF-Access-Client-Secret" } };
      const connection = world.connect({ endpoints: [endpoint] });
      return connection.issuer?.({ accessServiceToken: { tokenId: id, probe: "origin" } }).verify(world.value, never);
    };
    const url = `${world.emulator.origin.url}/health`;
    expect(await failure(at(url, false))).toMatchObject({ reason: "EndpointInsecure" });
    expect(await failure(at(url, true, "clientId"))).toMatchObject({ reason: "ProbeEndpointNotMeant" });
    expect(await failure(at(url.replace("http:", "https:"), false))).toMatchObject({ reason: "AddressRefused" });
    expect(world.emulator.origin.seen).toEqual([]);
    const pasted = { ...world.value, clientSecret: Secret.from(`${world.held.secret}\n`) };
    expect(await world.issuer.verify(pasted, never)).toMatchObject({
      liveness: "needs-human",
      reason: "ValueNotSendable",
    });
    const half = { clientSecret: Secret.from("x") };
    expect(await world.issuer.verify(half, never)).toMatchObject({
      liveness: "needs-human",
      reason: "ValueIncomplete",
    });
  });

  it("shows no secret in a verdict or an error", async () => {
    await using world = await access();
    world.emulator.state.refusal = "down";
    const shown = everything([
      await world.issuer.verify(world.value, never),
      await failure(world.issuer.identify(world.value, never)),
      await failure(world.issuer.revoke(`${world.held.id}@9`, never)),
      await world.issuer.list(never),
    ]);
    expect(shown).not.toContain(world.held.secret);
  });
});
