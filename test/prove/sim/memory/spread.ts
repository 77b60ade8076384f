/** Some schedules of every layer for one setup, chosen by seed. */
import { deaths } from "../../layers/a.ts";
import { layer as random } from "../../layers/d.ts";
import { apart, changes, flightOf, momentsOf } from "../../layers/moments.ts";
import type { Lots } from "../random.ts";
import { lotsOf } from "../random.ts";
import type { SimRunner } from "../runner.ts";
import { SETUPS } from "../setups.ts";
import { STORIES } from "../stories.ts";

/** For what by chance comes up too seldom. */
export const POINTED: readonly string[] = [
  // Whoever took over has a claim, and has not written anything yet.
  "C markable/1xcas rotate pause sink.observe:before:1 until@b sink.observe:after:1",
  // Somebody comes by for another request while the rotation is held.
  "D markable/1xcas rotate pause sink.write:after:1 until end request sink.write:before:1",
  // Everything that a rehearsal writes and takes back.
  "A markable/3xblind rehearse",
  "D unmarked/1xblind rehearse die sink.restore:after:1",
  // What a rotation leaves is looked at, put right, decided on and fought over.
  "A markable/1xcas drift-corrected die drift.write:after:1",
  "A client-supplied/1xcas drift-corrected request drift.write:before:1",
  "A re-readable/1xreadable drift-warned",
  "A markable/1xcas drift-accepted",
  "A markable/1xcas drift-fight",
  "A markable/3xblind watched",
  "C markable/1xcas drift-corrected pause drift.write:flight:1 until@b drift.write:after:1",
  // The next look is due at a moment that no clock has a name for, unless it is rounded before.
  "D client-supplied/1xcas drift-corrected fault=twice+10m issuer.usage:2 fault=reset-after sink.write:1 pause@b sink.write:after:2 until@c check.lockOut:before:2 pause issuer.mint:after:3 until@c sink.drop:after:3",
  // A person decides just before what cannot be taken back.
  "A markable/1xcas rotate abort issuer.usage:before:1",
  "D markable/1xcas rotate abort issuer.mint:before:1",
];

const DEATHS = 2;
const RANDOM = 6;

/** `runner` only finds out where something can happen. */
export async function spreadOf(runner: SimRunner, setup: string, seed: number): Promise<readonly string[]> {
  const lots = lotsOf(`${setup} ${seed}`);
  return [
    ...(await crashes(runner, setup, lots)),
    ...(await stale(runner, setup, lots)),
    ...(await anything(setup, seed)),
  ];
}

async function crashes(runner: SimRunner, setup: string, lots: Lots): Promise<string[]> {
  const given = SETUPS[setup];
  const stories = Object.keys(STORIES).filter((name) => given && STORIES[name]?.fit?.(given));
  const plain = `A ${setup} ${lots.pick(stories)}`;
  const moments = await momentsOf(runner, plain, "a");
  const dies = Array.from({ length: DEATHS }, () => `${plain} die ${lots.pick(deaths(moments))}`);
  return [plain, ...dies, `${plain} abort ${lots.pick(apart(moments)).moment}`];
}

async function stale(runner: SimRunner, setup: string, lots: Lots): Promise<string[]> {
  const plain = `C ${setup} ${lots.pick(["rotate", "abort-distributing"])}`;
  const moments = await momentsOf(runner, plain, "a");
  const stands = moments.map(({ moment }) => flightOf(moment) ?? moment).filter((where) => !where.includes(":before:"));
  const pause = `${plain} pause ${lots.pick(stands)}`;
  const toTheEnd = `${pause} until end`;
  const others = (await momentsOf(runner, toTheEnd, "b")).filter(({ moment }) => changes(moment));
  return [toTheEnd, ...(others.length > 0 ? [`${pause} until@b ${lots.pick(others).moment}`] : [])];
}

async function anything(setup: string, seed: number): Promise<string[]> {
  const found: string[] = [];
  const options = { seed, schedules: RANDOM, shard: 0, shards: 1, only: setup };
  for await (const text of random.schedules(options)) found.push(text);
  return found;
}
