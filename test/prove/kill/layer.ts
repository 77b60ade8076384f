/** Layer E: real controllers, killed with SIGKILL or frozen with SIGSTOP at every moment of every story. */
import type { Layer, LayerOptions } from "../api.ts";
import { STORIES } from "../sim/stories.ts";
import { inTurns, shuffled } from "../layers/turns.ts";
import { lotsOf } from "../sim/random.ts";
import { type Blow, type Point, scheduleText } from "./schedule.ts";
import { SETUPS, STORY_NAMES } from "./setups.ts";
import { World } from "./world.ts";

type Entered = { readonly world: World; readonly leave: () => Promise<void> };

/** One world for all runners of a process, until it is worn: they are in flight in it together. */
let shared: { readonly world: Promise<World>; users: number } | undefined;

export async function enter(): Promise<Entered> {
  shared ??= { world: World.open(), users: 0 };
  const used = shared;
  used.users += 1;
  const world = await used.world;
  const leave = async (): Promise<void> => {
    used.users -= 1;
    if (used.users > 0) return;
    if (shared === used) shared = undefined;
    await world[Symbol.asyncDispose]();
  };
  if (!world.isWorn) return { world, leave };
  if (shared === used) shared = undefined;
  await leave();
  return enter();
}

export const layer: Layer = {
  name: "E",
  about: "real controllers that are really killed or frozen",
  schedules: schedulesOf,
  open: async () => {
    let entered = await enter();
    return {
      run: async (schedule) => {
        if (entered.world.isWorn) {
          const { leave } = entered;
          entered = await enter();
          await leave();
        }
        return entered.world.tell(schedule);
      },
      [Symbol.asyncDispose]: async () => entered.leave(),
    };
  },
};

/**
 * A round tells every story undisturbed, with one setup each, to learn its moments, then so many blows at them: in turn, so that whoever
 * tells a part of a round has told of every flow.
 */
const ROUND = { blows: 200 };

async function* schedulesOf(options: LayerOptions): AsyncIterable<string> {
  const { seed, schedules = Infinity, shard, shards, skip = 0, only = "" } = options;
  const first = shard + skip * shards;
  const prepare = async (round: number): Promise<string[]> => roundOf(seed, round, only);
  let round = Math.floor(first / ROUND.blows);
  let next: Promise<string[]> | undefined = prepare(round);
  try {
    for (; next; round += 1) {
      const texts: string[] = await next;
      // The next round is prepared while this one is told.
      next = (round + 1) * ROUND.blows < schedules ? prepare(round + 1) : undefined;
      yield* texts.filter((_, place) => {
        const index = round * ROUND.blows + place;
        return index >= first && index < schedules && index % shards === shard;
      });
    }
  } finally {
    // Whoever has had enough leaves nothing going on behind them.
    await next?.catch(() => undefined);
  }
}

/** Exactly as many as a round has, so that what was done before can be passed over without being told. */
async function roundOf(seed: number, round: number, only: string): Promise<string[]> {
  const lots = lotsOf(`E ${seed} ${round}`);
  const { world, leave } = await enter();
  try {
    const found = await Promise.all(
      pairsOf(seed, round, only).map(async (each) => {
        const moments = ownMoments(each.story, await world.momentsOf(scheduleText(each)));
        return moments.flatMap((moment) => blowsAt(moment).map((blow) => scheduleText({ ...each, blow })));
      }),
    );
    const told = found.filter((each) => each.length > 0);
    if (told.length === 0) throw new Error(`no story has a moment in it: ${only}`);
    const order = inTurns(shuffled(told, lots).map((each) => again(shuffled(each, lots))));
    const texts: string[] = [];
    for await (const text of order) if (texts.push(text) >= ROUND.blows) break;
    return texts;
  } finally {
    await leave();
  }
}

function* again<T>(items: readonly T[]): Iterable<T> {
  for (;;) yield* items;
}

/** Each story with one of its setups, another one in each round. */
function pairsOf(seed: number, round: number, only: string): { setup: string; story: string }[] {
  const told = STORY_NAMES.flatMap((story) => {
    const fitting = Object.keys(SETUPS).filter((setup) => fits(setup, story) && `${setup} ${story}`.includes(only));
    const setups = shuffled(fitting, lotsOf(`E ${seed} ${story}`));
    return setups
      .slice(round % Math.max(1, setups.length))
      .slice(0, 1)
      .map((setup) => ({ setup, story }));
  });
  return told;
}

function fits(setup: string, story: string): boolean {
  const given = SETUPS[setup];
  const told = STORIES[story];
  return given !== undefined && told !== undefined && (told.fit ? told.fit(given) !== undefined : true);
}

/** What comes before drift is told by other stories. */
function ownMoments(story: string, moments: readonly string[]): readonly string[] {
  if (STORIES[story]?.watches !== true) return moments;
  const first = moments.findIndex((moment) => moment.startsWith("drift."));
  return first < 0 ? [] : moments.slice(first);
}

/** A controller that stands still is of no use to the others: only where going on too late can do harm. */
const CHANGING = /\.(mint|write|restore|revoke\w*|drop|destroy|moveGrace|keep|end|reap)$/;

/** What is decided on right before a mint or a revoke is begun. */
function isDecisive(label: string): boolean {
  return CHANGING.test(label) || label === "issuer.list" || label === "issuer.usage";
}

function blowsAt(moment: string): Blow[] {
  const [label = "", point = "", nth = ""] = moment.split(":");
  const at = { label, point: point as Point, nth: Number(nth), landsAfter: 0 };
  const kill: Blow = { ...at, deed: "kill" };
  const freeze: Blow = { ...at, deed: "freeze" };
  if (at.point === "done") return [kill];
  // What is put right between rotations nobody aborts.
  const isAborted = at.point === "before" && isDecisive(label) && !label.startsWith("drift.");
  const abort: Blow[] = isAborted ? [{ ...at, deed: "abort" }] : [];
  if (!CHANGING.test(label)) return [kill, ...abort];
  if (at.point !== "sent") return [kill, freeze, ...abort];
  return [
    { ...kill, landsAfter: 0.5 },
    { ...kill, landsAfter: 1.5 },
    { ...freeze, landsAfter: 1.5 },
  ];
}
