import { describe, expect, it } from "vitest";
import { never } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { aws } from "./aws.ts";
import { connectedTo, orderOf, sinkOn } from "./bench.fixture.ts";
import { type AwsEmulatorOptions, openAwsEmulator } from "./emulator.ts";
import { jsonFault } from "./emulator-ssm.ts";

const BLOCK = { path: "/orders/production" };
const SOMEBODY = "arn:aws:iam::123456789012:user/somebody";

async function world(more: object = {}, options: AwsEmulatorOptions = {}) {
  const emulator = await openAwsEmulator(options);
  const connection = connectedTo(emulator);
  const puts = () => emulator.asked.filter(({ action }) => action === "ssm:PutParameter").length;
  return {
    emulator,
    ssm: emulator.ssm,
    puts,
    sink: sinkOn(connection, { parameters: { ...BLOCK, ...more } }),
    get: (key: string) => emulator.ssm.parameters.get(`${BLOCK.path}/${key}`),
    plant: (key: string, request: object) =>
      emulator.ssm.put(
        { Name: `${BLOCK.path}/${key}`, Value: "old", Type: "SecureString", Overwrite: true, ...request },
        Date.now(),
        SOMEBODY,
      ),
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

describe("parameters", () => {
  it("are encrypted by default, one for each key, made where they are missing", async () => {
    await using bench = await world();
    const written = await bench.sink.write(orderOf({ KEY_ID: "a", KEY: "b" }), never);
    expect(written).toEqual({ version: "KEY@1,KEY_ID@1", changed: true });
    expect([...bench.ssm.parameters.keys()]).toEqual(["/orders/production/KEY_ID", "/orders/production/KEY"]);
    expect(bench.get("KEY")).toMatchObject({ type: "SecureString", versions: [{ keyId: "alias/aws/ssm" }] });
    expect(await bench.sink.settle(written, never)).toEqual({ state: "settled" });
  });

  it("keep the key and the tier that people gave them, unless the manifest says otherwise", async () => {
    await using bench = await world();
    bench.plant("KEY", { KeyId: "alias/orders", Tier: "Advanced" });
    await bench.sink.write(orderOf({ KEY: "x".repeat(5_000) }), never);
    expect(bench.get("KEY")).toMatchObject({ tier: "Advanced", versions: [{}, { keyId: "alias/orders" }] });
    await using other = await world({ kmsKey: "alias/orders", tier: "Intelligent-Tiering" });
    await other.sink.write(orderOf({ KEY: "new" }), never);
    expect(other.get("KEY")).toMatchObject({ tier: "Intelligent-Tiering", versions: [{ keyId: "alias/orders" }] });
  });

  it.each([
    ["ssm:PutParameter", "/orders/production/KEY"],
    ["ssm:GetParameters", "/orders/production"],
    ["ssm:DescribeParameters", "/orders/production"],
  ])("name %s where it lacks, and the path", async (action, on) => {
    await using bench = await world();
    bench.emulator.denied.add(action);
    expect(await failure(bench.sink.write(orderOf({ KEY: "new" }), never))).toMatchObject({
      name: "Terminal",
      reason: "AccountForbidden",
      message: `AWS does not let Velvet do ${action} on ${on}.`,
      remedy: expect.stringContaining(`Allow ${action}`),
      facts: { vendor: "aws", operation: action, status: 400, code: "AccessDenied" },
    });
  });

  it("name the action of KMS where that is what lacks", async () => {
    await using bench = await world();
    const message = "User: x is not authorized to perform: kms:GenerateDataKey on resource: y";
    bench.emulator.arm("ssm:PutParameter", { kind: "answer", reply: jsonFault("AccessDeniedException", message) });
    expect(await failure(bench.sink.write(orderOf({ KEY: "new" }), never))).toMatchObject({
      message: "AWS does not let Velvet do kms:GenerateDataKey on /orders/production/KEY.",
    });
  });

  it("of another type are refused before any of the keys is written", async () => {
    await using bench = await world();
    bench.plant("SECOND", { Type: "String" });
    const error = await failure(bench.sink.write(orderOf({ FIRST: "a", SECOND: "b" }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "ParameterTypeDiffers" });
    expect([bench.puts(), bench.get("FIRST")]).toEqual([0, undefined]);
    await using plain = await world({ type: "String" });
    plain.plant("SECOND", { Type: "String" });
    await plain.sink.write(orderOf({ SECOND: "b" }), never);
    expect(plain.get("SECOND")?.versions.at(-1)).toMatchObject({ value: "b", keyId: undefined });
  });

  it.each([
    ["an unusable key", { kmsKey: "alias/gone" }, "new", "KmsKeyUnusable"],
    ["a value that is too large for the tier", {}, "x".repeat(4_097), "ParameterRefused"],
    ["a value that is too large for every tier", {}, "x".repeat(8_193), "ParameterValueRefused"],
    ["an empty value", {}, "", "ParameterValueRefused"],
    ["a value with a reference in it", {}, "a {{ssm:other}} b", "ParameterValueRefused"],
  ])("refuse %s without showing it", async (_title, more, value, reason) => {
    await using bench = await world(more);
    const error = await failure(bench.sink.write(orderOf({ KEY: value }), never));
    expect(error).toMatchObject({ name: "Terminal", reason });
    expect(everything(error)).not.toContain(value === "" ? "no such text" : value);
  });

  it("are throttled as AWS counts, and say so as something that passes", async () => {
    await using bench = await world({}, { ssmPerSecond: 2 });
    const seen = await Promise.allSettled(Array.from({ length: 6 }, async () => bench.sink.observe(["A"], never)));
    const refused = seen.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    expect(refused.length).toBeGreaterThan(1);
    for (const error of refused) expect(error).toMatchObject({ name: "Transient", reason: "RateLimited" });
  });

  it("are read ten at a time", async () => {
    await using bench = await world();
    const values = Object.fromEntries(Array.from({ length: 12 }, (_unused, index) => [`K${index}`, `v${index}`]));
    await bench.sink.write(orderOf(values), never);
    const seen = await bench.sink.observe(Object.keys(values), never);
    expect(Object.entries(seen.keys).map(([key, held]) => [key, held.value?.reveal()])).toEqual(Object.entries(values));
  });

  it("whose answer was lost are unknown, and the same order again writes nothing more", async () => {
    await using bench = await world();
    bench.emulator.arm("ssm:PutParameter", { kind: "reset-after" });
    expect(await failure(bench.sink.write(orderOf({ KEY: "new" }), never))).toMatchObject({ name: "OutcomeUnknown" });
    expect(await bench.sink.write(orderOf({ KEY: "new" }), never)).toEqual({ version: "KEY@1", changed: false });
    expect(bench.get("KEY")?.versions.length).toBe(1);
  });

  it("settle when the store shows the version that was written, and not before", async () => {
    await using bench = await world();
    await bench.sink.write(orderOf({ KEY: "new" }), never);
    expect(await bench.sink.settle({ version: "KEY@2", changed: true }, never)).toMatchObject({ state: "pending" });
    bench.plant("KEY", {});
    expect(await bench.sink.settle({ version: "KEY@2", changed: true }, never)).toEqual({ state: "settled" });
    expect(await bench.sink.settle({ version: "", changed: false }, never)).toEqual({ state: "settled" });
  });

  it("tell that older versions stay readable, and which path and key an account must allow", async () => {
    await using bench = await world();
    expect(await bench.sink.residual?.(never)).toMatchObject([{ kind: "ParameterHistory" }]);
    const block = { parameters: { ...BLOCK, kmsKey: "alias/orders" } };
    expect(aws.targets("sink", block)).toEqual({ path: "/orders/production", kmsKey: "alias/orders" });
    expect(aws.sinkTraits?.(block)).toEqual({ grade: "value", atomic: false, conditional: false, freeKeys: true });
  });
});

describe("parameters: a hundred versions", () => {
  it("are no limit, with a label that moves or without one", async () => {
    for (const more of [{}, { label: "velvet-current" }]) {
      await using bench = await world(more);
      for (let round = 1; round <= 103; round += 1) await bench.sink.write(orderOf({ KEY: `v${round}` }), never);
      expect(bench.get("KEY")?.versions.length).toBe(100);
      const labelled = bench.get("KEY")?.versions.filter(({ labels }) => labels.has("velvet-current"));
      expect(labelled?.map(({ value }) => value)).toEqual("label" in more ? ["v103"] : []);
    }
  });

  it("are one where somebody's label holds the oldest, and that is said", async () => {
    await using bench = await world();
    for (let round = 1; round <= 100; round += 1) bench.plant("KEY", { Value: `v${round}` });
    bench.get("KEY")?.versions[0]?.labels.add("release-1");
    const error = await failure(bench.sink.write(orderOf({ KEY: "new" }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "ParameterVersionsFull" });
    expect(bench.get("KEY")?.versions.at(-1)?.value).toBe("v100");
  });
});

describe("parameters: a label that consumers read", () => {
  it("moves to what is written, and is moved by the next write where that failed", async () => {
    await using bench = await world({ label: "velvet-current" });
    await bench.sink.write(orderOf({ KEY: "one" }), never);
    bench.emulator.arm("ssm:LabelParameterVersion", { kind: "reset-before" });
    expect(await failure(bench.sink.write(orderOf({ KEY: "two" }), never))).toMatchObject({ name: "OutcomeUnknown" });
    expect((await bench.sink.observe(["KEY"], never)).keys["KEY"]?.value?.reveal()).toBe("one");
    expect(await bench.sink.write(orderOf({ KEY: "two" }), never)).toMatchObject({ changed: true });
    expect((await bench.sink.observe(["KEY"], never)).keys["KEY"]?.value?.reveal()).toBe("two");
  });

  it("that AWS does not take is told, though AWS answers with a success", async () => {
    await using bench = await world({ label: "ssm-current" });
    const error = await failure(bench.sink.write(orderOf({ KEY: "one" }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "ParameterRefused" });
  });

  it("does not keep a parameter without it from being removed", async () => {
    await using bench = await world({ label: "velvet-current" });
    bench.plant("KEY", {});
    expect(await bench.sink.write(orderOf({ KEY: null }), never)).toMatchObject({ changed: true });
    expect(bench.get("KEY")).toBeUndefined();
  });
});
