import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readManifests } from "../../controller/sources/manifest/read.ts";
import { codes, lookAt, names, signal, sourceOf } from "./looks.ts";
import { accountText, credentialText, requestText } from "./manifests.ts";
import { type TestRemote, testRemote } from "./remote.ts";

let remote: TestRemote;

beforeEach(async () => {
  remote = await testRemote();
});
afterEach(async () => remote.remove());

describe.each([
  ["that filters", true],
  ["that knows no filters", false],
])("a remote %s", (_, filter) => {
  beforeEach(async () => {
    await remote.remove();
    remote = await testRemote({ filter });
  });

  it("shows the manifests below mapped paths, in the namespace of their path, with the commit that brought each", async () => {
    const first = await remote.commit({
      "teams/orders/db.yaml": credentialText("orders-db"),
      "other/x.yaml": "kind: Nothing",
    });
    const second = await remote.commit({ "teams/billing/db.yaml": credentialText("billing-db") });
    const look = await lookAt(sourceOf(remote));
    expect(look.cursor).toBe(second);
    expect(names(look)).toEqual(["billing/billing-db", "orders/orders-db"]);
    expect(look.problems).toEqual([]);
    const orders = look.documents.find((document) => document.name === "orders-db");
    expect(orders?.origin).toEqual({
      commit: first,
      path: "teams/orders/db.yaml",
      line: 1,
      author: "Ana Author <ana@example.test>",
      committer: "Cor Committer <cor@example.test>",
    });
  });

  it("reads files that a later commit adds, changes, moves into a mapped path and removes", async () => {
    await remote.commit({ "teams/orders/a.yaml": credentialText("a"), "elsewhere/b.yaml": credentialText("b") });
    const source = sourceOf(remote);
    const first = await lookAt(source);
    await remote.commit({
      "teams/orders/a.yaml": null,
      "elsewhere/b.yaml": null,
      "teams/orders/b.yaml": credentialText("b"),
      "teams/orders/c.yaml": credentialText("c"),
    });
    expect(names(await lookAt(source, first.cursor))).toEqual(["orders/b", "orders/c"]);
  });

  it("names a file that is too large, and reads those beside it", async () => {
    await remote.commit({ "teams/orders/a.yaml": credentialText("a"), "teams/orders/big.yaml": "x".repeat(300_000) });
    const source = sourceOf(remote);
    const look = await lookAt(source);
    expect(names(look)).toEqual(["orders/a"]);
    expect(codes(look)).toEqual(["teams/orders/big.yaml:0 FileTooLarge"]);
    await remote.commit({
      "teams/orders/b.yaml": credentialText("b"),
      "teams/orders/bigger.yaml": "y".repeat(300_000),
    });
    const next = await lookAt(source, look.cursor);
    expect(names(next)).toEqual(["orders/a", "orders/b"]);
    expect(codes(next)).toHaveLength(2);
  });
});

it("never downloads a file that is too large from a remote that can leave it out", async () => {
  const noise = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 2_654_435_761) >>> 13));
  await remote.commit({ "teams/orders/a.yaml": credentialText("a"), "teams/orders/big.yaml": noise });
  await lookAt(sourceOf(remote));
  const packs = join(remote.folder, "cache/repository.git/objects/pack");
  const sizes = await Promise.all((await readdir(packs)).map(async (name) => (await stat(join(packs, name))).size));
  expect(sizes.reduce((total, size) => total + size, 0)).toBeLessThan(100_000);
});

it("asks only for the branch's head while nothing changes", async () => {
  const head = await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
  const source = sourceOf(remote);
  await lookAt(source);
  const cache = join(remote.folder, "cache/repository.git");
  const before = await readdir(cache, { recursive: true });
  expect(await source.look(head, signal)).toBeUndefined();
  expect(await readdir(cache, { recursive: true })).toEqual(before);
});

it("looks whole when the ledger is at another commit than the last look", async () => {
  const first = await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
  await remote.commit({ "teams/orders/b.yaml": credentialText("b") });
  const source = sourceOf(remote);
  await lookAt(source);
  expect(names(await lookAt(source, first))).toEqual(["orders/a", "orders/b"]);
});

it("follows no link and no submodule, and says so", async () => {
  await remote.commit({ "secret/x.yaml": credentialText("stolen"), "teams/orders/a.yaml": credentialText("a") });
  await remote.link("teams/orders/link.yaml", "../../secret/x.yaml");
  await remote.link("teams/orders/passwd.yaml", "/etc/passwd");
  await remote.link("teams/billing", "../secret");
  await remote.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", remote.path, "teams/orders/sub");
  await remote.commit({});
  const look = await lookAt(sourceOf(remote));
  expect(names(look)).toEqual(["orders/a"]);
  expect(codes(look)).toEqual([
    "teams/billing:0 SymlinkIgnored",
    "teams/orders/link.yaml:0 SymlinkIgnored",
    "teams/orders/passwd.yaml:0 SymlinkIgnored",
    "teams/orders/sub:0 SubmoduleIgnored",
  ]);
});

