import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { asSuperuser, freshDatabase, freshLedger, testServer } from "../../test/support/postgres.ts";
import { readConfig } from "../config.ts";
import { keyRing } from "../custody/key.ts";
import { Secret } from "../../adapters/secret.ts";
import type { Finding } from "./finding.ts";
import { checkLedger } from "./ledger.ts";
import { checkAccountsDir, checkEmbedded, checkGit, checkKek, checkNode } from "./machine.ts";
import { checkPlatform, checkRemote } from "./sources.ts";

const machine = { root: process.getuid?.() === 0, home: tmpdir() };
const key = Buffer.alloc(32, 1).toString("base64");
const { signal } = new AbortController();
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "velvet-doctor-test-"));
  cleanups.push(async () => rm(path, { recursive: true, force: true }));
  return path;
}

function results(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ check, result }) => [check, result]));
}

describe("the doctor, of the machine", () => {
  it("knows an old Node and an absent git", () => {
    expect(checkNode("20.19.0")).toMatchObject({ result: "missing", remedy: "Install Node 24." });
    expect(checkNode("24.11.9").result).toBe("missing");
    expect(checkNode("24.12.0").result).toBe("ok");
    expect(checkNode("26.0.0").result).toBe("ok");
    expect(checkGit({ PATH: "/nonexistent" }).result).toBe("missing");
    expect(checkGit(process.env).result).toBe("ok");
  });

  it("names a data directory that cannot be, and makes none", async () => {
    const path = join(await folder(), "sub", "velvet");
    expect(results(checkEmbedded(readConfig({ VELVET_DATA_DIR: path }, machine)))).toMatchObject({ "data-dir": "ok" });
    expect(existsSync(path)).toBe(false);
    const file = join(await folder(), "file");
    await writeFile(file, "");
    expect(results(checkEmbedded(readConfig({ VELVET_DATA_DIR: join(file, "velvet") }, machine)))).toMatchObject({
      "data-dir": "missing",
    });
  });

  it("names a key-encryption key that is lost, and makes none", async () => {
    const dataDir = await folder();
    const config = readConfig({ VELVET_DATA_DIR: dataDir }, machine);
    expect((await checkKek(config)).result).toBe("ok");
    await writeFile(join(dataDir, "embedded"), "");
    expect(await checkKek(config)).toMatchObject({ result: "missing", message: expect.stringContaining("is gone") });
    expect(await readdir(dataDir)).toEqual(["embedded"]);
    await writeFile(join(dataDir, "kek"), key);
    expect((await checkKek(config)).result).toBe("ok");
  });

  it("warns of an accounts folder that everybody can read", async () => {
    const path = await folder();
    const config = readConfig({ VELVET_ACCOUNTS_DIR: path }, machine);
    await chmod(path, 0o755);
    expect(checkAccountsDir(config)).toMatchObject([{ result: "warn" }]);
    await chmod(path, 0o700);
    expect(checkAccountsDir(config)).toMatchObject([{ result: "ok" }]);
    await rm(path, { recursive: true });
    expect(checkAccountsDir(config)).toMatchObject([{ result: "missing" }]);
  });
});

