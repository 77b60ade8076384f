import { expect, it } from "vitest";
import { knownMoments } from "../cli/known-labels.ts";
import { layer } from "./a.ts";
import { tellShard } from "./shard.ts";

const OVERTAKEN = "C markable/1xcas rotate pause issuer.mint:after:1 until end";
const MINUTES = 60_000;

it(
  "keeps every promise whenever a replica dies or a person aborts, and comes by every effect that the engine has",
  async () => {
    const { told, labels, broken } = await tellShard(layer, {});
    expect(broken).toEqual([]);
    expect(told).toBeGreaterThan(3_000);
    // Only who was overtaken between a mint and its record makes it undone.
    const overtaken = await tellShard({ ...layer, schedules: () => [OVERTAKEN] }, {});
    expect(knownMoments().filter((moment) => !labels.has(moment) && !overtaken.labels.has(moment))).toEqual([]);
  },
  10 * MINUTES,
);
