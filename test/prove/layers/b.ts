/** Layer B: two crashes, the second in the replica that took over, in every order. */
import type { Layer, LayerOptions } from "../api.ts";
import { lotsOf } from "../sim/random.ts";
import type { SimRunner } from "../sim/runner.ts";
import { openRunner, openScout } from "../sim/runner.ts";
import { deaths, ownMoments } from "./a.ts";
import { momentsOf, tellings } from "./moments.ts";
import { inTurns, shuffled } from "./turns.ts";

/** Who found out where the second one can die uses it so often before another first one has its turn. */
const AT_ONCE = 3;

export const layer: Layer = {
  name: "B",
  about: "two crashes, the second at every moment of whoever took over after the first",
  schedules,
  open: openRunner,
};

/**
 * All pairs of all stories, in an order of the seed's own in which each story has its turn again and again: whoever tells a part of them
 * has told of every flow.
 */
async function* schedules(options: LayerOptions, scout?: SimRunner): AsyncIterable<string> {
  await using runner = await openScout(scout);
  const { seed, shard, shards, skip = 0, schedules: most = Infinity } = options;
  const own = shuffled(tellings("B", options), lotsOf(`B ${seed}`)).filter((_, index) => index % shards === shard);
  const share = Math.ceil(most / shards);
  let told = 0;
  for await (const schedule of inTurns(own.map((plain) => pairs(runner, plain, seed)))) {
    if (told >= share) return;
    if (told++ >= skip) yield schedule;
  }
}

interface First {
  readonly text: string;
  /** Where the second one dies. */
  readonly seconds: readonly string[];
}

async function* pairs(runner: SimRunner, plain: string, seed: number): AsyncIterable<string> {
  const lots = lotsOf(`B ${seed} ${plain}`);
  const moments = ownMoments(plain, await momentsOf(runner, plain, "a"));
  const left: First[] = [];
  for (const where of shuffled(deaths(moments), lots)) {
    const text = `${plain} die ${where}`;
    const seconds = shuffled(deaths(await momentsOf(runner, text, "b")), lots);
    yield* secondsOf({ text, seconds: seconds.slice(0, AT_ONCE) });
    left.push({ text, seconds: seconds.slice(AT_ONCE) });
  }
  for (const first of left) yield* secondsOf(first);
}

function* secondsOf({ text, seconds }: First): Iterable<string> {
  for (const where of seconds) yield `${text} die@b ${where}`;
}
