import { expect, it } from "vitest";
import { knownMoments } from "../cli/known-labels.ts";
import { openRunner } from "../sim/runner.ts";
import { layer } from "./a.ts";
import { inMemory, SHARE, tellShard } from "./shard.ts";
import { oncePerStory, TODAY, todaysShard } from "./today.ts";

const OVERTAKEN = "C markable/1xcas rotate pause issuer.mint:after:1 until end";
const MINUTES = 60_000;

it(
  `keeps every promise whenever a replica dies or a person comes between, by every effect that there is, on ${TODAY}`,
  async () => {
    const { told, labels, flows, broken } = await tellShard(inMemory(layer), { wants: oncePerStory() });
    expect(broken).toEqual([]);
    expect(told).toBeGreaterThan(3_000);
    expect([...flows].sort()).toEqual(["By hand", "Drift", "Operational", "Revocation", "Testing"]);
    // Only who was overtaken between a mint and its record makes it undone.
    await using runner = await openRunner({ ledger: "memory" });
    const overtaken = await runner.run(OVERTAKEN);
    expect(knownMoments().filter((moment) => !labels.has(moment) && !overtaken.labels.has(moment))).toEqual([]);
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
