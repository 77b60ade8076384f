import { join } from "node:path";
import type { Config } from "../config.ts";
import { folderSource } from "./folder.ts";
import { gitSource } from "./git/source.ts";
import type { Source } from "./look.ts";
import { readManifests } from "./manifest/read.ts";

const PLATFORM_INTERVAL_MS = 5_000;

/** The git branch and the folder that are configured, and how often each is looked at. `environment`: only what git may see of it is passed on. */
export function configuredSources(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): { source: Source; interval: number }[] {
  const found: { source: Source; interval: number }[] = [];
  const read = readManifests;
  if (config.platformDir !== undefined) {
    const source = folderSource({
      name: "platform",
      folder: config.platformDir,
      read,
      environment: config.environment,
    });
    found.push({ source, interval: PLATFORM_INTERVAL_MS });
  }
  if (config.gitUrl !== undefined && config.gitNamespaces !== undefined) {
    const source = gitSource({
      name: "tenants",
      url: config.gitUrl.reveal(),
      ...(config.gitToken === undefined ? {} : { token: config.gitToken }),
      branch: config.gitBranch,
      namespaces: config.gitNamespaces,
      cacheFolder: join(config.dataDir, "git", "tenants"),
      inherited: environment,
      read,
      environment: config.environment,
    });
    found.push({ source, interval: config.gitIntervalMs });
  }
  return found;
}
