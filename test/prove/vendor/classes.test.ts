import { describe, expect, it } from "vitest";
import { OutcomeUnknown, Terminal } from "../../../adapters/errors.ts";
import { failure, issuerOf, never, newFake, newMarker, orderFor, revealed, START } from "./bench.ts";

const IN_AN_HOUR = new Date(START + 3_600_000).toISOString();
const accepted = (fake: ReturnType<typeof newFake>["fake"]) =>
  fake
    .keys()
    .filter((key) => key.accepted)
    .map((key) => key.id);

describe("a re-readable credential", () => {
  it("is found by its marker and read again after the reply was lost", async () => {
    const { fake } = newFake({ mintClass: "re-readable" });
    const issuer = issuerOf(fake);
    fake.arm([{ kind: "reset-after", label: "issuer.mint", nth: 1 }]);
    const order = await orderFor(fake);
    expect(await failure(issuer.mint(order, never))).toBeInstanceOf(OutcomeUnknown);
    const found = (await issuer.list(never)).find((key) => key.marker === order.marker);
    const value = await issuer.read?.(found?.id ?? "", never);
    expect((await issuer.verify(value ?? {}, never)).liveness).toBe("alive");
  });

  it("is gone at once when it is ended", async () => {
    const { fake } = newFake({ mintClass: "re-readable" });
    await issuerOf(fake).revoke(fake.originalId, never);
    await issuerOf(fake).revoke(fake.originalId, never);
    expect(fake.keys()).toEqual([]);
    expect(await failure(issuerOf(fake).read?.(fake.originalId, never) ?? Promise.resolve())).toBeInstanceOf(Terminal);
  });
});

describe("an unmarked credential", () => {
  it("is listed with a date to the second and without a marker", async () => {
    const { fake } = newFake({ mintClass: "unmarked" });
    const { id } = await issuerOf(fake).mint(await orderFor(fake), never);
    const found = (await issuerOf(fake).list(never)).find((key) => key.id === id);
    expect(found).toEqual({ id, enabled: true, createdAt: "2026-11-21T09:30:00Z" });
  });

  it("has two places, and a disabled one takes one of them", async () => {
    const { fake } = newFake({ mintClass: "unmarked" });
    const issuer = issuerOf(fake);
    const { id } = await issuer.mint(await orderFor(fake), never);
    await issuer.revoke(id, never);
    expect(await failure(issuer.mint(await orderFor(fake), never))).toMatchObject({ reason: "QuotaExhausted" });
    await issuer.destroy(id, never);
    expect((await issuer.mint(await orderFor(fake), never)).id).not.toBe(id);
  });

  it("stands beside what somebody else made", async () => {
    const { fake } = newFake({ mintClass: "unmarked", maxLive: 3 });
    const foreign = fake.mintForeign();
    const order = await orderFor(fake);
    const { id } = await issuerOf(fake).mint(order, never);
    expect(fake.keys().filter((key) => key.ours)).toMatchObject([{ id, madeFor: order.marker }]);
    expect(order.inventory.map((key) => key.id)).toContain(foreign);
  });
});

