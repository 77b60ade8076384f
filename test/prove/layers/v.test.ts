import { expect, it } from "vitest";
import { EMULATED } from "../emulated/setups.ts";
import { inMemory, SHARE, tellShard } from "./shard.ts";
import { todaysShard } from "./today.ts";
import { layer } from "./v.ts";

const MINUTES = 60_000;

it(
  "keeps every promise through every real adapter on its vendor's emulator",
  async () => {
    const { told, broken } = await tellShard(inMemory(layer), { shards: SHARE * 2, shard: todaysShard(SHARE * 2) });
    expect(broken).toEqual([]);
    expect(told).toBeGreaterThan(200);
    expect(Object.keys(EMULATED).length).toBeGreaterThan(12);
  },
  10 * MINUTES,
);
