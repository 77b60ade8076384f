/** The test of one shard of layer D. Several files, so that they run side by side. */
import { randomInt } from "node:crypto";
import { expect, it } from "vitest";
import { layer } from "./d.ts";
import { tellShard } from "./shard.ts";

const SCHEDULES = 10_000;
const SHARDS = 4;
const MINUTES = 60_000;

export function randomCase(shard: number): void {
  // Another seed each time: what is found once is told again by its own text.
  const seed = randomInt(2 ** 31);
  it(
    `keeps every promise whatever happens: shard ${shard + 1} of ${SHARDS}, seed ${seed}`,
    async () => {
      const { told, broken } = await tellShard(layer, { seed, schedules: SCHEDULES, shard, shards: SHARDS });
      expect(broken).toEqual([]);
      expect(told).toBe(SCHEDULES / SHARDS);
    },
    10 * MINUTES,
  );
}
