import { expect, it } from "vitest";
import { layer } from "./c.ts";
import { tellShard } from "./shard.ts";

const MINUTES = 60_000;

it(
  "keeps every promise when a replica that stood still goes on after another took over",
  async () => {
    const { told, broken } = await tellShard(layer, {});
    expect(broken).toEqual([]);
    expect(told).toBeGreaterThan(3_000);
  },
  10 * MINUTES,
);
