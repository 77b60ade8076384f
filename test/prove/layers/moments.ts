/** Where something can happen in a telling, found by telling it without that. */
import type { LayerOptions, Setup } from "../api.ts";
import type { SimRunner } from "../sim/runner.ts";
import type { Passed } from "../sim/events.ts";
import { isChanging } from "../sim/events.ts";
import { SETUPS } from "../sim/setups.ts";
import { STORIES } from "../sim/stories.ts";

/** Every story with every setup that it can be told with, as the beginning of a schedule, in a fixed order. */
export function tellings(
  layer: string,
  { only }: LayerOptions,
  stories: readonly string[] = Object.keys(STORIES),
  setups: Readonly<Record<string, Setup>> = SETUPS,
): string[] {
  const all = Object.entries(setups).flatMap(([setup, given]) =>
    stories.filter((story) => STORIES[story]?.fit?.(given)).map((story) => `${layer} ${setup} ${story}`),
  );
  return only === undefined ? all : all.filter((text) => text.includes(only));
}

/** The moments that this replica passes, in order. */
export async function momentsOf(runner: SimRunner, schedule: string, replica: string): Promise<readonly Passed[]> {
  const { passed } = await runner.run(schedule);
  return passed.filter((each) => each.replica === replica && !each.moment.startsWith("wait:"));
}

/** Of moments between which nothing was written and nothing changed only the first: to die at any of them is the same. */
export function apart(moments: readonly Passed[]): readonly Passed[] {
  return moments.filter(({ state }, index) => moments[index - 1]?.state !== state);
}

export function changes(moment: string): boolean {
  return isChanging(moment.split(":")[0] ?? "");
}

/** The same call while it is under way. */
export function flightOf(moment: string): string | undefined {
  const [label = "", at, nth] = moment.split(":");
  return at === "before" && changes(moment) ? `${label}:flight:${nth}` : undefined;
}

/**
 * This shard's part, from where it was left. What belongs together goes to one shard, so that only that one tells what it has to know
 * before.
 */
export async function* shardOf<Group>(
  { shard, shards, skip = 0, schedules = Infinity }: LayerOptions,
  groups: AsyncIterable<Group> | Iterable<Group>,
  spread: (group: Group) => AsyncIterable<string>,
): AsyncIterable<string> {
  const most = Math.ceil(schedules / shards);
  let group = 0;
  let own = 0;
  for await (const each of groups) {
    if (group++ % shards !== shard) continue;
    for await (const schedule of spread(each)) {
      if (own >= most) return;
      if (own++ >= skip) yield schedule;
    }
  }
}

export async function* wanted(
  { wants = () => true }: Pick<LayerOptions, "wants">,
  texts: AsyncIterable<string>,
): AsyncIterable<string> {
  for await (const text of texts) if (wants(text)) yield text;
}
