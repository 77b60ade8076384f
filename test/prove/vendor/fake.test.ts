import { describe, expect, it } from "vitest";
import { OutcomeUnknown, Terminal, Transient } from "../../../adapters/errors.ts";
import { failure, issuerOf, never, newFake, newMarker, orderFor, revealed } from "./bench.ts";

describe("a value that we choose", () => {
  it("is minted once by the same order again", async () => {
    const { fake } = newFake({ mintClass: "client-supplied" });
    const order = await orderFor(fake);
    const first = await issuerOf(fake).mint(order, never);
    const again = await issuerOf(fake).mint(order, never);
    expect(again.id).toBe(first.id);
    expect(revealed(again.value)).toEqual(revealed(order.proposed ?? {}));
    expect(fake.keys().filter((key) => key.ours)).toHaveLength(1);
  });

  it("is not brought back by its order after it was ended", async () => {
    const { fake } = newFake({ mintClass: "client-supplied" });
    const order = await orderFor(fake);
    const { id } = await issuerOf(fake).mint(order, never);
    await issuerOf(fake).revoke(id, never);
    expect(await failure(issuerOf(fake).mint(order, never))).toMatchObject({ name: "Terminal", reason: "SlotChanged" });
  });

  it("is known to be searched for before the vendor hears of it", async () => {
    const { fake } = newFake({ mintClass: "client-supplied" });
    const { proposed } = await orderFor(fake);
    expect(fake.canaries).toContain(proposed?.["value"]?.reveal());
  });

  it("takes the idle one of two slots, and its id is slot and generation", async () => {
    const { fake } = newFake({ mintClass: "client-supplied", maxLive: 2, fields: ["user", "password"] });
    const order = await orderFor(fake);
    const { id, value } = await issuerOf(fake).mint(order, never);
    expect(fake.originalId).toBe("slot_a@0");
    expect(id).toBe(`slot_b@${order.marker.slice(-36)}`);
    expect(revealed(value)["user"]).toBe("slot_b");
  });

  it("does not touch a slot that changed since the order was made", async () => {
    const { fake } = newFake({ mintClass: "client-supplied", maxLive: 2 });
    const late = await orderFor(fake);
    const { id } = await issuerOf(fake).mint(await orderFor(fake), never);
    const error = await failure(issuerOf(fake).mint(late, never));
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({ reason: "SlotChanged" });
    expect(fake.keys().find((key) => key.id === id)?.accepted).toBe(true);
  });

  it("finds no slot while both may be in use", async () => {
    const { fake } = newFake({ mintClass: "client-supplied", maxLive: 2 });
    await issuerOf(fake).mint(await orderFor(fake), never);
    expect(await failure(orderFor(fake))).toMatchObject({ name: "Terminal", reason: "SlotBusy" });
  });

  it("leaves what took a slot alone when the id from before is ended", async () => {
    const { fake } = newFake({ mintClass: "client-supplied", maxLive: 2 });
    const issuer = issuerOf(fake);
    const first = await issuer.mint(await orderFor(fake), never);
    await issuer.destroy(first.id, never);
    const second = await issuer.mint(await orderFor(fake), never);
    await issuer.revoke(first.id, never);
    await issuer.destroy(first.id, never);
    expect(fake.keys().find((key) => key.id === second.id)?.accepted).toBe(true);
  });

  it("is decided by its acceptors where no vendor is", async () => {
    const { fake } = newFake({
      mintClass: "client-supplied",
      authority: "acceptors",
      consumers: [
        { id: "server", sink: "cas", role: "acceptor", twoSlots: true },
        { id: "client", sink: "readable" },
      ],
    });
    const { id } = await issuerOf(fake).mint(await orderFor(fake), never);
    expect(fake.keys()).toMatchObject([{ id: fake.originalId, accepted: true, ours: false }]);
    fake.plant("client", id);
    expect(fake.outages).toMatchObject([{ consumer: "client" }]);
    expect(await issuerOf(fake).revoke(fake.originalId, never)).toMatchObject([{ kind: "AcceptorsKeepOldValue" }]);
  });
});

