/** The four programs, and how they are built: what stands in `tools/go.mod` is what is built and nothing else names a version. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export const TOOLS = ["etcd", "kube-apiserver", "kubectl", "helm"] as const;
export type Tool = (typeof TOOLS)[number];

/** The path of each program. */
export type Binaries = Readonly<Record<Tool, string>>;

export const MODULE_FOLDER = join(import.meta.dirname, "tools");

/** The main package of each program. */
export const PACKAGES: Readonly<Record<Tool, string>> = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  helm: "helm.sh/helm/v3/cmd/helm",
};

const goMod = readFileSync(join(MODULE_FOLDER, "go.mod"), "utf8");

function pinned(module: string): string {
  const version = new RegExp(`^\\s*${module} (v[0-9.]+)`, "m").exec(goMod)?.[1];
  if (version === undefined) throw new Error(`tools/go.mod does not require ${module}`);
  return version;
}

/** For example `v1.36.3`. */
export const KUBERNETES_VERSION = pinned("k8s.io/kubernetes");
const [MAJOR = "", MINOR = ""] = KUBERNETES_VERSION.slice(1).split(".");
export const KUBERNETES_MINOR = Number(MINOR);

/** A build outside the projects' own scripts knows its version only when the linker is told. */
export function linkerFlags(): string {
  const version = "k8s.io/component-base/version";
  const helm = "helm.sh/helm/v3";
  const set = {
    [`${version}.gitVersion`]: KUBERNETES_VERSION,
    [`${version}.gitMajor`]: MAJOR,
    [`${version}.gitMinor`]: MINOR,
    [`${version}.gitTreeState`]: "clean",
    [`${helm}/internal/version.version`]: pinned("helm.sh/helm/v3"),
    [`${helm}/pkg/chartutil.k8sVersionMajor`]: MAJOR,
    [`${helm}/pkg/chartutil.k8sVersionMinor`]: MINOR,
    [`${helm}/pkg/lint/rules.k8sVersionMajor`]: MAJOR,
    [`${helm}/pkg/lint/rules.k8sVersionMinor`]: MINOR,
  };
  return ["-s", "-w", ...Object.entries(set).flatMap(([name, value]) => ["-X", `${name}=${value}`])].join(" ");
}

/**
 * Where built programs are kept, one folder for each content of go.mod and go.sum and each platform. It lies in the person's cache, not
 * below node_modules, so that `npm ci` does not throw it away and checkouts share it.
 */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const hash = createHash("sha256").update(goMod);
  hash.update(readFileSync(join(MODULE_FOLDER, "go.sum")));
  hash.update(`${linkerFlags()} ${process.platform}-${process.arch}`);
  const root = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(root, "velvet-kubernetes", hash.digest("hex").slice(0, 16));
}
