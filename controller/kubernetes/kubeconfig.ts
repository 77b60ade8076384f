/** Reads kubeconfig files as kubectl does: of several files, the first that names a thing says what it is. */
import { readFileSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import type { Cluster, Context, KubeConfig, User } from "@kubernetes/client-node";
import { parse } from "yaml";
import { ApiError } from "./error.ts";
import { isRecord } from "./object.ts";

export interface Selection {
  /** A path; instead of the ones that the environment names. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a context names. */
export interface Chosen {
  readonly cluster: Cluster;
  readonly user: User;
  readonly groups: readonly string[];
  readonly namespace: string;
}

type KubeConfigClass = new () => KubeConfig;

interface Read {
  readonly config: KubeConfig;
  /** By user: what the library leaves out. */
  readonly extras: ReadonlyMap<string, { readonly tokenFile: string | undefined; readonly groups: readonly string[] }>;
}

const MAX_BYTES = 4 * 1_024 * 1_024;

/** The files in force, first ones first. */
export function kubeconfigPaths({ kubeconfig, env }: Selection): readonly string[] {
  if (kubeconfig !== undefined) return [kubeconfig];
  const named = (env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  const home = env["HOME"] ?? env["USERPROFILE"];
  return named.length > 0 || home === undefined ? named : [join(home, ".kube", "config")];
}

/** What the chosen context names. Throws an ApiError with a remedy. */
export function choose(selection: Selection, makeConfig: KubeConfigClass): Chosen {
  const paths = kubeconfigPaths(selection);
  const read = paths.flatMap((path) => readOne(path, makeConfig) ?? []);
  if (read.length === 0) throw missing(paths);
  const contexts = read.flatMap(({ config }) => config.contexts);
  const name = selection.context ?? read.map(({ config }) => config.currentContext).find((current) => Boolean(current));
  const context = contexts.find((each) => each.name === name);
  if (!context) throw noContext(name, contexts);
  const cluster = read.flatMap(({ config }) => config.clusters).find((each) => each.name === context.cluster);
  if (!cluster) throw invalid(paths, `the cluster "${context.cluster}" of the context "${context.name}" is not in it`);
  return { cluster, namespace: context.namespace ?? "default", ...userOf(context, read, paths) };
}

function userOf(context: Context, read: readonly Read[], paths: readonly string[]): Pick<Chosen, "user" | "groups"> {
  if (!context.user) return { user: { name: "" }, groups: [] };
  const from = read.find(({ config }) => config.users.some(({ name }) => name === context.user));
  const user = from?.config.users.find(({ name }) => name === context.user);
  if (!user) throw invalid(paths, `the user "${context.user}" of the context "${context.name}" is not in it`);
  const { tokenFile, groups = [] } = from?.extras.get(user.name) ?? {};
  if (tokenFile === undefined) return { user, groups };
  return { user: { ...user, authProvider: { name: "tokenFile", config: { tokenFile } } }, groups };
}

/** undefined when there is no such file. */
function readOne(path: string, makeConfig: KubeConfigClass): Read | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw invalid([path], "it cannot be read");
  }
  if (text.length > MAX_BYTES) throw invalid([path], "it is too large");
  const config = new makeConfig();
  try {
    config.loadFromString(text);
  } catch (error) {
    throw invalid([path], known(error));
  }
  config.makePathsAbsolute(dirname(path));
  return { config, extras: extrasOf(text, dirname(path)) };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** Of the library's own words only those that quote nothing of the file. */
function known(error: unknown): string {
  const said = error instanceof Error ? error.message : "";
  return /^(clusters|users|contexts)\[\d+\]\.[a-z.]+ is missing$/.test(said) ? said : "it is no kubeconfig";
}

function extrasOf(text: string, folder: string): Read["extras"] {
  const file: unknown = parse(text, { logLevel: "silent" });
  const users = isRecord(file) && Array.isArray(file["users"]) ? file["users"].filter(isRecord) : [];
  return new Map(
    users.map(({ name, user }) => {
      const { tokenFile, "as-groups": groups } = isRecord(user) ? user : {};
      return [String(name), { tokenFile: pathIn(tokenFile, folder), groups: textsIn(groups) }];
    }),
  );
}

function pathIn(value: unknown, folder: string): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  return isAbsolute(value) ? value : join(folder, value);
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

function missing(paths: readonly string[]): ApiError {
  return new ApiError(`No kubeconfig was found (${paths.join(", ") || "and none was named"}).`, {
    reason: "KubeconfigMissing",
    remedy: "Name one with --kubeconfig or KUBECONFIG; in a pod, mount the token of its ServiceAccount.",
  });
}

function invalid(paths: readonly string[], why: string): ApiError {
  return new ApiError(`The kubeconfig ${paths.join(", ")} cannot be used: ${why}.`, {
    reason: "KubeconfigInvalid",
    remedy: "Mend the kubeconfig; kubectl config view shows how it is read.",
  });
}

function noContext(name: string | undefined, contexts: readonly Context[]): ApiError {
  const known = contexts
    .slice(0, 10)
    .map((each) => each.name)
    .join(", ");
  const message =
    name === undefined ? "The kubeconfig has no current context" : `The kubeconfig has no context "${name}"`;
  return new ApiError(`${message}; it has ${known === "" ? "none at all" : known}.`, {
    reason: "ContextMissing",
    remedy: "Name one of its contexts with --context, or set one with kubectl config use-context.",
  });
}