it("reports a broken file with its line and reads the good ones beside it", async () => {
  await remote.commit({
    "teams/orders/good.yaml": credentialText("good"),
    "teams/orders/bad.yaml": "kind: Credential\nmetadata: {name: [\n",
    "teams/orders/bytes.yaml": Buffer.from([0xff, 0xfe]),
    "teams/orders/foreign.yaml": requestText("r", { namespace: "billing" }),
    "teams/orders/own.yaml": requestText("r", { namespace: "orders" }),
  });
  const look = await lookAt(sourceOf(remote));
  expect(names(look)).toEqual(["orders/good", "orders/r"]);
  expect(look.problems.map((problem) => problem.code).sort()).toEqual(["InvalidYaml", "NamespaceMismatch", "NotUtf8"]);
  expect(look.problems.find((problem) => problem.code === "InvalidYaml")?.line).toBeGreaterThan(1);
});

it("says what the schema says, at its line, and takes the rest", async () => {
  await remote.commit({
    "teams/orders/all.yaml": [
      credentialText("orders-db"),
      requestText("rotate"),
      requestText("typo").replace("flow:", "flwo:"),
    ].join("---\n"),
    "teams/orders/account.yaml": accountText("sneaked-in"),
    "teams/orders/staging.yaml": credentialText("elsewhere", "staging"),
  });
  const look = await lookAt(sourceOf(remote, { read: readManifests, environment: "development" }));
  expect(names(look)).toEqual(["orders/orders-db", "orders/rotate"]);
  const lines = (await remote.git("show", "HEAD:teams/orders/all.yaml")).split("\n");
  const typo = look.problems.find(
    (problem) => problem.path === "teams/orders/all.yaml" && problem.message.includes("flwo"),
  );
  expect(lines[(typo?.line ?? 0) - 1]).toContain("flwo");
  const others = look.problems.filter((problem) => problem.path !== "teams/orders/all.yaml");
  expect(others.map((problem) => problem.code).sort()).toEqual(["AccountInTenantTree", "WrongEnvironment"]);
});

it("names the merge that brought a change, not the commits of the branch that was merged", async () => {
  await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
  await remote.git("checkout", "--quiet", "-b", "topic");
  await writeFile(join(remote.folder, "work/teams/orders/b.yaml"), credentialText("b"));
  await remote.git("add", "--all");
  await remote.git("commit", "--quiet", "-m", "on the branch");
  await remote.git("checkout", "--quiet", "main");
  await remote.git("merge", "--quiet", "--no-ff", "-m", "Merge pull request #1", "topic");
  const merge = await remote.commit({});
  const look = await lookAt(sourceOf(remote));
  const parent = await remote.git("rev-parse", `${merge}^`);
  expect(look.documents.find((document) => document.name === "b")?.origin.commit).toBe(parent);
});

describe("rewritten history", () => {
  it("stops, names both commits, applies nothing, and goes on when the branch descends from the cursor again", async () => {
    const base = await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
    const cursor = await remote.commit({ "teams/orders/b.yaml": credentialText("b") });
    const source = sourceOf(remote);
    await lookAt(source);
    await remote.git("reset", "--quiet", "--hard", base);
    const forced = await remote.commit({ "teams/orders/evil.yaml": credentialText("evil") });
    for (const looker of [source, sourceOf(remote, { cacheFolder: join(remote.folder, "fresh-cache") })]) {
      const failure = await looker.look(cursor, signal).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: "SourceFailure", reason: "HistoryRewritten" });
      expect(String(failure)).toContain(cursor);
      expect(String(failure)).toContain(forced);
    }
    await remote.git("reset", "--quiet", "--hard", cursor);
    const head = await remote.commit({ "teams/orders/c.yaml": credentialText("c") });
    const look = await lookAt(source, cursor);
    expect(look.cursor).toBe(head);
    expect(names(look)).toEqual(["orders/a", "orders/b", "orders/c"]);
  });

  it("goes on from the new history once its commit is the cursor", async () => {
    const base = await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
    const cursor = await remote.commit({ "teams/orders/b.yaml": credentialText("b") });
    const source = sourceOf(remote);
    await lookAt(source);
    await remote.git("reset", "--quiet", "--hard", base);
    const forced = await remote.commit({ "teams/orders/new.yaml": credentialText("new") });
    await expect(source.look(cursor, signal)).rejects.toMatchObject({ reason: "HistoryRewritten" });
    expect(names(await lookAt(source, forced))).toEqual(["orders/a", "orders/new"]);
  });

  it("stops at a branch that was set back", async () => {
    const base = await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
    const cursor = await remote.commit({ "teams/orders/b.yaml": credentialText("b") });
    await remote.bare("update-ref", "refs/heads/main", base);
    await expect(sourceOf(remote).look(cursor, signal)).rejects.toMatchObject({ reason: "HistoryRewritten" });
  });
});
