import { stat } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import type { SinkBench } from "../conformance/sink.ts";
import { sinkConformance } from "../conformance/sink.ts";
import { account, clock, connected, newRoot, sinkAt } from "./bench.fixture.ts";
import { codeOf } from "./failures.ts";
import { file } from "./file.ts";

sinkConformance({
  name: "file, dotenv",
  make: () => newBench("orders/.env", "dotenv"),
  values: ["it's", "a\nb", " x "],
});
sinkConformance({
  name: "file, json",
  make: () => newBench("custody/orders-db.json", "json"),
  values: ['it\'s "quoted" `and` \\ more', "a\r\nb", " x "],
});

describe("the file adapter", () => {
  it("tells the account's globs which file is meant", () => {
    expect(file.targets("sink", { path: "orders/.env", format: "dotenv" })).toEqual({ path: "orders/.env" });
    expect(file.targets("sink", { path: "orders/../custody/x", format: "json" })).toEqual({ path: "custody/x" });
    expect(file.targets("sink", { path: "./orders//x", format: "json" })).toEqual({ path: "orders/x" });
  });

  it("declares its traits without an account", () => {
    expect(file.sinkTraits?.({})).toEqual({ grade: "value", atomic: true, conditional: true, freeKeys: true });
    expect(file).toMatchObject({ name: "file", roles: ["sink"], endpoint: "none" });
  });

  it("is ready where the root can be written", async () => {
    await using root = await newRoot();
    const probe = (path: string) => connected(path).probe(new AbortController().signal);
    await root.put("plain", "");
    expect(await probe(root.path)).toMatchObject({ ready: true, reason: "RootWritable" });
    expect(await probe(`${root.path}/missing`)).toMatchObject({ ready: false, reason: "RootMissing" });
    expect(await probe(`${root.path}/plain`)).toMatchObject({ ready: false, reason: "PathNotAFolder" });
    expect(await probe("relative")).toMatchObject({ ready: false, reason: "RootInvalid" });
  });

  it("connects without touching the file system", async () => {
    await using connection = file.connect(account("/nowhere"), clock);
    expect(connection.sink?.({ path: "a", format: "json" }).traits.grade).toBe("value");
  });
});

/** It reads and writes the file with nothing of the adapter. */
async function newBench(name: string, format: "dotenv" | "json"): Promise<SinkBench> {
  const root = await newRoot();
  const parse = (text: string) => (format === "json" ? JSON.parse(text) : parseEnv(text)) as Record<string, string>;
  const print = (values: Readonly<Record<string, string>>) =>
    format === "json"
      ? JSON.stringify(values)
      : Object.entries(values)
          .map(([key, value]) => `${key}='${value}'\n`)
          .join("");
  const peek = async () => {
    try {
      return { ...parse(await root.get(name)) };
    } catch (error) {
      if (codeOf(error) === "ENOENT") return {};
      throw error;
    }
  };
  return {
    sink: sinkAt(root.path, name, format),
    other: () => sinkAt(root.path, name, format),
    peek,
    plant: async (values) => root.put(name, print({ ...(await peek()), ...values })),
    stamp: async () => {
      const { ino, mtimeNs, ctimeNs } = await stat(join(root.path, name), { bigint: true });
      return `${ino} ${mtimeNs} ${ctimeNs}`;
    },
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}
