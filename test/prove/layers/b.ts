/** Layer B: two crashes, the second in the replica that took over, in every order. */
import type { Layer, LayerOptions } from "../api.ts";
import type { SimRunner } from "../sim/runner.ts";
import { openRunner, openScout } from "../sim/runner.ts";
import { deaths } from "./a.ts";
import { momentsOf, shardOf, tellings } from "./moments.ts";

export const layer: Layer = {
  name: "B",
  about: "two crashes, the second at every moment of whoever took over after the first",
  schedules,
  open: openRunner,
};

async function* schedules(options: LayerOptions): AsyncIterable<string> {
  await using runner = await openScout();
  yield* shardOf(options, firsts(runner, options), (first) => seconds(runner, first));
}

async function* firsts(runner: SimRunner, options: LayerOptions): AsyncIterable<string> {
  for (const plain of tellings("B", options)) {
    yield* deaths(await momentsOf(runner, plain, "a")).map((where) => `${plain} die ${where}`);
  }
}

async function* seconds(runner: SimRunner, first: string): AsyncIterable<string> {
  yield* deaths(await momentsOf(runner, first, "b")).map((where) => `${first} die@b ${where}`);
}
