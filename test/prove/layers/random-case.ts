/** The test of one shard of layer D. Several files, so that they run side by side. */
import { expect, it } from "vitest";
import type { RunnerOptions } from "../sim/runner.ts";
import type { Layer } from "../api.ts";
import { layer, openRandom } from "./d.ts";
import { tellShard } from "./shard.ts";

const MINUTES = 60_000;

/** All of them together: 10,000 schedules, the same ones each time. `npm run prove` looks elsewhere each time. */
export function randomCase(ledger: NonNullable<RunnerOptions["ledger"]>, seed: number, schedules: number): void {
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
