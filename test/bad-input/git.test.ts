/** Repositories that are not what they should be, as `velvet status` tells it, and the way out. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readConfig } from "../../controller/config.ts";
import { listSources, type SourceView } from "../../controller/ledger/sources.ts";
import { listRequests } from "../../controller/ledger/views.ts";
import { openLog } from "../../controller/log.ts";
import { runController } from "../../controller/main.ts";
import { credentialText, requestText } from "../git/manifests.ts";
import { type TestRemote, testRemote } from "../git/remote.ts";
import { type FreshLedger, freshLedger } from "../support/postgres.ts";
import { expectRefusal, note, velvet } from "./velvet.ts";

const LONGEST_MS = 20_000;

let ledger: FreshLedger;
let remote: TestRemote;
let stop: AbortController;
let running: Promise<void>;
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  [ledger, remote] = await Promise.all([freshLedger(), testRemote()]);
  stop = new AbortController();
  running = Promise.resolve();
  env = {
    PATH: process.env["PATH"] ?? "",
    DATABASE_URL: ledger.appUrl,
    VELVET_MIGRATION_DATABASE_URL: ledger.ownerUrl,
    VELVET_KEK: randomBytes(32).toString("base64"),
    VELVET_DATA_DIR: join(remote.folder, "data"),
    VELVET_GIT_URL: `file://${remote.path}`,
    VELVET_GIT_NAMESPACES: "teams/*=*",
    VELVET_GIT_INTERVAL: "1s",
  };
});

afterEach(async () => {
  stop.abort();
  await running;
  await Promise.all([ledger.drop(), remote.remove()]);
});

function start(more: Readonly<Record<string, string>> = {}): void {
  const environment = { ...env, ...more };
  running = runController({
    config: readConfig(environment, { root: false, home: "/nowhere" }),
    environment,
    log: openLog({ level: "error", stream: { write: () => undefined, isTTY: false } }),
    clock: { now: () => new Date(), monotonicMs: () => performance.now() },
    random: randomBytes,
    stop: stop.signal,
  });
  running.catch(() => stop.abort()); // told by afterEach
}

async function source(holds: (view: SourceView) => boolean): Promise<SourceView> {
  const end = performance.now() + LONGEST_MS;
  for (;;) {
    const found = (await listSources(ledger.db)).find((view) => view.name === "tenants");
    if (found && holds(found)) return found;
    if (stop.signal.aborted || performance.now() > end) throw new Error(`the source stays at ${JSON.stringify(found)}`);
    await after(40);
  }
}

async function told(input: string, outcome: string): Promise<string> {
  const said = await velvet(["status"], { env });
  const text = said.out.split("\n").slice(1).join("\n");
  await note(input, text, outcome);
  expect(said.code).toBe(0);
  return said.out;
}

it("no repository: the source is not ready, with what to check, and the controller runs on", async () => {
  start({ VELVET_GIT_URL: `file://${remote.folder}/nothing` });
  await source(({ reason }) => reason === "NotARepository");
  const text = await told("VELVET_GIT_URL that is no repository", "source not ready: NotARepository");
  expect(text).toContain("The source tenants is not ready. NotARepository: There is no repository at");
  expect(text).toContain("Check VELVET_GIT_URL");
});

it("no such branch: the source is not ready, with what to do", async () => {
  await remote.commit({ "README.md": "x" });
  start({ VELVET_GIT_BRANCH: "trunk" });
  await source(({ reason }) => reason === "BranchNotFound");
  const text = await told("VELVET_GIT_BRANCH that is not there", "source not ready: BranchNotFound");
  expect(text).toContain("has no branch trunk. Push the branch, or correct VELVET_GIT_BRANCH");
});

it("a manifest of 50 MB, an account, one name twice and a broken file: each is named, and the rest is taken", async () => {
  await remote.commit({
    "teams/orders/good.yaml": credentialText("good"),
    "teams/orders/huge.yaml": Buffer.alloc(50 * 1024 * 1024, "# a comment that goes on\n"),
    "teams/orders/account.yaml":
      "apiVersion: velvet.raxx.app/v1alpha1\nkind: VendorAccount\nmetadata: {name: mine}\nspec: {adapter: random, allow: [{namespaces: [orders]}]}\n",
    "teams/orders/one.yaml": credentialText("twice"),
    "teams/orders/two.yaml": credentialText("twice"),
    "teams/orders/broken.yaml": "apiVersion: velvet.raxx.app/v1alpha1\nkind: [",
  });
  start();
  const { problems } = await source(({ baseline }) => baseline);
  const text = await told(
    "a repository with a 50 MB manifest, an account, one name twice, a broken file",
    "source ready, with problems",
  );
  expect(new Set(problems.map(({ path, code }) => `${path.replace("teams/orders/", "")} ${code}`))).toEqual(
    new Set([
      "account.yaml AccountInTenantTree",
      "broken.yaml InvalidYaml",
      "huge.yaml FileTooLarge",
      "one.yaml DuplicateName",
      "two.yaml DuplicateName",
    ]),
  );
  expect(text).toContain("The source tenants has manifests that are refused:");
  const objects = await ledger.pool.query<{ name: string }>("select name from velvet.object where present");
  expect(objects.rows).toEqual([{ name: "good" }]);
});

it("a rewritten history: nothing of it is applied, until a person accepts it by the command", async () => {
  const base = await remote.commit({ "teams/orders/db.yaml": credentialText("db") });
  const cursor = await remote.commit({ "teams/orders/a.yaml": requestText("a", { credential: "db" }) });
  start();
  await source((view) => view.cursor === cursor);
  await remote.git("reset", "--quiet", "--hard", base);
  const head = await remote.commit({ "teams/orders/b.yaml": requestText("b", { credential: "nothing" }) });
  await source(({ reason }) => reason === "HistoryRewritten");
  const text = await told("a rewritten git history", "source not ready: HistoryRewritten");
  expect(text).toContain(`The branch's head ${head} does not descend from ${cursor}`);
  expect(text).toContain(`velvet source accept tenants ${head}`);
  expect((await listRequests(ledger.db)).map(({ name }) => name)).toEqual(["a"]);

  const short = await velvet(["source", "accept", "tenants", head.slice(0, 7)], { env });
  await note("velvet source accept: a shortened commit", short.err, `exit ${short.code}`);
  expectRefusal(short, 2);
  const accepted = await velvet(["source", "accept", "tenants", head], { env });
  await note("velvet source accept: the head that was read", accepted.out + accepted.err, `exit ${accepted.code}`);
  expect(accepted).toMatchObject({ code: 0, out: `The source tenants goes on from ${head}.\n` });
  await source((view) => view.ready && view.cursor === head);
  expect((await listRequests(ledger.db)).map(({ name }) => name).toSorted()).toEqual(["a", "b"]);
  const again = await velvet(["source", "accept", "tenants", head], { env });
  await note("velvet source accept: a source that waits for nothing", again.err, `exit ${again.code}`);
  expectRefusal(again, 1);
});