describe("the doctor, of the ledger", () => {
  const file = join(tmpdir(), `velvet-doctor-checkpoint-${process.pid}.json`);
  const config = (url: string, more = {}) =>
    readConfig({ DATABASE_URL: url, VELVET_KEK: key, VELVET_CHECKPOINT_FILE: file, ...more }, machine);

  it("finds nothing wrong but the test server's speed", async () => {
    const ledger = await freshLedger();
    cleanups.push(async () => ledger.drop());
    expect(results(await checkLedger(config(ledger.appUrl)))).toEqual({
      ledger: "ok",
      durability: "missing",
      audit: "ok",
      checkpoint: "ok",
    });
    expect(results(await checkLedger(config(ledger.ownerUrl)))).toMatchObject({ audit: "warn" });
  });

  it("tells this ledger's key from another", async () => {
    const ledger = await freshLedger();
    cleanups.push(async () => ledger.drop());
    const check = keyRing(Secret.from(Buffer.alloc(32, 9).toString("base64"))).check;
    await ledger.pool.query(
      "insert into velvet.install (id, environment, key_check, sealing_key) values ('i', 'test', $1, 'k1:')",
      [check],
    );
    expect(results(await checkLedger(config(ledger.appUrl)))).toMatchObject({ key: "missing" });
    const right = config(ledger.appUrl, { VELVET_KEK: Buffer.alloc(32, 9).toString("base64") });
    expect(results(await checkLedger(right))).toMatchObject({ key: "ok" });
  });

  it("names a checkpoint that is not this ledger's, and a place that none can be published to", async () => {
    const ledger = await freshLedger();
    cleanups.push(
      async () => ledger.drop(),
      async () => rm(file, { force: true }),
    );
    await writeFile(file, "{}");
    expect((await checkLedger(config(ledger.appUrl))).at(-1)).toMatchObject({
      check: "checkpoint",
      result: "missing",
      message: `Nothing is started. CheckpointForged: ${file} holds no checkpoint: it was changed.`,
      remedy: expect.stringContaining("velvet ledger accept"),
    });
    const nowhere = config(ledger.appUrl, { VELVET_CHECKPOINT_FILE: "/proc/checkpoint.json" });
    const { result } = (await checkLedger(nowhere)).at(-1) ?? {};
    // Root may write everywhere, by its rights.
    expect(result).toBe(machine.root ? "ok" : "warn");
  });

  it("knows whether pending migrations could be applied", async () => {
    const database = await freshDatabase();
    cleanups.push(async () => database.drop());
    await asSuperuser(`alter database ${database.name} owner to velvet_owner`);
    const { port, passwords } = testServer();
    const urlOf = (role: keyof typeof passwords) =>
      `postgres://${role}:${passwords[role]}@127.0.0.1:${port}/${database.name}`;
    expect(results(await checkLedger(config(urlOf("velvet_app"))))).toMatchObject({ migrations: "missing" });
    const both = config(urlOf("velvet_app"), { VELVET_MIGRATION_DATABASE_URL: urlOf("velvet_owner") });
    expect(results(await checkLedger(both))).toMatchObject({ migrations: "ok" });
  });

  it("names a server that does not answer", async () => {
    expect(await checkLedger(config("postgres://u:canary@127.0.0.1:1/velvet"))).toEqual([
      {
        check: "ledger",
        result: "missing",
        message: "the ledger's server cannot be reached (ECONNREFUSED)",
        remedy: expect.stringContaining("Postgres runs"),
      },
    ]);
  });
});

describe("the doctor, of the sources", () => {
  it("asks the remote for its branch", async () => {
    const repository = await folder();
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.com", ...args], { cwd: repository });
    git("init", "--quiet", "--initial-branch=main");
    git("commit", "--quiet", "--allow-empty", "--message=first");
    const at = (branch: string) =>
      readConfig({ VELVET_GIT_URL: repository, VELVET_GIT_NAMESPACES: ".=n", VELVET_GIT_BRANCH: branch }, machine);
    expect(await checkRemote(at("main"), process.env, signal)).toMatchObject([{ result: "ok" }]);
    expect(await checkRemote(at("other"), process.env, signal)).toMatchObject([{ result: "missing" }]);
    expect(await checkRemote(readConfig({}, machine), process.env, signal)).toMatchObject([{ result: "warn" }]);
  });

  it("looks for vendor accounts in the platform folder", async () => {
    const path = await folder();
    const config = readConfig({ VELVET_PLATFORM_DIR: path }, machine);
    expect(await checkPlatform(readConfig({}, machine), signal)).toMatchObject([{ result: "missing" }]);
    expect(await checkPlatform(config, signal)).toMatchObject([
      { result: "missing", message: expect.stringContaining(path) },
    ]);
    const manifest = (adapter: string) => `apiVersion: velvet.raxx.app/v1alpha1
kind: VendorAccount
metadata:
  name: tokens
spec:
  adapter: ${adapter}
  random: {}
  allow:
    - namespaces: [orders]
`;
    await writeFile(join(path, "tokens.yaml"), manifest("random"));
    expect(await checkPlatform(config, signal)).toMatchObject([{ result: "ok" }]);
    await writeFile(join(path, "broken.yaml"), manifest("randon").replace("tokens", "more"));
    expect(await checkPlatform(config, signal)).toMatchObject([
      { result: "ok" },
      { result: "missing", message: expect.stringMatching(/^broken\.yaml:\d+: /) },
    ]);
  });
});
