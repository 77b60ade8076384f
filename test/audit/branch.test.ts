/** Checkpoints on a branch of a real repository: appended, never forced, compared, and never waited for. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { BranchWatch } from "../../controller/checkpoints/branch.ts";
import { closeInterval } from "../../controller/checkpoints/close.ts";
import { signerOf } from "../../controller/checkpoints/statement.ts";
import { keyRing } from "../../controller/custody/key.ts";
import { appendInstallAudit } from "../../controller/ledger/audit.ts";
import { listHolds } from "../../controller/ledger/holds.ts";
import { readConfig } from "../../controller/config.ts";
import { checkCheckpointBranch } from "../../controller/doctor/checkpoint.ts";
import { ensureInstall } from "../../controller/ledger/install.ts";
import { gitPublication, type GitPublication } from "../../controller/sources/git/publication.ts";
import { gitHttp, silentServer } from "../git/servers.ts";
import { type TestRemote, testRemote } from "../git/remote.ts";
import { type FreshLedger, freshLedger } from "../support/postgres.ts";

const BRANCH = "velvet-checkpoints";
const keys = keyRing(Secret.from(Buffer.alloc(32, 5).toString("base64")));
const signer = signerOf("eu-1", keys);
const signal = new AbortController().signal;

let ledger: FreshLedger;
let remote: TestRemote;
let folder: string;
let logged: { level: string; message: string }[];

beforeEach(async () => {
  [ledger, remote] = await Promise.all([freshLedger(), testRemote()]);
  folder = await mkdtemp(join(tmpdir(), "velvet-branch-"));
  logged = [];
  await ensureInstall(ledger.db, { id: "eu-1", environment: "test" }, keys);
  await remote.commit({ "README.md": "manifests\n" });
});
afterEach(async () => {
  await Promise.all([ledger.drop(), remote.remove(), rm(folder, { recursive: true, force: true })]);
});

let places = 0;

function publication(url = `file://${remote.path}`, token?: string): GitPublication {
  return gitPublication({
    url,
    ...(token === undefined ? {} : { token: Secret.from(token) }),
    branch: BRANCH,
    file: "eu-1.json",
    folder: join(folder, `place-${(places += 1)}`),
    inherited: { PATH: process.env["PATH"] },
  });
}

function watch(at: GitPublication = publication(), db: FreshLedger["db"] = ledger.db): BranchWatch {
  const log = (level: string) => (_: object, message: string) => void logged.push({ level, message });
  const said = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
  return new BranchWatch({ db, signer, publication: at, log: said });
}

async function seal(event = "Happened", db: FreshLedger["db"] = ledger.db): Promise<string> {
  await db.transaction(async (tx) => appendInstallAudit(tx, [{ event }]));
  return (await db.transaction(async (tx) => closeInterval(tx, signer)))?.hash ?? "";
}

async function commits(): Promise<string[]> {
  return (await remote.bare("log", "--format=%s", BRANCH)).split("\n");
}

const warnings = (): string[] => logged.filter(({ level }) => level === "warn").map(({ message }) => message);

describe("checkpoints on a branch", () => {
  it("are one commit each, on top of each other, beside what else stands there", async () => {
    const look = watch();
    await seal();
    await look.look(signal);
    expect(await commits()).toEqual([expect.stringMatching(/^Checkpoint of eu-1 over 1 audit rows at 20/)]);
    await look.look(signal);
    expect(await commits()).toHaveLength(1);
    await seal();
    await look.look(signal);
    expect(await commits()).toHaveLength(2);
    const text = await remote.bare("show", `${BRANCH}:eu-1.json`);
    expect(JSON.parse(text)).toMatchObject({ origin: "eu-1", size: 2, key: signer.key });
    expect(await remote.bare("show", "--format=%an <%ae>", "--no-patch", BRANCH)).toBe("Velvet <velvet@localhost>");
    expect({ warnings: warnings(), holds: await listHolds(ledger.db) }).toEqual({ warnings: [], holds: [] });
  });

  it("keep other files of the branch, and what others push in between is never overwritten", async () => {
    const look = watch();
    await seal();
    await look.look(signal);
    await remote.git("fetch", "--quiet", "origin", BRANCH);
    await remote.git("checkout", "--quiet", "-b", "theirs", "FETCH_HEAD");
    await remote.git("commit", "--quiet", "--allow-empty", "--message", "theirs");
    const pushing = publication();
    await pushing.read(signal);
    await remote.git("push", "--quiet", "origin", `HEAD:${BRANCH}`);
    expect(await pushing.append("{}", "late", signal)).toBe(false);
    await seal();
    await look.look(signal);
    expect((await commits())[1]).toBe("theirs");
    expect(await commits()).toHaveLength(3);
  });

  it("hold everybody where the ledger lacks the one that was published, and no longer when it was accepted", async () => {
    const other = await freshLedger();
    try {
      await ensureInstall(other.db, { id: "eu-1", environment: "test" }, keys);
      await seal("Elsewhere", other.db);
      const published = await seal("Further", other.db);
      await watch(publication(), other.db).look(signal);
      await seal("Own");
      const look = watch();
      await look.look(signal);
      const [hold] = await listHolds(ledger.db);
      expect(hold).toMatchObject({ reason: "LedgerRollback", published: { hash: published, size: 2 } });
      expect(hold?.place).toBe(`git:file://${remote.path}#${BRANCH}`);
      expect(look.isHeld).toBe(true);
      expect(await commits()).toHaveLength(1);
      // A branch that is gone does not make a ledger whole again.
      const head = await remote.bare("rev-parse", BRANCH);
      await remote.bare("update-ref", "-d", `refs/heads/${BRANCH}`);
      await look.look(signal);
      expect(await listHolds(ledger.db)).toHaveLength(1);
      await remote.bare("update-ref", `refs/heads/${BRANCH}`, head);
      await ledger.db.transaction(async (tx) => {
        await appendInstallAudit(tx, [{ event: "LedgerAccepted" }]);
        await closeInterval(tx, signer, [published]);
      });
      await look.look(signal);
      expect(await listHolds(ledger.db)).toEqual([]);
      expect(await commits()).toHaveLength(2);
    } finally {
      await other.drop();
    }
  });

  it("hold everybody where somebody else wrote the file", async () => {
    await seal();
    await watch().look(signal);
    await remote.git("fetch", "--quiet", "origin", BRANCH);
    await remote.git("checkout", "--quiet", "-b", "forged", "FETCH_HEAD");
    const forged = (await remote.bare("show", `${BRANCH}:eu-1.json`)).replace('"size": 1', '"size": 9');
    await remote.commit({ "eu-1.json": forged });
    await remote.git("push", "--quiet", "origin", `HEAD:${BRANCH}`);
    await watch().look(signal);
    expect(await listHolds(ledger.db)).toMatchObject([{ reason: "CheckpointForged" }]);
  });

  it("are told of when their history was rewritten, and go on where nothing is lost by it", async () => {
    const look = watch();
    for (let n = 0; n < 2; n++) {
      await seal();
      await look.look(signal);
    }
    await remote.bare("update-ref", `refs/heads/${BRANCH}`, `${BRANCH}~1`);
    await look.look(signal);
    expect(warnings()).toEqual(["the history of the branch with the checkpoints was rewritten"]);
    expect(await listHolds(ledger.db)).toEqual([]);
    expect(await commits()).toHaveLength(2);
  });

  it("hold nobody while the repository is out of reach, say so once, and are caught up with", async () => {
    const look = watch();
    await remote.hide();
    for (let n = 0; n < 3; n++) {
      await seal();
      await look.look(signal);
    }
    expect(warnings()).toEqual(["checkpoints cannot be published to git; rotations go on"]);
    expect(await listHolds(ledger.db)).toEqual([]);
    await remote.restore();
    await look.look(signal);
    expect(await commits()).toEqual([expect.stringContaining("over 3 audit rows")]);
    expect(logged).toContainEqual({ level: "info", message: "checkpoints can be published to git again" });
  });

  it("do not wait for a server that says nothing longer than they are told to", async () => {
    const server = await silentServer();
    try {
      await seal();
      const stop = new AbortController();
      const looking = watch(publication(`http://127.0.0.1:${server.port}/r.git`)).look(stop.signal);
      await server.asked;
      stop.abort(new DOMException("too late", "TimeoutError"));
      await looking;
      expect(await listHolds(ledger.db)).toEqual([]);
      expect(warnings()).toHaveLength(1);
    } finally {
      await server.close();
    }
  });

  it("are looked at by velvet doctor, which leaves the branch alone", async () => {
    const config = readConfig(
      { VELVET_CHECKPOINT_GIT_URL: `file://${remote.path}`, VELVET_INSTALL: "eu-1" },
      { root: false, home: folder },
    );
    const check = async () => checkCheckpointBranch(config, { PATH: process.env["PATH"] }, signal);
    expect(await check()).toMatchObject([{ result: "ok", message: expect.stringContaining("will be begun") }]);
    await seal();
    await watch().look(signal);
    expect(await check()).toMatchObject([
      { result: "ok", message: expect.stringMatching(/#velvet-checkpoints is of 20/) },
    ]);
    await remote.hide();
    expect(await check()).toMatchObject([
      { result: "warn", message: expect.stringContaining("There is no repository") },
    ]);
    expect(await checkCheckpointBranch(readConfig({}, { root: false, home: folder }), {}, signal)).toEqual([]);
  });

  it("are no trouble of the branch's where Velvet is told to stop", async () => {
    const server = await silentServer();
    try {
      await seal();
      const stop = new AbortController();
      const looking = watch(publication(`http://127.0.0.1:${server.port}/r.git`)).look(stop.signal);
      await server.asked;
      stop.abort();
      await looking;
      expect(logged).toEqual([]);
    } finally {
      await server.close();
    }
  });

  it("are pushed over http with a login that is in no argument, and named where the server takes no pushes", async () => {
    await remote.bare("config", "http.receivepack", "true");
    const authorization = `Basic ${Buffer.from("x-access-token:push-me").toString("base64")}`;
    const server = await gitHttp(join(remote.path, ".."), { authorization });
    const url = `http://127.0.0.1:${server.port}/remote.git`;
    try {
      await seal();
      await watch(publication(url, "push-me")).look(signal);
      expect(await commits()).toHaveLength(1);
      await remote.bare("config", "http.receivepack", "false");
      await seal();
      await watch(publication(url, "push-me")).look(signal);
      await watch(publication(url, "wrong")).look(signal);
      expect(warnings()).toHaveLength(2);
      expect(JSON.stringify(logged)).not.toMatch(/push-me|wrong/);
      expect(await commits()).toHaveLength(1);
    } finally {
      await server.close();
    }
  });

  it("say that the branch takes no commits, where a rule of the server refuses them", async () => {
    await remote.bare("config", "receive.hideRefs", `refs/heads/${BRANCH}`);
    const at = publication();
    await at.read(signal);
    await expect(at.append("{}", "no", signal)).rejects.toMatchObject({ reason: "GitPushRefused" });
  });
});
