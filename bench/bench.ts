/** `npm run bench`: a table for people on stdout, and the same figures as JSON in `bench/last.json`. */
import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { criticalPath } from "./critical-path.ts";
import { memory } from "./memory.ts";
import { throughput } from "./throughput.ts";

const CREDENTIALS = 10_000;

const started = new Date().toISOString();
const rates = [];
console.log("Full rotations per second, zero-latency fakes, beside this machine's own ceiling in the same run");
console.log("parallel  rotations/s  commits each  single-row commits/s   ceiling   share");
for (const [parallel, rotations] of [
  [1, 300],
  [8, 1_500],
  [32, 2_000],
] as const) {
  const row = await throughput(parallel, rotations);
  rates.push(row);
  const cells = [
    String(parallel).padStart(8),
    row.perSecond.toFixed(0).padStart(12),
    row.commitsPerRotation.toFixed(1).padStart(13),
    row.commitsPerSecondCeiling.toFixed(0).padStart(21),
    row.ceiling.toFixed(0).padStart(9),
    `${(row.share * 100).toFixed(0)} %`.padStart(7),
  ];
  console.log(cells.join(" "));
}

console.log("\nWall time of one rotation over its vendor calls, 50 ms each");
console.log("consumers   wall ms   calls in a row   calls ms   ratio");
const paths = [];
for (const consumers of [1, 10, 100]) {
  const row = await criticalPath(consumers);
  paths.push(row);
  const cells = [
    String(consumers).padStart(9),
    row.wallMs.toFixed(0).padStart(9),
    String(row.rounds).padStart(16),
    row.callsMs.toFixed(0).padStart(10),
    row.ratio.toFixed(3).padStart(7),
  ];
  console.log(cells.join(" "));
}

console.log(`\nMemory of a controller with ${CREDENTIALS} credentials in its repository`);
const held = await memory(CREDENTIALS);
console.log(
  `peak RSS ${held.peakMiB.toFixed(0)} MiB, at rest ${held.restingMiB.toFixed(0)} MiB, synced after ${(held.syncedAfterMs / 1_000).toFixed(1)} s`,
);

const machine = {
  cpus: cpus().length,
  model: cpus()[0]?.model,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
await writeFile(
  new URL("./last.json", import.meta.url),
  `${JSON.stringify({ started, machine, throughput: rates, criticalPath: paths, memory: held }, undefined, 2)}\n`,
);
