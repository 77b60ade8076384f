import { expect, it } from "vitest";
import { openRunner } from "../sim/runner.ts";
import { layer } from "./c.ts";
import { inMemory, SHARE, tellShard } from "./shard.ts";
import { oneVendor, TODAY, todaysShard } from "./today.ts";

const MINUTES = 60_000;

it(
  `keeps every promise when a replica that stood still goes on after another took over, on ${TODAY}`,
  async () => {
    const { told, broken } = await tellShard(inMemory(layer), { wants: oneVendor });
    expect(broken).toEqual([]);
    expect(told).toBeGreaterThan(1_000);
  },
  10 * MINUTES,
);

it(
  `keeps them on PostgreSQL too, on ${TODAY}`,
  async () => {
    const { told, broken } = await tellShard(
      { ...layer, open: openRunner },
      { shards: SHARE, shard: todaysShard(SHARE) },
    );
    expect(broken).toEqual([]);
    expect(told).toBeGreaterThan(100);
  },
  10 * MINUTES,
);
