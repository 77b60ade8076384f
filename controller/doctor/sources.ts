import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { folderSource } from "../sources/folder.ts";
import { openCache } from "../sources/git/cache.ts";
import { parseRemote } from "../sources/git/remote.ts";
import { readManifests } from "../sources/manifest/read.ts";
import { type Finding, missing, missingBy, ok, warn } from "./finding.ts";

/** Asks the remote for the branch's head, exactly as the controller does. Fetches nothing, leaves nothing. */
export async function checkRemote(
  config: Config,
  inherited: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (config.gitUrl === undefined) {
    return [warn("git-url", "No repository is watched.", "Set VELVET_GIT_URL and VELVET_GIT_NAMESPACES.")];
  }
  const remote = parseRemote(config.gitUrl.reveal(), config.gitToken);
  const folder = await mkdtemp(join(tmpdir(), "velvet-doctor-"));
  try {
    const environment = Object.fromEntries(PASSED_ON.flatMap((name) => pair(name, inherited[name])));
    const cache = await openCache({ remote, branch: config.gitBranch, folder, environment, largestFile: 0 });
    const tip = await cache.tip(signal);
    return [ok("git-url", `${remote.url} has ${config.gitBranch} at ${tip.slice(0, 12)}`)];
  } catch (error) {
    return [missingBy("git-url", error, "Check VELVET_GIT_URL, and what it is reached with.")];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What git needs to find a remote: programs, keys, proxies, certificates. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "SSH_AUTH_SOCK",
  "GIT_SSL_CAINFO",
  "SSL_CERT_FILE",
  "HTTPS_PROXY",
  "https_proxy",
  "NO_PROXY",
  "no_proxy",
];

function pair(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}

/** The platform team's folder: that it has accounts, and that they can be read. */
export async function checkPlatform(config: Config, signal: AbortSignal): Promise<Finding[]> {
  if (config.platformDir === undefined && config.kubernetesNamespaces !== undefined) {
    return [ok("platform", "vendor accounts are the cluster's")];
  }
  if (config.platformDir === undefined) {
    return [
      missing(
        "platform",
        "No vendor account is known.",
        "Set VELVET_PLATFORM_DIR to the folder with the VendorAccounts.",
      ),
    ];
  }
  try {
    const source = folderSource({ name: "platform", folder: config.platformDir, read: readManifests });
    const look = await source.look(undefined, signal);
    const problems = (look?.problems ?? []).map(({ path, line, message }) =>
      missing("platform", `${path}:${line}: ${message}`, "Correct the file; velvet validate shows the whole of it."),
    );
    const accounts = (look?.documents ?? []).filter(({ kind }) => kind === "VendorAccount").length;
    if (accounts > 0) return [ok("platform", `${accounts} vendor accounts in ${config.platformDir}`), ...problems];
    return [
      missing("platform", `There is no VendorAccount in ${config.platformDir}.`, "Add one; see manifests/platform."),
      ...problems,
    ];
  } catch (error) {
    return [missingBy("platform", error, "Check VELVET_PLATFORM_DIR.")];
  }
}
