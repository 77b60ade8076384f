import { describe, expect, it } from "vitest";
import { OutcomeUnknown, Terminal, Transient } from "../../../adapters/errors.ts";
import { Secret } from "../../../adapters/secret.ts";
import type { ConsumerSetup } from "../api.ts";
import type { Bench } from "./bench.ts";
import { failure, issuerOf, never, newFake, orderFor, sinkOf } from "./bench.ts";

/** A markable credential with one consumer, and a second one minted beside the first. */
async function minted(consumer: Omit<ConsumerSetup, "id">, setup: { fields?: readonly string[] } = {}) {
  const bench: Bench = newFake({ mintClass: "markable", consumers: [{ id: "app", ...consumer }], ...setup });
  const { id, value } = await issuerOf(bench.fake).mint(await orderFor(bench.fake), never);
  const keys = Object.fromEntries(
    (bench.fake.credential.consumers[0]?.keys ?? []).map(({ field, name }) => [name, value[field] ?? null]),
  );
  return { ...bench, id, keys, sink: sinkOf(bench.fake, "app") };
}

const version = async (sink: ReturnType<typeof sinkOf>) => (await sink.observe(["TOKEN"], never)).version ?? "none";

describe("a sink that compares versions", () => {
  it("refuses a write against an older version", async () => {
    const { fake, sink, keys, id } = await minted({ sink: "cas" });
    const old = await version(sink);
    expect(await sink.write({ keys, ifVersion: old }, never)).toMatchObject({ changed: true });
    expect(fake.heldBy("app")).toBe(id);
    const other = { TOKEN: Secret.from("another") };
    const error = await failure(sink.write({ keys: other, ifVersion: old }, never));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ reason: "VersionConflict" });
  });

  it("writes nothing where nothing changes", async () => {
    const { sink, keys } = await minted({ sink: "cas" });
    const { version: written } = await sink.write({ keys }, never);
    expect(await sink.write({ keys }, never)).toEqual({ changed: false, version: written });
  });

  it("refuses a late write that was made against an older version", async () => {
    const { fake, pass, sink, keys } = await minted({ sink: "cas" });
    const ifVersion = await version(sink);
    fake.arm([{ kind: "hang", label: "sink.write", nth: 1, landsAfterMs: 60_000 }]);
    const old = (await sink.observe(["TOKEN"], never)).keys["TOKEN"]?.value ?? null;
    expect(await failure(sink.write({ keys, ifVersion }, never))).toBeInstanceOf(OutcomeUnknown);
    await sink.write({ keys, ifVersion }, never);
    await sink.write({ keys: { TOKEN: old } }, never);
    pass(60_000);
    expect(fake.heldBy("app")).toBe(fake.originalId);
    expect(fake.history.at(-1)).toMatchObject({
      label: "sink.write",
      outcome: "refused",
      note: "late: VersionConflict",
    });
  });
});

describe("a sink where the last write wins", () => {
  it("takes a late write over a newer one", async () => {
    const { fake, pass, sink, keys, id } = await minted({ sink: "readable" });
    const old = (await sink.observe(["TOKEN"], never)).keys["TOKEN"]?.value ?? null;
    fake.arm([{ kind: "hang", label: "sink.write", nth: 1, landsAfterMs: 60_000 }]);
    expect(await failure(sink.write({ keys: { TOKEN: old } }, never))).toBeInstanceOf(OutcomeUnknown);
    await sink.write({ keys }, never);
    expect(fake.heldBy("app")).toBe(id);
    pass(60_000);
    expect(fake.heldBy("app")).toBe(fake.originalId);
  });

  it("leaves keys alone that are not named", async () => {
    const { sink } = await minted({ sink: "readable" });
    await sink.write({ keys: { OTHER: Secret.from("x") } }, never);
    const seen = await sink.observe(["TOKEN", "OTHER"], never);
    expect(seen.keys).toMatchObject({ TOKEN: { present: true }, OTHER: { present: true } });
    await sink.write({ keys: { OTHER: null } }, never);
    expect((await sink.observe(["OTHER"], never)).keys["OTHER"]).toEqual({ present: false });
  });
});

