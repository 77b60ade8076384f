import { expect, it } from "vitest";
import { openRunner } from "../sim/runner.ts";
import { layer } from "./c.ts";
import { inMemory, SHARE, tellShard } from "./shard.ts";

const MINUTES = 60_000;

it(
  "keeps every promise when a replica that stood still goes on after another took over",
  async () => {
    const { told, broken } = await tellShard(inMemory(layer), {});
    expect(broken).toEqual([]);
    expect(told).toBeGreaterThan(3_000);
  },
  10 * MINUTES,
);

it(
  "keeps them on PostgreSQL too",
  async () => {
    const { told, broken } = await tellShard({ ...layer, open: openRunner }, { shards: SHARE });
    expect(broken).toEqual([]);
    expect(told).toBeGreaterThan(150);
  },
  10 * MINUTES,
);
