/** One shard of a layer, told within a test. */
import { inject } from "vitest";
import type { Layer, LayerOptions } from "../api.ts";
import { SERVER_VARIABLE } from "../server.ts";
import { openRunner, remembering, type SimRunner } from "../sim/runner.ts";

export interface ShardReport {
  readonly told: number;
  /** Everything that was passed. */
  readonly labels: ReadonlySet<string>;
  readonly flows: ReadonlySet<string>;
  /** Schedules that broke a promise, each with what it broke; of the first ones also what happened. */
  readonly broken: readonly string[];
}

/** More of them help nobody. */
const MOST_BROKEN = 20;
const MOST_STORIES = 2;

/** One in so many of a layer is told on PostgreSQL in every run of the tests, all of them by `npm run prove`. */
export const SHARE = 24;

/** On the double, whose likeness to PostgreSQL a test of its own holds. It is its own scout: what that has told is not told again. */
export function inMemory(layer: Layer): Layer {
  let runner: SimRunner | undefined;
  return {
    ...layer,
    schedules: (options) => layer.schedules(options, runner),
    open: async () => (runner = remembering(await openRunner({ ledger: "memory" }))),
  };
}

export async function tellShard(layer: Layer, options: Partial<LayerOptions>): Promise<ShardReport> {
  process.env[SERVER_VARIABLE] = JSON.stringify(inject("postgres"));
  await using runner = await layer.open();
  const labels = new Set<string>();
  const flows = new Set<string>();
  const broken: string[] = [];
  let told = 0;
  for await (const schedule of layer.schedules({ seed: 1, shard: 0, shards: 1, ...options })) {
    const result = await runner.run(schedule);
    told += 1;
    for (const label of result.labels) labels.add(label);
    for (const flow of result.flows ?? []) flows.add(flow);
    if (result.violations.length === 0) continue;
    const story = broken.length < MOST_STORIES ? `\n${result.story ?? ""}` : "";
    broken.push(`${schedule}\n${result.violations.map(textOf).join("\n")}${story}`);
    if (broken.length >= MOST_BROKEN) break;
  }
  return { told, labels, flows, broken };
}

function textOf({ invariant, message }: { readonly invariant: string; readonly message: string }): string {
  return `  ${invariant}: ${message}`;
}
