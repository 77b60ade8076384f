import type { Config } from "../config.ts";
import { type Probes, startProbes } from "./probes.ts";
import type { Scrape } from "../metrics/scrape.ts";
import type { Readiness } from "./readiness.ts";

export interface OpenProbesOrder {
  readonly config: Config;
  readonly readiness: Readiness;
  readonly version: string;
  readonly stop: AbortSignal;
  readonly monotonicMs: () => number;
  readonly metrics: Scrape;
}

/** Before anything else, so that a start that takes long is seen to be alive. Without `VELVET_HTTP_PORT` nothing is served. */
export async function openProbes({
  config,
  readiness,
  version,
  stop,
  monotonicMs,
  metrics,
}: OpenProbesOrder): Promise<Probes | undefined> {
  if (config.httpPort === undefined) return undefined;
  readiness.set("start", () => "the ledger is being opened");
  readiness.set("stop", () => (stop.aborted ? "it is stopping" : undefined));
  const { rotation, environment, install } = config;
  const flags = { version, rotation, environment, install, sources: sourceNames(config) };
  return startProbes({ host: config.httpHost, port: config.httpPort, readiness, flags, monotonicMs, metrics });
}

function sourceNames({ platformDir, gitUrl, kubernetesNamespaces }: Config): string[] {
  return [
    ...(platformDir === undefined ? [] : ["platform"]),
    ...(gitUrl === undefined ? [] : ["tenants"]),
    ...(kubernetesNamespaces === undefined ? [] : ["kubernetes"]),
  ];
}
