/**
 * Builds what is published: JavaScript and the files that it reads at run time, with a `package.json` of its own, because the project's
 * brings along Node itself and tools that an installation must not have.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** Read at run time, each from its place beside the code. */
const CARRIED = [
  "controller/**/*.sql",
  "crds/*.yaml",
  "crds/schema/*.json",
  "adapters/*/config.schema.yaml",
  "manifests/**/*",
  "README.md",
  "LICENSE",
];
/** What Node 24.12 is the first to have: type stripping without a flag in development, and the same version here. */
const NODE = ">=24.12";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** Builds into `folder`, which is emptied first. Throws with the compiler's words when it does not compile. */
export function build(folder: string): void {
  const out = resolve(folder);
  rmSync(out, { recursive: true, force: true });
  compile(out);
  for (const path of CARRIED.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))) {
    const target = join(out, path);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, path), target, { recursive: true });
  }
  const own = publishedPackage(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Package);
  writeFileSync(join(out, "package.json"), `${JSON.stringify(own, undefined, 2)}\n`);
  for (const path of Object.values(own.bin)) chmodSync(join(out, path), 0o755);
}

function compile(out: string): void {
  const tsc = join(ROOT, "node_modules", ".bin", "tsc");
  const done = spawnSync(tsc, ["-p", "tsconfig.build.json", "--outDir", out], { cwd: ROOT, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`it does not compile:\n${done.stdout}${done.stderr}`);
}

/** Without scripts, development dependencies and Node itself; commands run the built files. */
export function publishedPackage(
  own: Package,
): Package & { readonly type: string; readonly files: readonly string[]; readonly engines: object } {
  const { name, version, description, license, dependencies } = own;
  const optional = Object.entries(own.optionalDependencies).filter(([dependency]) => !dependency.startsWith("node-"));
  return {
    name,
    version,
    description,
    license,
    type: "module",
    bin: Object.fromEntries(Object.entries(own.bin).map(([command, path]) => [command, path.replace(/\.ts$/, ".js")])),
    files: ["adapters", "controller", "crds", "manifests"],
    engines: { node: NODE },
    dependencies,
    optionalDependencies: Object.fromEntries(optional),
  };
}

if (import.meta.main) {
  const folder = process.argv[2] ?? join(ROOT, "dist");
  build(folder);
  if (!existsSync(join(folder, "package.json"))) throw new Error("nothing was built");
  console.log(`built ${folder}`);
}
