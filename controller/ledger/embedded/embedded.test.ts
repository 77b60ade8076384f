import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { canReach, serverAccount } from "./account.ts";
import { embeddedBinaries, embeddedPackage } from "./binaries.ts";
import { type EmbeddedPostgres, startEmbedded } from "./embedded.ts";
import { openEmbeddedLedger } from "./open.ts";
import { isServer, readPostmaster } from "./postmaster.ts";

const account = serverAccount();
const nobody = { name: "nobody", uid: 65_534, gid: 65_534 };
const checkout = new URL("../../../", import.meta.url).pathname;
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "velvet-embedded-"));
  await chmod(path, 0o711);
  cleanups.push(async () => rm(path, { recursive: true, force: true }));
  return path;
}

async function start(dataDir: string, more: object = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbedded({ dataDir, durable: false, log: () => undefined, ...more });
  cleanups.push(async () => server.stop());
  return server;
}

async function answer(url: string, sql = "select 1 as one"): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Another Velvet: starts the server of `dataDir` and says its pid. */
async function otherVelvet(dataDir: string, as: { uid?: number; gid?: number } = {}, cacheDir?: string) {
  const script = `
    const { startEmbedded } = await import(${JSON.stringify(new URL("./embedded.ts", import.meta.url).href)});
    const server = await startEmbedded(${JSON.stringify({ dataDir, durable: false, cacheDir }).replace(
      /^\{/,
      "{ log: () => undefined, ",
    )});
    console.log(JSON.stringify({ pid: server.pid, owned: server.owned }));
    process.stdin.on("end", () => server.stop().then(() => process.exit(0))).resume();`;
  const child: ChildProcess = spawn(process.execPath, ["--input-type=module", "-e", script], {
    ...as,
    cwd: "/",
    env: { HOME: dataDir, PATH: "/usr/bin:/bin", CANARY: "canary-value" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  cleanups.push(async () => {
    child.stdin?.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  const said = await Promise.race([once(child.stdout!, "data"), once(child, "exit").then(() => ["{}"])]);
  const { pid, owned } = JSON.parse(String(said[0])) as { pid: number; owned: boolean };
  return { child, pid, owned };
}

describe("the embedded Postgres", () => {
  it("starts, listens on this machine only, and stops", async () => {
    const server = await start(await folder());
    expect(server.owned).toBe(true);
    expect(await answer(server.superuserUrl)).toEqual([{ one: 1 }]);
    expect(await answer(server.superuserUrl, "show listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
    expect(await answer(server.superuserUrl, "show server_encoding")).toEqual([{ server_encoding: "UTF8" }]);
    await server.stop();
    await server.stop();
    expect(isServer(server.pid)).toBe(false);
    await expect(answer(server.superuserUrl)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("lets nobody in without the generated password, which only its owner can read", async () => {
    const dataDir = await folder();
    const server = await start(dataDir);
    const wrong = new URL(server.superuserUrl);
    wrong.password = "wrong";
    await expect(answer(wrong.href)).rejects.toMatchObject({ code: "28P01" });
    expect((await stat(join(dataDir, "embedded", "passwords.json"))).mode & 0o777).toBe(0o600);
  });

  it("takes the port that it is given, and names it when it is taken", async () => {
    const first = await start(await folder());
    const second = start(await folder(), { port: first.port });
    await expect(second).rejects.toMatchObject({
      reason: "EmbeddedStartFailed",
      message: expect.stringContaining(String(first.port)),
    });
    await first.stop();
    expect((await start(await folder(), { port: first.port })).port).toBe(first.port);
  });

  it("keeps what was committed when the server itself is killed", async () => {
    const dataDir = await folder();
    const server = await start(dataDir);
    await answer(server.superuserUrl, "create table kept as select 42 as n");
    process.kill(server.pid, "SIGKILL");
    const again = await start(dataDir);
    expect(again.owned).toBe(true);
    expect(await answer(again.superuserUrl, "select n from kept")).toEqual([{ n: 42 }]);
  });

  it("is not fooled by a dead server's number that another program has now", async () => {
    const dataDir = await folder();
    await (await start(dataDir)).stop();
    const data = join(dataDir, "embedded", "data");
    await writeFile(join(data, "postmaster.pid"), `${process.pid}\n${data}\n1\n5432\n\n127.0.0.1\n0 0\nready   \n`);
    const server = await start(dataDir);
    expect(server.owned).toBe(true);
    expect((await readPostmaster(data))?.pid).toBe(server.pid);
  });

  it("makes no folder half: two first starts at once share one server", async () => {
    const dataDir = await folder();
    const servers = await Promise.all([start(dataDir), start(dataDir), start(dataDir)]);
    expect(servers.filter(({ owned }) => owned)).toHaveLength(1);
    expect(new Set(servers.map(({ pid }) => pid)).size).toBe(1);
    expect((await readdir(dataDir)).filter((name) => name.startsWith(".embedded"))).toEqual([]);
  });

  it("names a folder of another major version, and lost passwords", async () => {
    const dataDir = await folder();
    await (await start(dataDir)).stop();
    const home = join(dataDir, "embedded");
    const version = await readFile(join(home, "data", "PG_VERSION"), "utf8");
    await writeFile(join(home, "data", "PG_VERSION"), "12\n");
    await expect(start(dataDir)).rejects.toMatchObject({ reason: "EmbeddedVersionMismatch" });
    await writeFile(join(home, "data", "PG_VERSION"), version);
    await rm(join(home, "passwords.json"));
    await expect(start(dataDir)).rejects.toMatchObject({ reason: "EmbeddedPasswordsLost" });
  });

  it("does without a Unix socket where its path would be too long", async () => {
    const short = await start(await folder());
    expect(short.socketDir).not.toBe("");
    const deep = join(await folder(), "d".repeat(100));
    const long = await start(deep);
    expect(long.socketDir).toBe("");
    expect(await answer(long.superuserUrl)).toEqual([{ one: 1 }]);
  });

  it("sets up its roles and database again after a kill in the middle of it", async () => {
    const dataDir = await folder();
    const open = async () => openEmbeddedLedger({ dataDir, durable: false, log: () => undefined });
    const first = await open();
    await answer(first.server.superuserUrl, "drop database velvet");
    await answer(first.server.superuserUrl, "drop role velvet_auditor");
    const second = await open();
    await first.stop();
    for (const url of [second.appUrl, second.migrationUrl, second.verifierUrl]) {
      expect(await answer(url.reveal())).toEqual([{ one: 1 }]);
    }
    await second.stop();
  });
});

describe("the embedded Postgres of several Velvets", () => {
  it("outlives a Velvet that is killed, is adopted by the next, and stopped by it", async () => {
    const dataDir = await folder();
    const other = await otherVelvet(dataDir);
    expect(other.owned).toBe(true);
    other.child.kill("SIGKILL");
    await once(other.child, "exit");
    expect(isServer(other.pid)).toBe(true);
    const server = await start(dataDir);
    expect(server).toMatchObject({ owned: false, pid: other.pid });
    await server.stop();
    expect(isServer(other.pid)).toBe(false);
  });

  it("is stopped by whoever leaves last, not by who started it", async () => {
    const dataDir = await folder();
    const other = await otherVelvet(dataDir);
    const server = await start(dataDir);
    other.child.stdin?.end();
    expect((await once(other.child, "exit"))[0]).toBe(0);
    expect(await answer(server.superuserUrl)).toEqual([{ one: 1 }]);
    await server.stop();
    expect(isServer(other.pid)).toBe(false);
  });

  it("can be left and joined at any moment", async () => {
    const dataDir = await folder();
    const rounds = Array.from({ length: 4 }, async () => {
      for (let round = 0; round < 5; round++) {
        const server = await startEmbedded({ dataDir, durable: false, log: () => undefined });
        expect(await answer(server.superuserUrl)).toEqual([{ one: 1 }]);
        await server.stop();
      }
    });
    await Promise.all(rounds);
    expect(await readPostmaster(join(dataDir, "embedded", "data"))).toBeUndefined();
  });

  it.runIf(process.platform === "linux")("gives the server nothing of Velvet's environment", async () => {
    const other = await otherVelvet(await folder());
    expect(await readFile(`/proc/${other.pid}/environ`, "utf8")).not.toContain("canary");
  });
});

describe("the embedded Postgres's programs", () => {
  it.runIf(embeddedPackage() !== undefined)("are unfolded whole, once, however many ask at once", async () => {
    const cache = join(await folder(), "cache");
    const all = await Promise.all([1, 2, 3].map(async () => embeddedBinaries(cache, account)));
    expect(new Set(all.map(({ postgres }) => postgres)).size).toBe(1);
    expect(await readdir(cache)).toHaveLength(1);
  });

  it.runIf(embeddedPackage() !== undefined)("are never taken from a folder that others can write", async () => {
    const cache = join(await folder(), "cache");
    await mkdir(cache);
    await chmod(cache, 0o777);
    expect((await embeddedBinaries(cache, account)).postgres.startsWith(cache)).toBe(false);
  });
});

describe.runIf(account !== undefined)("the embedded Postgres of root", () => {
  it("runs as an account without rights", async () => {
    const server = await start(await folder());
    expect((await stat(`/proc/${server.pid}`)).uid).toBe(account?.uid);
  });

  it("works in a folder that this account cannot enter", async () => {
    const closed = await folder();
    await chmod(closed, 0o700);
    const dataDir = join(closed, "velvet");
    const server = await start(dataDir);
    const relocated = await realpath(join(dataDir, "embedded"));
    expect(relocated.startsWith(closed)).toBe(false);
    expect(await answer(server.superuserUrl)).toEqual([{ one: 1 }]);
    await server.stop();
    await rm(dataDir, { recursive: true });
    const next = join(closed, "next");
    await start(next);
    expect(existsSync(relocated), "a throw-away whose folder is gone is swept").toBe(false);
    const last = await realpath(join(next, "embedded"));
    cleanups.unshift(async () => rm(last, { recursive: true, force: true }));
  });

  it("opens a new folder of its own to this account instead of going elsewhere", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "velvet-embedded-"));
    cleanups.push(async () => rm(dataDir, { recursive: true, force: true }));
    await start(dataDir);
    expect(await realpath(join(dataDir, "embedded"))).toBe(join(await realpath(dataDir), "embedded"));
    expect((await stat(dataDir)).mode & 0o777).toBe(0o711);
  });

  it.runIf(canReach(nobody, checkout))("has nothing to do with an ordinary user's", async () => {
    const dataDir = await folder();
    await chmod(dataDir, 0o777);
    const home = join(dataDir, "home");
    const { pid, owned, child } = await otherVelvet(home, nobody, join(home, "cache"));
    expect(owned).toBe(true);
    expect((await stat(`/proc/${pid}`)).uid).toBe(nobody.uid);
    child.stdin?.end();
    await once(child, "exit");
    expect(isServer(pid)).toBe(false);
  });
});
