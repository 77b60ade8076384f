import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Environment, findBinaries } from "./binaries.ts";
import { obtainBinaries } from "./build.ts";
import { cacheFolder, TOOLS } from "./tools.ts";

/** Programs are shell scripts here: what is tested is which one is chosen, and that a build happens once. */
describe("the programs of an API server", () => {
  let folder: string;
  let env: Environment & { readonly PATH: string };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "velvet-binaries-"));
    env = { PATH: join(folder, "path"), XDG_CACHE_HOME: join(folder, "cache"), HOME: folder };
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const program = (path: string, ...lines: readonly string[]): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, ["#!/bin/sh", ...lines, ""].join("\n"));
    chmodSync(path, 0o755);
  };
  const VERSIONS = {
    etcd: "etcd Version: 3.6.8",
    "kube-apiserver": "Kubernetes v1.36.0",
    kubectl: "Client Version: v1.36.1",
    helm: "v3.21.4+g1",
  };
  const onPath = (changed: Partial<typeof VERSIONS> = {}): void => {
    for (const [tool, said] of Object.entries({ ...VERSIONS, ...changed }))
      program(join(env.PATH, tool), `echo '${said}'`);
  };
  /** A Go toolchain that makes what a real one would, and counts. */
  const fakeGo = (...before: readonly string[]): void =>
    program(
      join(env.PATH, "go"),
      `echo built >> '${folder}/builds'`,
      ...before,
      'while [ "$1" != -o ]; do shift; done',
      // As Go names it: by the last part of etcd's package that is no version.
      'for tool in server kube-apiserver kubectl helm; do echo made > "$2$tool"; /bin/chmod 755 "$2$tool"; done',
    );
  const builds = (): number => readFileSync(join(folder, "builds"), "utf8").trim().split("\n").length;
  const inCache = (tool: string): string => join(cacheFolder(env), tool);
  const quiet = (): void => undefined;

  it("are those on the PATH, when their versions fit", async () => {
    onPath();
    expect(await findBinaries(env)).toEqual(Object.fromEntries(TOOLS.map((tool) => [tool, join(env.PATH, tool)])));
  });

  it.each([
    ["kubectl", "Client Version: v1.32.4"],
    ["kubectl", "nothing that looks like a version"],
    ["helm", "v4.0.1"],
    ["helm", "v2.17.0"],
    ["kube-apiserver", "Kubernetes v1.29.4"],
    ["etcd", "etcd Version: 3.4.30"],
  ] as const)("are not %s of the PATH that says %s", async (tool, said) => {
    onPath({ [tool]: said });
    expect(await findBinaries(env)).toEqual({ lacking: expect.stringMatching(new RegExp(`^${tool} not found in `)) });
    program(inCache(tool), "exit 1");
    expect(await findBinaries(env)).toHaveProperty(tool, inCache(tool));
  });

  it("are those of KUBEBUILDER_ASSETS first, whatever their versions", async () => {
    onPath();
    const assets = join(folder, "assets");
    program(join(assets, "kube-apiserver"), "echo Kubernetes v1.30.0");
    expect(await findBinaries({ ...env, KUBEBUILDER_ASSETS: assets })).toMatchObject({
      "kube-apiserver": join(assets, "kube-apiserver"),
      etcd: join(env.PATH, "etcd"),
    });
  });

  it("are built once when two runs want them at the same time, and not again", async () => {
    fakeGo("/bin/sleep 0.2");
    const both = await Promise.all([obtainBinaries(env, quiet), obtainBinaries(env, quiet)]);
    const expected = Object.fromEntries(TOOLS.map((tool) => [tool, inCache(tool)]));
    expect(both).toEqual([expected, expected]);
    expect(await obtainBinaries(env, quiet)).toEqual(expected);
    expect(builds()).toBe(1);
    expect(readdirSync(dirname(cacheFolder(env)))).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
  });

  it("are built by the next run when one died in the middle of it", async () => {
    fakeGo();
    mkdirSync(dirname(cacheFolder(env)), { recursive: true });
    // No program has such a number on any system.
    writeFileSync(`${cacheFolder(env)}.lock`, "99999999");
    expect(await obtainBinaries(env, quiet)).toHaveProperty("helm", inCache("helm"));
  });

  it("are said to be lacking, with the reason, when the build fails, and nothing half-built is left", async () => {
    fakeGo("echo no route to the proxy >&2", "exit 1");
    expect(await obtainBinaries(env, quiet)).toEqual({ lacking: expect.stringContaining("no route to the proxy") });
    expect(existsSync(cacheFolder(env))).toBe(false);
    expect(readdirSync(dirname(cacheFolder(env)))).toEqual([]);
  });

  it("are said to be lacking when there is no Go", async () => {
    expect(await obtainBinaries(env, quiet)).toEqual({ lacking: expect.stringMatching(/go: .*ENOENT/) });
  });
});
