/** Layer V: layers A and C through the real adapters, each on its vendor's emulator. */
import type { Layer, LayerOptions } from "../api.ts";
import { EMULATED } from "../emulated/setups.ts";
import { openRunner, openScout, type SimRunner } from "../sim/runner.ts";
import { disturbed } from "./a.ts";
import { pauses, resumes } from "./c.ts";
import { shardOf, tellings } from "./moments.ts";

/** One that goes forward, and one that goes back. */
const STORIES = ["rotate", "abort-distributing"];

export const layer: Layer = {
  name: "V",
  about: "layers A and C through every real adapter on its vendor's emulator",
  schedules,
  open: openRunner,
};

const SETUPS = Object.fromEntries(Object.entries(EMULATED).map(([name, { setup }]) => [name, setup]));

async function* schedules(options: LayerOptions, scout?: SimRunner): AsyncIterable<string> {
  await using runner = await openScout(scout);
  const crashes = tellings("A", options, STORIES, SETUPS).map((plain) => ({ plain, spread: disturbed }));
  const stills: { plain: string; spread: typeof disturbed }[] = [];
  for await (const plain of pauses(runner, tellings("C", options, STORIES, SETUPS))) {
    stills.push({ plain, spread: resumes });
  }
  yield* shardOf(options, [...crashes, ...stills], ({ plain, spread }) => spread(runner, plain));
}