describe("a credential with a grace of its vendor", () => {
  it("lives on as the one before until its date, and then ends by itself", async () => {
    const { fake, pass } = newFake({ mintClass: "native-grace", graceKeeps: "last" });
    const issuer = issuerOf(fake);
    const { id } = await issuer.mint({ ...(await orderFor(fake)), graceUntil: IN_AN_HOUR }, never);
    expect(id).toBe("service-token@2");
    expect(await issuer.list(never)).toMatchObject([{ id }, { id: fake.originalId, expiresAt: IN_AN_HOUR }]);
    expect(fake.nextMoment()).toBe(START + 3_600_000);
    pass(3_599_999);
    expect(fake.outages).toEqual([]);
    pass(1);
    expect(accepted(fake)).toEqual([id]);
    expect(fake.outages).toEqual([{ consumer: "app", at: START + 3_600_000, deed: "vendor.ended service-token@1" }]);
  });

  it("dies at the second rotate where only the last one is kept", async () => {
    const { fake } = newFake({ mintClass: "native-grace", graceKeeps: "last" });
    const issuer = issuerOf(fake);
    await issuer.mint({ ...(await orderFor(fake)), graceUntil: IN_AN_HOUR }, never);
    expect(fake.outages).toEqual([]);
    await issuer.mint({ ...(await orderFor(fake)), graceUntil: IN_AN_HOUR }, never);
    expect(accepted(fake)).toEqual(["service-token@2", "service-token@3"]);
    expect(fake.outages).toMatchObject([{ consumer: "app", deed: "issuer.mint service-token@3" }]);
  });

  it("lives through a second rotate where all are kept", async () => {
    const { fake } = newFake({ mintClass: "native-grace", graceKeeps: "all" });
    for (const _ of [1, 2]) {
      await issuerOf(fake).mint({ ...(await orderFor(fake)), graceUntil: IN_AN_HOUR }, never);
    }
    expect(accepted(fake)).toHaveLength(3);
    expect(fake.outages).toEqual([]);
  });

  it("dies at the rotate that names no date", async () => {
    const { fake } = newFake({ mintClass: "native-grace" });
    await issuerOf(fake).mint(await orderFor(fake), never);
    expect(fake.outages).toHaveLength(1);
  });

  it("has a date that can be moved while it lives, both ways", async () => {
    const { fake, pass } = newFake({ mintClass: "native-grace" });
    const issuer = issuerOf(fake);
    const { id } = await issuer.mint({ ...(await orderFor(fake)), graceUntil: IN_AN_HOUR }, never);
    const move = async (key: string, at: number) => issuer.moveGrace?.(key, new Date(at).toISOString(), never);
    await move(fake.originalId, START + 7_200_000);
    pass(3_600_001);
    expect(fake.outages).toEqual([]);
    expect(await failure(move(id, START) ?? Promise.resolve())).toBeInstanceOf(Terminal);
    await move(fake.originalId, START);
    expect(fake.outages).toHaveLength(1);
    expect(await failure(move(fake.originalId, START + 9_000_000))).toMatchObject({ reason: "AlreadyGone" });
  });

  it("ends one by one from the oldest", async () => {
    const { fake } = newFake({ mintClass: "native-grace" });
    const issuer = issuerOf(fake);
    const { id } = await issuer.mint({ ...(await orderFor(fake)), graceUntil: IN_AN_HOUR }, never);
    expect(await failure(issuer.revoke(id, never))).toBeInstanceOf(Terminal);
    await issuer.revoke(fake.originalId, never);
    await issuer.revoke(fake.originalId, never);
    expect(accepted(fake)).toEqual([id]);
    await issuer.revoke(id, never);
    expect(accepted(fake)).toEqual([]);
  });
});

describe("a credential that is rolled in place", () => {
  it("is dead in its old value at the mint, and has another generation", async () => {
    const { fake } = newFake({ mintClass: "roll-in-place", strategy: "Replace" });
    const { id } = await issuerOf(fake).mint(await orderFor(fake), never);
    expect(id).toBe("rolled-token@2");
    expect(accepted(fake)).toEqual([id]);
    expect(fake.outages).toHaveLength(1);
    expect(fake.credential.rotation).toMatchObject({ strategy: "Replace", acceptsDowntime: true });
    await issuerOf(fake).revoke(fake.originalId, never);
    expect(accepted(fake)).toEqual([id]);
  });
});

describe("a credential that its vendor distributes", () => {
  it("is triggered, and written by the vendor a little later", async () => {
    const { fake, pass } = newFake({ mintClass: "vendor-distributed" });
    const issuer = issuerOf(fake);
    const { id, value } = await issuer.mint(await orderFor(fake), never);
    expect(fake.heldBy("app")).toBe(fake.originalId);
    expect(revealed((await issuer.read?.(id, never)) ?? {})).toEqual(revealed(value));
    pass(5_000);
    expect(fake.heldBy("app")).toBe(id);
    expect(fake.heldBy("custody")).toBe(fake.originalId);
    expect(await issuer.list(never)).toMatchObject([{ id }, { id: fake.originalId }]);
    pass(30 * 60_000);
    expect(accepted(fake)).toEqual([id]);
    expect(fake.outages).toEqual([]);
  });

  it("is written by nobody else", async () => {
    const { fake, pass } = newFake({ mintClass: "vendor-distributed" });
    const { value } = await issuerOf(fake).mint(await orderFor(fake), never);
    const order = { keys: { TOKEN: value["value"]?.reveal() ?? null } };
    const early = await fake.handle("sink.write", { target: "app", order }, never);
    expect(early).toMatchObject({ error: { name: "Terminal", reason: "RequestRefused" } });
    pass(5_000);
    const late = await fake.handle("sink.write", { target: "app", order }, never);
    expect(late).toMatchObject({ value: { changed: false } });
  });
});

describe("a credential without an API", () => {
  it("is made and ended by a person", async () => {
    const { fake } = newFake({ mintClass: "manual" });
    const issuer = issuerOf(fake);
    expect(await failure(issuer.mint({ marker: newMarker(), inventory: [] }, never))).toBeInstanceOf(Terminal);
    const value = fake.mintByHand();
    expect(fake.canaries).toContain(value["value"]);
    expect(accepted(fake)).toHaveLength(2);
    expect(await failure(issuer.revoke(fake.originalId, never))).toBeInstanceOf(Terminal);
    fake.revokeByHand(fake.originalId);
    expect(accepted(fake)).toHaveLength(1);
  });
});