describe("a sink that shows no value", () => {
  it("shows a version and a date, or only names", async () => {
    const dated = await minted({ sink: "versioned" });
    const before = await version(dated.sink);
    await dated.sink.write({ keys: dated.keys }, never);
    const seen = await dated.sink.observe(["TOKEN"], never);
    expect(seen).toMatchObject({ keys: { TOKEN: { present: true } } });
    expect(seen.keys["TOKEN"]?.value).toBeUndefined();
    expect(seen.version).not.toBe(before);
    const named = await minted({ sink: "write-only" });
    expect(await named.sink.observe(["TOKEN"], never)).toEqual({ keys: { TOKEN: { present: true } } });
  });

  it("is torn when only the first of its keys was sent", async () => {
    const { fake, sink, keys } = await minted({ sink: "versioned" }, { fields: ["id", "secret"] });
    fake.arm([{ kind: "reset-after", label: "sink.write", nth: 1, keys: 1 }]);
    expect(await failure(sink.write({ keys }, never))).toBeInstanceOf(OutcomeUnknown);
    expect(fake.heldBy("app")).toBeUndefined();
    expect(fake.outages).toEqual([]);
    await issuerOf(fake).revoke(fake.originalId, never);
    expect(fake.outages).toMatchObject([{ consumer: "app" }]);
  });
});

describe("a sink with a release", () => {
  it("shows and serves the old value until the release is done", async () => {
    const { fake, pass, sink, keys, id } = await minted({ sink: "settling" });
    const written = await sink.write({ keys }, never);
    expect(await sink.settle(written, never)).toMatchObject({ state: "pending" });
    expect(fake.heldBy("app")).toBe(fake.originalId);
    pass(2_000);
    expect(await sink.settle(written, never)).toEqual({ state: "settled" });
    expect(fake.heldBy("app")).toBe(id);
  });

  it("says that a release failed, and takes the write up when it comes again", async () => {
    const { fake, pass, sink, keys, id } = await minted({ sink: "settling" });
    fake.arm([{ kind: "unsettled", target: "app", nth: 1 }]);
    const written = await sink.write({ keys }, never);
    pass(2_000);
    expect(await sink.settle(written, never)).toMatchObject({ state: "failed", reason: "ReleaseFailed" });
    expect(await sink.write({ keys }, never)).toMatchObject({ changed: true });
    pass(2_000);
    expect(fake.heldBy("app")).toBe(id);
  });

  it("writes even what it shows already while another release is on its way", async () => {
    const { fake, pass, sink, keys } = await minted({ sink: "settling" });
    const old = (await sink.observe(["TOKEN"], never)).keys["TOKEN"]?.value ?? null;
    await sink.write({ keys }, never);
    pass(500);
    expect(await sink.write({ keys: { TOKEN: old } }, never)).toMatchObject({ changed: true });
    pass(1_500);
    expect(fake.heldBy("app")).not.toBe(fake.originalId);
    pass(500);
    expect(fake.heldBy("app")).toBe(fake.originalId);
  });
});

describe("a sink where somebody approves", () => {
  it("takes a write up only then", async () => {
    const { fake, pass, sink, keys, id } = await minted({ sink: "approval" });
    const written = await sink.write({ keys }, never);
    pass(86_400_000);
    expect(await sink.settle(written, never)).toMatchObject({ state: "pending" });
    fake.approve("app");
    expect(await sink.settle(written, never)).toEqual({ state: "settled" });
    expect(fake.heldBy("app")).toBe(id);
  });

  it("says that a change was turned down", async () => {
    const { fake, sink, keys } = await minted({ sink: "approval" });
    fake.arm([{ kind: "unsettled", target: "app", nth: 1 }]);
    const written = await sink.write({ keys }, never);
    fake.approve("app");
    expect(await sink.settle(written, never)).toMatchObject({ state: "failed" });
    expect(fake.heldBy("app")).toBe(fake.originalId);
  });
});

describe("any sink", () => {
  it("is gone where the vendor knows no such target", async () => {
    const { fake } = newFake({ mintClass: "markable" });
    expect(await failure(sinkOf(fake, "nowhere").observe(["TOKEN"], never))).toBeInstanceOf(Terminal);
  });
});
