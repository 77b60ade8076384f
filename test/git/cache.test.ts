import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookAt, names, sourceOf } from "./looks.ts";
import { credentialText } from "./manifests.ts";
import { type TestRemote, testRemote } from "./remote.ts";

let remote: TestRemote;

beforeEach(async () => {
  remote = await testRemote();
});
afterEach(async () => remote.remove());

describe("the cache", () => {
  const cacheOf = () => join(remote.folder, "cache/repository.git");
  const breakages: [string, () => Promise<unknown>][] = [
    ["its folder is gone", async () => rm(join(remote.folder, "cache"), { recursive: true })],
    ["its objects are gone", async () => rm(join(cacheOf(), "objects"), { recursive: true })],
    ["its HEAD is garbage", async () => writeFile(join(cacheOf(), "HEAD"), "garbage")],
    ["its configuration is garbage", async () => writeFile(join(cacheOf(), "config"), "[[[")],
    [
      "its packs are cut short",
      async () => {
        const packs = join(cacheOf(), "objects/pack");
        for (const name of await readdir(packs)) await truncate(join(packs, name), 20);
      },
    ],
    ["its reference is garbage", async () => writeFile(join(cacheOf(), "refs/velvet/head"), "garbage\n")],
  ];

  it.each(breakages)("is made again when %s", async (_, damage) => {
    const first = await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
    const source = sourceOf(remote);
    await lookAt(source);
    await damage();
    await remote.commit({ "teams/orders/b.yaml": credentialText("b") });
    expect(names(await lookAt(source, first))).toEqual(["orders/a", "orders/b"]);
    await damage();
    expect(names(await lookAt(sourceOf(remote), first))).toEqual(["orders/a", "orders/b"]);
  });

  it("goes on after a run that was killed in the middle of a fetch", async () => {
    const first = await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
    await lookAt(sourceOf(remote));
    await mkdir(join(cacheOf(), "objects/pack"), { recursive: true });
    await writeFile(join(cacheOf(), "objects/pack/tmp_pack_x"), "half");
    await writeFile(join(cacheOf(), "refs/velvet/head.lock"), "");
    await writeFile(join(cacheOf(), "config.lock"), "");
    await writeFile(join(remote.folder, "cache/login"), "left over");
    await remote.commit({ "teams/orders/b.yaml": credentialText("b") });
    expect(names(await lookAt(sourceOf(remote), first))).toEqual(["orders/a", "orders/b"]);
    expect(await readdir(join(cacheOf(), "objects/pack"))).not.toContain("tmp_pack_x");
    expect(await readdir(join(remote.folder, "cache"))).not.toContain("login");
  });

  it("goes on after a run that was killed while it made the cache", async () => {
    await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
    await mkdir(join(cacheOf(), "objects"), { recursive: true });
    await writeFile(join(cacheOf(), "HEAD"), "ref: refs/heads/main\n");
    expect(names(await lookAt(sourceOf(remote)))).toEqual(["orders/a"]);
  });

  it("is made again when the URL changes", async () => {
    await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
    await lookAt(sourceOf(remote));
    const other = await testRemote();
    await other.commit({ "teams/orders/z.yaml": credentialText("z") });
    expect(names(await lookAt(sourceOf(remote, { url: `file://${other.path}` })))).toEqual(["orders/z"]);
    await other.remove();
  });

  it("runs no hook, reads no configuration of the machine and checks nothing out", async () => {
    await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
    const witness = join(remote.folder, "witness");
    const home = join(remote.folder, "home");
    await mkdir(home);
    await writeFile(
      join(home, ".gitconfig"),
      `[core]\n\tfsmonitor = "touch ${witness}"\n[url "/nowhere"]\n\tinsteadOf = ${remote.path}\n`,
    );
    const source = sourceOf(remote, {
      inherited: {
        ...process.env,
        HOME: home,
        GIT_SSH_COMMAND: `touch ${witness}`,
        GIT_EXTERNAL_DIFF: `touch ${witness}`,
      },
    });
    const first = await lookAt(source);
    const hooks = join(cacheOf(), "hooks");
    await mkdir(hooks, { recursive: true });
    for (const hook of ["reference-transaction", "post-checkout", "post-merge", "pre-auto-gc"])
      await writeFile(join(hooks, hook), `#!/bin/sh\ntouch ${witness}\n`, { mode: 0o755 });
    await remote.commit({ "teams/orders/b.yaml": credentialText("b") });
    expect(names(await lookAt(source, first.cursor))).toEqual(["orders/a", "orders/b"]);
    expect(await readdir(remote.folder)).not.toContain("witness");
    expect(await readdir(cacheOf())).not.toContain("teams");
  });
});

it("lets nobody else read the cache, and allows no other transport", async () => {
  await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
  await lookAt(sourceOf(remote));
  expect((await stat(join(remote.folder, "cache"))).mode & 0o077).toBe(0);
  expect(await readFile(join(remote.folder, "cache/gitconfig"), "utf8")).toContain('allow = "never"');
});
