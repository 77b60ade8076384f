/** Layer E: real controllers, killed with SIGKILL or frozen with SIGSTOP at every moment of every story. */
import type { Layer, LayerOptions } from "../api.ts";
import { STORIES } from "../sim/stories.ts";
import { shuffled } from "../layers/turns.ts";
import { type Lots, lotsOf } from "../sim/random.ts";
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

/** A round tells some stories undisturbed to learn their moments, then so many blows at them. */
const ROUND = { stories: 8, blows: 100 };

async function* schedulesOf(options: LayerOptions): AsyncIterable<string> {
  const { seed, schedules = Infinity, shard, shards, skip = 0, only = "" } = options;
  const first = shard + skip * shards;
  const prepare = async (round: number): Promise<string[]> => roundOf(lotsOf(`E ${seed} ${round}`), only);
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
async function roundOf(lots: Lots, only: string): Promise<string[]> {
  const stories = shuffled(pairs(only), lots).slice(0, ROUND.stories);
  const { world, leave } = await enter();
  try {
    const found = await Promise.all(
      stories.map(async (each) => {
        const moments = await world.momentsOf(scheduleText(each));
        return moments.flatMap((moment) => blowsAt(moment).map((blow) => scheduleText({ ...each, blow })));
      }),
    );
    const order = shuffled(found.flat(), lots);
    if (order.length === 0) throw new Error(`no story has a moment in it: ${only}`);
    return Array.from({ length: ROUND.blows }, (_, index) => order[index % order.length] ?? "");
  } finally {
    await leave();
  }
}

function pairs(only: string): { setup: string; story: string }[] {
  return Object.keys(SETUPS)
    .flatMap((setup) => STORY_NAMES.map((story) => ({ setup, story })))
    .filter(({ setup, story }) => fits(setup, story) && `${setup} ${story}`.includes(only));
}

function fits(setup: string, story: string): boolean {
  const given = SETUPS[setup];
  const told = STORIES[story];
  return given !== undefined && told !== undefined && (told.fit ? told.fit(given) !== undefined : true);
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
  const abort: Blow[] = at.point === "before" && isDecisive(label) ? [{ ...at, deed: "abort" }] : [];
  if (!CHANGING.test(label)) return [kill, ...abort];
  if (at.point !== "sent") return [kill, freeze, ...abort];
  return [
    { ...kill, landsAfter: 0.5 },
    { ...kill, landsAfter: 1.5 },
    { ...freeze, landsAfter: 1.5 },
  ];
}
