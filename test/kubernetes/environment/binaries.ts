/** Finds the programs: in `KUBEBUILDER_ASSETS`, on the PATH where the version fits, and in the cache of what was built before. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { type Binaries, cacheFolder, KUBERNETES_MINOR, type Tool, TOOLS } from "./tools.ts";

export interface Lacking {
  /** For a person: what is missing and how to get it. */
  readonly lacking: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** How a program on the PATH says its version, and whether that fits what the tests expect. */
const VERSIONS: Readonly<
  Record<Tool, { readonly args: readonly string[]; fits(major: number, minor: number): boolean }>
> = {
  etcd: { args: ["--version"], fits: (major, minor) => major === 3 && minor >= 5 },
  // The oldest with selectable fields and admission policies that are both final.
  "kube-apiserver": { args: ["--version"], fits: (major, minor) => major === 1 && minor >= 32 },
  // Kubernetes supports a kubectl that is one minor version away.
  kubectl: {
    args: ["version", "--client"],
    fits: (major, minor) => major === 1 && Math.abs(minor - KUBERNETES_MINOR) <= 1,
  },
  helm: { args: ["version", "--short"], fits: (major, minor) => major === 3 && minor >= 17 },
};

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function fits(tool: Tool, path: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(path, VERSIONS[tool].args, { timeout: 20_000 });
    const [, major, minor] = /(\d+)\.(\d+)\.\d+/.exec(stdout) ?? [];
    return VERSIONS[tool].fits(Number(major), Number(minor));
  } catch {
    return false;
  }
}

async function find(tool: Tool, env: Environment): Promise<string | undefined> {
  const assets = env["KUBEBUILDER_ASSETS"];
  // Who sets this has chosen: the version is not asked.
  if (assets && isExecutable(join(assets, tool))) return join(assets, tool);
  for (const folder of (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")) {
    const path = join(folder, tool);
    if (isExecutable(path) && (await fits(tool, path))) return path;
  }
  const cached = join(cacheFolder(env), tool);
  return isExecutable(cached) ? cached : undefined;
}

/** All four programs without building anything, or why not. */
export async function findBinaries(env: Environment = process.env): Promise<Binaries | Lacking> {
  const found = await Promise.all(TOOLS.map(async (tool) => [tool, await find(tool, env)] as const));
  const missing = found.filter(([, path]) => path === undefined).map(([tool]) => tool);
  if (missing.length === 0) return Object.fromEntries(found) as Binaries;
  return {
    lacking: `${missing.join(", ")} not found in KUBEBUILDER_ASSETS, on the PATH (in a version that fits) or in ${cacheFolder(env)}; npm run test:kubernetes builds them once, with Go`,
  };
}