describe("a markable credential", () => {
  it("is listed with the end of its marker, which holds the attempt", async () => {
    const { fake } = newFake({ mintClass: "markable" });
    const order = await orderFor(fake);
    const { id } = await issuerOf(fake).mint(order, never);
    const listed = (await issuerOf(fake).list(never)).find((key) => key.id === id);
    expect(listed?.marker).toHaveLength(64);
    expect(order.marker.endsWith(listed?.marker ?? "none")).toBe(true);
    expect(listed?.marker).toContain(order.marker.slice(-36));
  });

  it("lands late, after its caller gave up", async () => {
    const { fake, pass } = newFake({ mintClass: "markable" });
    fake.arm([{ kind: "hang", label: "issuer.mint", nth: 1, landsAfterMs: 60_000 }]);
    fake.by = "a";
    expect(await failure(issuerOf(fake).mint(await orderFor(fake), never))).toBeInstanceOf(OutcomeUnknown);
    fake.by = "b";
    expect(await issuerOf(fake).list(never)).toHaveLength(1);
    pass(50_001);
    expect(await issuerOf(fake).list(never)).toHaveLength(2);
    expect(fake.history.filter((deed) => deed.label === "issuer.mint")).toMatchObject([
      { outcome: "lost", by: "a" },
      { outcome: "late", by: "a" },
    ]);
  });

  it("never lands where the request was lost", async () => {
    const { fake, pass } = newFake({ mintClass: "markable" });
    fake.arm([{ kind: "hang", label: "issuer.mint", nth: 1 }]);
    expect(await failure(issuerOf(fake).mint(await orderFor(fake), never))).toBeInstanceOf(OutcomeUnknown);
    pass(86_400_000);
    expect(fake.keys()).toHaveLength(1);
    expect(fake.nextMoment()).toBeUndefined();
  });

  it("may be made twice by one request", async () => {
    const { fake, pass } = newFake({ mintClass: "markable" });
    fake.arm([{ kind: "twice", label: "issuer.mint", nth: 1, landsAfterMs: 1_000 }]);
    const order = await orderFor(fake);
    await issuerOf(fake).mint(order, never);
    pass(1_000);
    const ours = (await issuerOf(fake).list(never)).filter(({ marker }) => marker && order.marker.endsWith(marker));
    expect(ours).toHaveLength(2);
  });

  it("is disabled before it is destroyed, and can be brought back between", async () => {
    const { fake } = newFake({ mintClass: "markable" });
    const issuer = issuerOf(fake);
    const { id, value } = await issuer.mint({ marker: newMarker(), inventory: [] }, never);
    await issuer.revoke(id, never);
    expect((await issuer.verify(value, never)).liveness).toBe("dead");
    expect(await issuer.identify(value, never)).toBe(id);
    await issuer.restore?.(id, never);
    expect((await issuer.verify(value, never)).liveness).toBe("alive");
    await issuer.destroy(id, never);
    expect(await issuer.identify(value, never)).toBeUndefined();
    expect(await failure(issuer.restore?.(id, never) ?? Promise.resolve())).toBeInstanceOf(Terminal);
  });

  it("is refused by a quota before anything is made", async () => {
    const { fake } = newFake({ mintClass: "markable", maxLive: 1 });
    const error = await failure(issuerOf(fake).mint(await orderFor(fake), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "QuotaExhausted" });
  });

  it("is accepted and listed only after a while", async () => {
    const { fake, pass } = newFake({ mintClass: "markable", propagationMs: 3_000, listLagMs: 5_000 });
    const { value } = await issuerOf(fake).mint(await orderFor(fake), never);
    expect((await issuerOf(fake).verify(value, never)).liveness).toBe("dead");
    pass(3_000);
    expect((await issuerOf(fake).verify(value, never)).liveness).toBe("alive");
    expect(await issuerOf(fake).list(never)).toHaveLength(0);
    pass(2_000);
    expect(await issuerOf(fake).list(never)).toHaveLength(2);
  });
});

describe("what a caller is told", () => {
  it("is unknown of a mint and passing of all else when the vendor is busy", async () => {
    const { fake } = newFake({ mintClass: "markable" });
    const issuer = issuerOf(fake);
    fake.arm([
      { kind: "busy", label: "issuer.mint", nth: 1, status: 429, retryAfterMs: 5_000 },
      { kind: "busy", label: "issuer.list", nth: 2, status: 503, retryAfterMs: 7_000 },
      { kind: "busy", label: "issuer.verify", nth: 1, status: 429, retryAfterMs: 9_000 },
    ]);
    expect(await failure(issuer.mint(await orderFor(fake), never))).toBeInstanceOf(OutcomeUnknown);
    const error = await failure(issuer.list(never));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ retryAfterMs: 7_000, facts: { status: 503 } });
    expect(await issuer.verify({}, never)).toMatchObject({ liveness: "inconclusive", retryAfterMs: 9_000 });
  });

  it("is a definite no for a documented refusal", async () => {
    const { fake } = newFake({ mintClass: "markable" });
    fake.arm([{ kind: "refuse", label: "issuer.mint", nth: 1, status: 403 }]);
    expect(await failure(issuerOf(fake).mint(await orderFor(fake), never))).toMatchObject({
      name: "Terminal",
      reason: "AccountForbidden",
      facts: { vendor: "fake", status: 403 },
    });
    expect(fake.keys()).toHaveLength(1);
  });

  it("is the same whether a mint was lost before or after it happened", async () => {
    const { fake } = newFake({ mintClass: "markable" });
    fake.arm([
      { kind: "reset-before", label: "issuer.mint", nth: 1 },
      { kind: "reset-after", label: "issuer.mint", nth: 2 },
    ]);
    const order = await orderFor(fake);
    const [before, after] = [
      await failure(issuerOf(fake).mint(order, never)),
      await failure(issuerOf(fake).mint(order, never)),
    ];
    expect(before).toEqual(after);
    expect(before).toBeInstanceOf(OutcomeUnknown);
    expect(fake.keys()).toHaveLength(2);
  });

  it("is that nothing was sent when it had given up before", async () => {
    const { fake } = newFake({ mintClass: "markable" });
    const order = await orderFor(fake);
    expect(await failure(issuerOf(fake).mint(order, AbortSignal.abort()))).toBeInstanceOf(Transient);
    expect(fake.keys()).toHaveLength(1);
  });
});
