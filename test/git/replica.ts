/** One replica that watches one git remote: `node replica.ts <json>`. To be killed by its test. */
import { randomUUID } from "node:crypto";
import { gitSource } from "../../controller/sources/git/source.ts";
import { runSource } from "../../controller/sources/poll.ts";
import { ledgerOf, openPool } from "../../controller/ledger/db.ts";
import { readLoosely } from "./manifests.ts";

export interface ReplicaOptions {
  readonly databaseUrl: string;
  readonly url: string;
  readonly cacheFolder: string;
  readonly source: string;
  readonly leaseMs: number;
}

if (process.argv[1] === import.meta.filename) {
  const options = JSON.parse(process.argv[2] ?? "{}") as ReplicaOptions;
  const pool = openPool({ connectionString: options.databaseUrl, max: 4, applicationName: "replica" }, () => undefined);
  const { url, cacheFolder, leaseMs } = options;
  const rest = { branch: "main", namespaces: "teams/*=*", inherited: process.env, read: readLoosely };
  const running = runSource(gitSource({ name: options.source, url, cacheFolder, ...rest }), {
    db: ledgerOf(pool),
    clock: { now: () => new Date(), monotonicMs: () => performance.now() },
    signal: new AbortController().signal,
    interval: 100,
    owner: `replica ${process.pid}`,
    newId: randomUUID,
    random: Math.random,
    leaseMs,
    onChange: () => undefined,
    onFailure: () => undefined,
  });
  await running.done;
}
