import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, lstat, mkdir, readdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execPath } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import { failure } from "../conformance/wire.ts";
import { Secret } from "../secret.ts";
import { clock, never, newRoot, sinkAt } from "./bench.fixture.ts";
import { factsOf } from "./failures.ts";
import { openFolder } from "./folder.ts";
import { acquire } from "./lock.ts";
import { newOwnerName } from "./owner.ts";
import { replace } from "./replace.ts";
import { look } from "./snapshot.ts";

const CHILD = fileURLToPath(new URL("writer.fixture.ts", import.meta.url));
const FACTS = factsOf("write", ".env");
const order = (values: Readonly<Record<string, string>>) => ({
  keys: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Secret.from(value)])),
});

/** A writer in a program of its own. */
function writer(root: string, prefix: string, count: number) {
  const child = spawn(execPath, [CHILD, root, ".env", prefix, String(count)], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const reader = createInterface(child.stdout).on("line", (line) => lines.push(line));
  const closed = once(reader, "close");
  return { child, lines, ended: Promise.all([once(child, "close"), closed]), firstLine: once(reader, "line") };
}

describe("writers in different programs", () => {
  it("lose no key of each other", async () => {
    await using root = await newRoot();
    await root.put(".env", "# ours\nFOREIGN='keep me'\n");
    const writers = ["A", "B", "C"].map((prefix) => writer(root.path, prefix, 15));
    await Promise.all(writers.map(({ ended }) => ended));
    for (const { lines } of writers) expect(lines.at(-1)).toBe("14");
    const text = await root.get(".env");
    expect(text.startsWith("# ours\nFOREIGN='keep me'\n")).toBe(true);
    expect(Object.keys(parseEnv(text))).toHaveLength(46);
    expect(await readdir(root.path)).toEqual([".env"]);
  });

  it("that are killed at any moment leave a whole file, nothing that others can read, and nobody locked out", async () => {
    await using root = await newRoot();
    await root.put(".env", "FOREIGN='keep me'\n");
    for (let round = 0; round < 12; round += 1) {
      const { child, ended, firstLine, lines } = writer(root.path, `R${round}_`, 1000);
      await firstLine;
      // A different moment each round: after so many turns of the event loop.
      for (let turn = 0; turn < round * 7; turn += 1) await lstat(root.path);
      child.kill("SIGKILL");
      await ended;
      for (const name of await readdir(root.path)) {
        const { mode } = await lstat(join(root.path, name)).catch(() => ({ mode: 0 }));
        expect(mode & 0o077).toBe(0);
      }
      const values = parseEnv(await root.get(".env"));
      expect(values).toMatchObject({ FOREIGN: "keep me" });
      for (const line of lines) expect(values[`R${round}_${line}`]).toBe("xxxxxxxx");
      await sinkAt(root.path, ".env").write(order({ AFTER: `${round}` }), never);
      expect(await readdir(root.path)).toEqual([".env"]);
    }
  });
});

describe("the lock of a file", () => {
  it("that a living writer holds is waited for, as long as the caller likes", async () => {
    await using root = await newRoot();
    await plantLock(root.path, await newOwnerName());
    const stop = new AbortController();
    const waiting = failure(sinkAt(root.path, ".env").write(order({ A: "1" }), stop.signal));
    await ticketIn(root.path);
    stop.abort();
    expect(await waiting).toMatchObject({ name: "Transient", reason: "Aborted" });
    expect(await readdir(root.path)).toEqual(["..env.velvet-lock"]);
  });

  it("that a dead writer left is broken at once", async () => {
    await using root = await newRoot();
    const { child, ended } = writer(root.path, "X", 1);
    await ended;
    const mine = await newOwnerName();
    await plantLock(root.path, mine.replace(/-\d+-/, `-${child.pid}-`));
    await sinkAt(root.path, ".env").write(order({ A: "1" }), never);
    expect(parseEnv(await root.get(".env"))).toMatchObject({ A: "1" });
    expect(await readdir(root.path)).toEqual([".env"]);
  });

  it("whose maker had our pid in another life is broken at once", async () => {
    await using root = await newRoot();
    await plantLock(root.path, (await newOwnerName()).replace(/-\d+-([0-9a-f]{12})$/, "-7-$1"));
    await sinkAt(root.path, ".env").write(order({ A: "1" }), never);
    expect(await readdir(root.path)).toEqual([".env"]);
  });

  it("from another machine is broken only when it is old", async () => {
    await using root = await newRoot();
    const foreign = "0123456789ab-1-1-0123456789ab";
    await plantLock(root.path, foreign);
    const stop = new AbortController();
    const waiting = failure(sinkAt(root.path, ".env").write(order({ A: "1" }), stop.signal));
    await ticketIn(root.path);
    stop.abort();
    expect(await waiting).toMatchObject({ reason: "Aborted" });
    const old = Date.now() / 1000 - 61;
    await utimes(join(root.path, "..env.velvet-lock", foreign), old, old);
    await sinkAt(root.path, ".env").write(order({ A: "1" }), never);
    expect(await readdir(root.path)).toEqual([".env"]);
  });

  it("that is an empty folder is free", async () => {
    await using root = await newRoot();
    await mkdir(join(root.path, "..env.velvet-lock"));
    await sinkAt(root.path, ".env").write(order({ A: "1" }), never);
    expect(await readdir(root.path)).toEqual([".env"]);
  });
});

describe("at the last moment before a rename", () => {
  it.each([
    ["somebody without the lock changed the file", true, "A=theirs\n"],
    ["the lock is no longer ours", false, undefined],
  ])("nothing is done when %s", async (_title, held, theirs) => {
    await using root = await newRoot();
    await root.put(".env", "A=0\n");
    await using folder = await openFolder(root.path, [], false);
    if (folder === undefined) throw new Error("no root");
    const before = await look(folder, ".env", FACTS);
    if (theirs !== undefined) await appendFile(join(root.path, ".env"), theirs);
    const lock = { held: async () => held, async [Symbol.asyncDispose]() {} };
    const wanted = { folder, name: ".env", text: "A=ours\n", mode: 0o600, before };
    expect(await replace(wanted, lock, FACTS, never)).toBeUndefined();
    expect(await root.get(".env")).toBe(`A=0\n${theirs ?? ""}`);
    expect(await readdir(root.path)).toEqual([".env"]);
  });

  it("the file is put in place when all is as expected", async () => {
    await using root = await newRoot();
    await root.put(".env", "A=0\n");
    await using folder = await openFolder(root.path, [], false);
    const before = await look(folder, ".env", FACTS);
    if (folder === undefined) throw new Error("no root");
    await using lock = await acquire(folder, ".env", clock, FACTS, never);
    const version = await replace({ folder, name: ".env", text: "A=ours\n", mode: 0o600, before }, lock, FACTS, never);
    expect(version).toBe((await look(folder, ".env", FACTS)).version);
    expect(await root.get(".env")).toBe("A=ours\n");
  });

  it("a lock that was held for too long is no longer held", async () => {
    await using root = await newRoot();
    await using folder = await openFolder(root.path, [], false);
    if (folder === undefined) throw new Error("no root");
    let ms = 0;
    const slow = { now: () => new Date(0), monotonicMs: () => ms };
    await using lock = await acquire(folder, ".env", slow, FACTS, never);
    expect(await lock.held()).toBe(true);
    ms = 20_001;
    expect(await lock.held()).toBe(false);
    ms = 0;
    await rename(join(root.path, "..env.velvet-lock"), join(root.path, "stolen"));
    expect(await lock.held()).toBe(false);
  });
});

async function plantLock(root: string, owner: string): Promise<void> {
  await mkdir(join(root, "..env.velvet-lock"));
  await writeFile(join(root, "..env.velvet-lock", owner), "");
}

/** Resolves once a writer stands in line. */
async function ticketIn(root: string): Promise<void> {
  await expect.poll(async () => (await readdir(root)).length, { interval: 2, timeout: 5000 }).toBeGreaterThan(1);
}
