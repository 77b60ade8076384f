import { describe, expect, it } from "vitest";
import { never, newMarker, order } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { OutcomeUnknown, Terminal } from "../errors.ts";
import { arrange, NAME, tokenValue } from "./emulator-bench.fixture.ts";

async function rolled() {
  const arranged = await arrange();
  const held = arranged.emulator.plant("user", NAME, ["zoneRead"]);
  const issuer = arranged.issuer({ userToken: { name: NAME, roll: true } });
  return { ...arranged, held, issuer, value: tokenValue(held) };
}

describe("a roll", () => {
  it("ends the old value at once, in the same token, and says by the name which roll it was", async () => {
    await using world = await rolled();
    const policies = structuredClone(world.held.policies);
    const next = await order(world.issuer, world.value);
    const minted = await world.issuer.mint(next, never);
    expect(world.issuer.traits).toMatchObject({ mintClass: "roll-in-place" });
    expect(next.currentId).toBe(`${world.held.id}@0`);
    expect(minted.id).toBe(`${world.held.id}@${next.marker.slice(-36)}`);
    expect(await world.issuer.verify(world.value, never)).toMatchObject({ liveness: "dead" });
    expect(await world.issuer.verify(minted.value, never)).toMatchObject({ liveness: "alive" });
    expect(await world.issuer.identify(world.value, never)).toBeUndefined();
    expect(world.emulator.keys().length).toBe(2);
    const bare = (all: typeof policies) =>
      all.map(({ effect, resources, permission_groups }) => [effect, resources, permission_groups]);
    expect(bare(world.held.policies)).toEqual(bare(policies));
  });

  it("leaves the new value alone when the id of the old one is ended", async () => {
    await using world = await rolled();
    const first = await order(world.issuer, world.value);
    const one = await world.issuer.mint(first, never);
    const two = await world.issuer.mint(await order(world.issuer, one.value), never);
    for (const id of [first.currentId ?? "", one.id]) {
      await world.issuer.revoke(id, never);
      await world.issuer.destroy(id, never);
    }
    expect(await world.issuer.verify(two.value, never)).toMatchObject({ liveness: "alive" });
    expect(await failure(world.issuer.restore?.(one.id, never) ?? Promise.resolve())).toMatchObject({
      reason: "RetiredIdGone",
    });
  });

  it("of a token that was disabled brings back the token and not its old value", async () => {
    await using world = await rolled();
    const next = await order(world.issuer, world.value);
    await world.issuer.revoke(next.currentId ?? "", never);
    const minted = await world.issuer.mint(next, never);
    expect(await world.issuer.verify(minted.value, never)).toMatchObject({ liveness: "alive" });
    expect(world.emulator.isAlive(world.value["value"]?.reveal() ?? "")).toBe(false);
  });

  it("is not made of a token that has expired, because it would stay so", async () => {
    await using world = await rolled();
    world.held.expiresOn = Date.now() - 1_000;
    const next = await order(world.issuer, world.value);
    expect(await failure(world.issuer.mint(next, never))).toMatchObject({
      name: "Terminal",
      reason: "ApiTokenExpired",
    });
    expect(world.held.value).toBe(world.value["value"]?.reveal());
  });

  it("changes nothing where it is refused", async () => {
    await using world = await rolled();
    const next = await order(world.issuer, world.value);
    const body = { success: false, errors: [{ code: 1001, message: "no" }], messages: [], result: null };
    world.emulator.api.set({ path: /value$/, mishap: { kind: "answer", reply: { status: 400, body } } });
    expect(await failure(world.issuer.mint(next, never))).toBeInstanceOf(Terminal);
    expect(world.held.name).toBe(NAME);
    expect(await world.issuer.identify(world.value, never)).toBe(`${world.held.id}@0`);
  });

  it.each([
    ["the roll", /value$/],
    ["the new name", /tokens\/[0-9a-f]{32}$/],
  ])("is unknown where the answer to %s is lost, and can be made again", async (_title, path) => {
    await using world = await rolled();
    const next = await order(world.issuer, world.value);
    world.emulator.api.set({ method: "PUT", path, mishap: { kind: "reset-after" } });
    const error = await failure(world.issuer.mint(next, never));
    expect(error).toBeInstanceOf(OutcomeUnknown);
    expect(everything(error)).not.toContain(world.held.value);
    const inventory = await world.issuer.list(never);
    const again = {
      marker: newMarker(),
      inventory,
      ...(next.currentId === undefined ? {} : { currentId: next.currentId }),
    };
    const minted = await world.issuer.mint(again, never);
    expect(await world.issuer.verify(minted.value, never)).toMatchObject({ liveness: "alive" });
    expect((await world.issuer.list(never)).map(({ id }) => id)).toEqual([minted.id]);
  });

  it.each([403, 404, 429])(
    "is unknown where the new name is refused with %s: the value is another one by then",
    async (status) => {
      await using world = await rolled();
      const next = await order(world.issuer, world.value);
      const body = { success: false, errors: [{ code: 1001, message: "no" }], messages: [], result: null };
      world.emulator.api.set({
        method: "PUT",
        path: /tokens\/[0-9a-f]{32}$/,
        mishap: { kind: "answer", reply: { status, body } },
      });
      expect(await failure(world.issuer.mint(next, never))).toMatchObject({
        name: "OutcomeUnknown",
        reason: "ApiTokenNotRenamed",
        facts: { status },
      });
      expect(world.emulator.isAlive(world.value["value"]?.reveal() ?? "")).toBe(false);
    },
  );

  it("leaves no value in what Cloudflare records", async () => {
    await using world = await rolled();
    const minted = await world.issuer.mint(await order(world.issuer, world.value), never);
    const value = minted.value["value"]?.reveal() ?? "none";
    const { state, api } = world.emulator;
    expect(JSON.stringify([state.audit, api.seen])).toContain("rolled");
    expect(JSON.stringify([state.audit, api.seen])).not.toContain(value);
  });
});
