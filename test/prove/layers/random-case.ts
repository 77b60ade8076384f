/** The test of one shard of layer D. Several files, so that they run side by side. */
import { randomInt } from "node:crypto";
import { expect, it } from "vitest";
import type { RunnerOptions } from "../sim/runner.ts";
import type { Layer } from "../api.ts";
import { layer, openRandom } from "./d.ts";
import { tellShard } from "./shard.ts";

const MINUTES = 60_000;

/** All shards together: 10,000 schedules. */
export function randomCase(ledger: NonNullable<RunnerOptions["ledger"]>, schedules: number): void {
  // Another seed each time: what is found once is told again by its own text.
  const seed = randomInt(2 ** 31);
  it(
    `keeps every promise whatever happens, on the ledger in ${ledger}, seed ${seed}`,
    async () => {
      const random: Layer = { ...layer, open: async () => openRandom({ ledger }) };
      const { told, broken } = await tellShard(random, { seed, schedules });
      expect(broken).toEqual([]);
      expect(told).toBe(schedules);
    },
    10 * MINUTES,
  );
}
