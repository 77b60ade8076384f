import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookAt, names, signal, sourceOf } from "./looks.ts";
import { credentialText } from "./manifests.ts";
import { type TestRemote, testRemote } from "./remote.ts";
import { gitDaemon, silentServer } from "./servers.ts";

let remote: TestRemote;

beforeEach(async () => {
  remote = await testRemote();
});
afterEach(async () => remote.remove());

describe("what can be wrong with the remote", () => {
  it("says that the repository is not there, and recovers when it is back", async () => {
    const head = await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
    const source = sourceOf(remote);
    await lookAt(source);
    await remote.hide();
    await expect(source.look(head, signal)).rejects.toMatchObject({ reason: "NotARepository" });
    await remote.restore();
    expect(await source.look(head, signal)).toBeUndefined();
  });

  it("says that the branch is not there", async () => {
    await expect(sourceOf(remote).look(undefined, signal)).rejects.toMatchObject({ reason: "BranchNotFound" });
    await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
    await expect(sourceOf(remote, { branch: "prod" }).look(undefined, signal)).rejects.toMatchObject({
      reason: "BranchNotFound",
    });
  });

  it("takes no branch whose name only ends like the one that it wants", async () => {
    await remote.commit({});
    await remote.bare("update-ref", "refs/heads/refs/heads/prod", "refs/heads/main");
    await expect(sourceOf(remote, { branch: "prod" }).look(undefined, signal)).rejects.toMatchObject({
      reason: "BranchNotFound",
    });
  });

  it("says that nobody answers", async () => {
    const source = sourceOf(remote, { url: "git://127.0.0.1:1/repo.git" });
    await expect(source.look(undefined, signal)).rejects.toMatchObject({ reason: "GitUnreachable" });
  });

  it("says that git itself is missing", async () => {
    const source = sourceOf(remote, { inherited: { PATH: remote.folder } });
    await expect(source.look(undefined, signal)).rejects.toMatchObject({ reason: "GitMissing" });
  });

  it("stops at once when told to", async () => {
    const stop = new AbortController();
    const silent = await silentServer();
    const asking = sourceOf(remote, { url: `git://127.0.0.1:${silent.port}/repo.git` }).look(undefined, stop.signal);
    await silent.asked;
    stop.abort();
    await expect(asking).rejects.toMatchObject({ name: "AbortError" });
    await silent.close();
  });
});

it("reads from a git daemon, and calls a missing repository by its name", async () => {
  await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
  await writeFile(join(remote.path, "git-daemon-export-ok"), "");
  const daemon = await gitDaemon(remote.folder);
  try {
    expect(names(await lookAt(sourceOf(remote, { url: `git://127.0.0.1:${daemon.port}/remote.git` })))).toEqual([
      "orders/a",
    ]);
    const missing = sourceOf(remote, {
      url: `git://127.0.0.1:${daemon.port}/nothing.git`,
      cacheFolder: join(remote.folder, "c2"),
    });
    await expect(missing.look(undefined, signal)).rejects.toMatchObject({ reason: "NotARepository" });
  } finally {
    await daemon.close();
  }
});
