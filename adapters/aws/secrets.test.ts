import { describe, expect, it } from "vitest";
import { never } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { aws } from "./aws.ts";
import { connectedTo, orderOf, sinkOn } from "./bench.fixture.ts";
import { openAwsEmulator } from "./emulator.ts";
import { jsonFault } from "./emulator-ssm.ts";
import { currentOf } from "./emulator-secrets.ts";

const NAME = "orders/production";

async function world(planted?: string, more: object = {}) {
  const emulator = await openAwsEmulator();
  if (planted !== undefined) emulator.secrets.plant(NAME, planted, Date.now());
  const connection = connectedTo(emulator);
  const held = () => emulator.secrets.secrets.get(NAME);
  const open = () => sinkOn(connection, { secret: { name: NAME, ...more } });
  return {
    emulator,
    held,
    open,
    sink: open(),
    text: () => held()?.versions.get(currentOf(held()) ?? "")?.text,
    /** `AWSCURRENT`, or nothing: by the order in which the versions came. */
    stages: () => [...(held()?.versions.values() ?? [])].map(({ stages }) => [...stages].toSorted().join("+")),
    plant: (text: string) => emulator.secrets.plant(NAME, text, Date.now()),
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

describe("a secret", () => {
  it("is made where it is missing, with the manifest's key", async () => {
    await using bench = await world(undefined, { kmsKey: "alias/orders" });
    const written = await bench.sink.write(orderOf({ ID: "a", KEY: "b" }), never);
    expect([bench.text(), bench.held()?.kmsKey]).toEqual(['{"ID":"a","KEY":"b"}', "alias/orders"]);
    expect(written).toEqual({ version: currentOf(bench.held()), changed: true });
    expect(await bench.sink.settle(written, never)).toEqual({ state: "settled" });
  });

  it("that has no version yet gets its first", async () => {
    await using bench = await world();
    bench.emulator.secrets.secrets.set(NAME, { name: NAME, versions: new Map() });
    expect((await bench.sink.observe(["KEY"], never)).keys).toEqual({ KEY: { present: false } });
    expect(await bench.sink.write(orderOf({ KEY: "one" }), never)).toMatchObject({ changed: true });
    expect([bench.text(), bench.stages()]).toEqual(['{"KEY":"one"}', ["AWSCURRENT"]]);
  });

  it("keeps the version before as AWSPREVIOUS, no stage on hold, and says what stays readable", async () => {
    await using bench = await world('{"KEY":"one"}');
    await bench.sink.write(orderOf({ KEY: "two" }), never);
    expect(bench.stages()).toEqual(["AWSPREVIOUS", "AWSCURRENT"]);
    expect(await bench.sink.residual?.(never)).toMatchObject([{ kind: "PreviousSecretVersion" }]);
    expect(aws.targets("sink", { secret: { name: NAME } })).toEqual({ secret: NAME });
    expect(aws.sinkTraits?.({ secret: { name: NAME } })).toEqual({ grade: "value", atomic: true, conditional: true });
  });

  it("keeps foreign members as they are spelled", async () => {
    const foreign = '"big":12345678901234567890,"float":1.0,"list":[1e3,{"a":null}],"__proto__":"kept","KEY":"one"';
    await using bench = await world(`{ ${foreign} }`);
    await bench.sink.write(orderOf({ KEY: "two" }), never);
    expect(bench.text()).toBe(`{${foreign.replace('"one"', '"two"')}}`);
    expect((await bench.sink.observe(["big", "list", "none"], never)).keys).toMatchObject({
      big: { present: true },
      list: { present: true },
      none: { present: false },
    });
  });

  it.each([
    ["text", "plain-text-canary", "SecretNotJson"],
    ["a list", '["plain-text-canary"]', "SecretNotJson"],
    ["a number", "12345678901234567890", "SecretNotJson"],
    ["an object under an owned name", '{"KEY":{"a":"plain-text-canary"}}', "KeyNotText"],
  ])("that holds %s is left alone, and not shown", async (_title, planted, reason) => {
    await using bench = await world(planted);
    const error = await failure(bench.sink.write(orderOf({ KEY: "two" }), never));
    expect(error).toMatchObject({ name: "Terminal", reason });
    expect(everything(error)).not.toContain("canary");
    expect(bench.text()).toBe(planted);
  });

  it("that somebody else rotates or owns, or that is to be deleted, is refused", async () => {
    for (const [change, reason] of [
      [{ rotates: true }, "SecretManagedElsewhere"],
      [{ owner: "rds" }, "SecretManagedElsewhere"],
      [{ deletedAt: Date.now() }, "SecretNotWritable"],
    ] as const) {
      await using bench = await world('{"KEY":"one"}');
      Object.assign(bench.held() ?? {}, change);
      const error = await failure(bench.sink.write(orderOf({ KEY: "two" }), never));
      expect(error).toMatchObject({ name: "Terminal", reason });
      expect(bench.stages()).toEqual(["AWSCURRENT"]);
    }
  });

  it("larger than AWS takes is refused before it is sent", async () => {
    await using bench = await world();
    const error = await failure(bench.sink.write(orderOf({ KEY: "x".repeat(65_537) }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "SecretRefused" });
    expect(bench.emulator.asked.map(({ action }) => action)).toEqual(["secretsmanager:GetSecretValue"]);
  });

  it.each(["GetSecretValue", "DescribeSecret", "PutSecretValue", "UpdateSecretVersionStage"])(
    "names %s where it lacks, and the secret",
    async (action) => {
      await using bench = await world('{"KEY":"one"}');
      bench.emulator.denied.add(`secretsmanager:${action}`);
      expect(await failure(bench.sink.write(orderOf({ KEY: "two" }), never))).toMatchObject({
        reason: "AccountForbidden",
        message: `AWS does not let Velvet do secretsmanager:${action} on ${NAME}.`,
      });
      expect(bench.text()).toBe('{"KEY":"one"}');
    },
  );
});

describe("a secret: the same write again", () => {
  it.each(["PutSecretValue", "UpdateSecretVersionStage", "CreateSecret"])(
    "is the same version, where the answer to %s was lost",
    async (action) => {
      const isNew = action === "CreateSecret";
      await using bench = await world(isNew ? undefined : '{"KEY":"one"}');
      bench.emulator.arm(`secretsmanager:${action}`, { kind: "reset-after" });
      const error = await failure(bench.sink.write(orderOf({ KEY: "two" }), never));
      expect(error).toMatchObject({ name: "OutcomeUnknown", reason: "ConnectionLost" });
      const { version } = await bench.open().write(orderOf({ KEY: "two" }), never);
      expect([version, bench.text()]).toEqual([currentOf(bench.held()), '{"KEY":"two"}']);
      expect(bench.held()?.versions.size).toBe(isNew ? 1 : 2);
    },
  );

  it("lands late without undoing what was written after it", async () => {
    await using bench = await world('{"KEY":"one"}');
    bench.emulator.arm("secretsmanager:UpdateSecretVersionStage", { kind: "hang", landsAfterMs: 0 });
    await failure(bench.sink.write(orderOf({ KEY: "two" }), AbortSignal.timeout(300)));
    bench.plant('{"KEY":"theirs"}');
    bench.emulator.elapse();
    expect(bench.text()).toBe('{"KEY":"theirs"}');
  });

  it("has an id that only who has the account's key could make of the value", async () => {
    const versions = [];
    for (const _account of [1, 2]) {
      await using bench = await world();
      versions.push((await bench.sink.write(orderOf({ KEY: "1234" }), never)).version);
    }
    expect(versions[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(versions[0]).not.toBe(versions[1]);
  });
});

describe("a secret: two writers", () => {
  /** Somebody writes between the look and the move of the stage. */
  const meddled = async (bench: Awaited<ReturnType<typeof world>>) => {
    bench.emulator.set({
      when: ({ headers }) => headers["x-amz-target"] === "secretsmanager.PutSecretValue",
      mishap: { kind: "twice", landsAfterMs: 0 },
      caught: () => void bench.plant('{"KEY":"one","THEIRS":"kept"}'),
    });
  };

  it.each(["InvalidParameterException", "InvalidRequestException"])("conflict where AWS says %s", async (type) => {
    await using bench = await world('{"KEY":"one"}');
    const { version = "" } = await bench.sink.observe(["KEY"], never);
    const reply = jsonFault(type, "The stage is on another version.");
    bench.emulator.arm("secretsmanager:UpdateSecretVersionStage", { kind: "answer", reply }, { times: 20 });
    const error = await failure(bench.sink.write({ ...orderOf({ KEY: "two" }), ifVersion: version }, never));
    expect(error).toMatchObject({ name: "Transient", reason: "VersionConflict" });
    expect(bench.text()).toBe('{"KEY":"one"}');
  });

  it("conflict where the write depends on the version, and nothing stays on hold", async () => {
    await using bench = await world('{"KEY":"one"}');
    const { version = "" } = await bench.sink.observe(["KEY"], never);
    await meddled(bench);
    const error = await failure(bench.sink.write({ ...orderOf({ KEY: "two" }), ifVersion: version }, never));
    expect(error).toMatchObject({ name: "Transient", reason: "VersionConflict" });
    expect(bench.text()).toBe('{"KEY":"one","THEIRS":"kept"}');
    expect(bench.stages().join(" ")).not.toContain("AWSPENDING");
  });

  it("lose nothing of each other where it does not", async () => {
    await using bench = await world('{"KEY":"one"}');
    await meddled(bench);
    expect(await bench.sink.write(orderOf({ KEY: "two" }), never)).toMatchObject({ changed: true });
    expect(bench.text()).toBe('{"KEY":"two","THEIRS":"kept"}');
  });

  it("are not settled before the stage shows", async () => {
    await using bench = await world('{"KEY":"one"}');
    expect(
      await bench.sink.settle({ version: "11111111-2222-3333-4444-555555555555", changed: true }, never),
    ).toMatchObject({
      state: "pending",
    });
  });
});
