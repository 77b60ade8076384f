/** Where something can happen in an undisturbed telling, found by telling it. */
import { scheduleText } from "../sim/schedule.ts";
import type { SimRunner } from "../sim/runner.ts";
import { SETUPS } from "../sim/setups.ts";
import { STORIES } from "../sim/stories.ts";

/** What these change at the vendor can land late; what only looks cannot. */
const CHANGING = /^(issuer\.(mint|revoke|revokeNew|destroy|restore|moveGrace|reap)|sink\.(write|restore))$/;

export interface Told {
  readonly setup: string;
  readonly story: string;
}

/** Every story with every setup that it can be told with, in a fixed order. */
export function tellings(only: string | undefined, stories: readonly string[] = Object.keys(STORIES)): Told[] {
  const all = Object.entries(SETUPS).flatMap(([setup, given]) =>
    stories.filter((story) => STORIES[story]?.fit?.(given)).map((story) => ({ setup, story })),
  );
  return only === undefined ? all : all.filter(({ setup, story }) => `${setup} ${story}`.includes(only));
}

export function undisturbed(layer: string, { setup, story }: Told): string {
  return scheduleText({ layer, setup, story, events: [], faults: [] });
}

/** `issuer.mint:before:1` and so on, in order, of the first replica. */
export async function momentsOf(runner: SimRunner, layer: string, told: Told): Promise<readonly string[]> {
  const { passed } = await runner.run(undisturbed(layer, told));
  return passed.flatMap((point) => (point.startsWith("a ") && !point.startsWith("a wait:") ? [point.slice(2)] : []));
}

/** The same call while it is under way. */
export function flightOf(moment: string): string | undefined {
  const [label = "", at, nth] = moment.split(":");
  return at === "before" && CHANGING.test(label) ? `${label}:flight:${nth}` : undefined;
}

/** This shard's part, from where it was left. */
export async function* shardOf(
  all: AsyncIterable<string> | Iterable<string>,
  { shard, shards, skip = 0, schedules = Infinity }: { shard: number; shards: number; skip?: number; schedules?: number },
): AsyncIterable<string> {
  let index = 0;
  let own = 0;
  for await (const schedule of all) {
    if (index++ >= schedules) return;
    if ((index - 1) % shards !== shard) continue;
    if (own++ >= skip) yield schedule;
  }
}
