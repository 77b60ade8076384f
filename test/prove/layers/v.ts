/** Layer V: layers A and C through the real adapters, each on its vendor's emulator. */
import type { Layer, LayerOptions } from "../api.ts";
import { EMULATED } from "../emulated/setups.ts";
import { openRunner, openScout, type SimRunner } from "../sim/runner.ts";
import { disturbed } from "./a.ts";
import { pauses, resumes } from "./c.ts";
import { shardOf, tellings } from "./moments.ts";

/** One that goes forward, and one that goes back. */
const STORIES = ["rotate", "abort-distributing"];
/** Of the other flows: an end at once, and a throwaway in test slots. What a person does by hand is in the setups that need it. */
const OTHERS = ["revoke", "rehearse"];

export const layer: Layer = {
  name: "V",
  about: "layers A and C through every real adapter on its vendor's emulator",
  schedules,
  open: openRunner,
};

/** Heroku ends no login that its apps were given: that it goes on working is what a Revocation finds out, and no end of a story. */
const ENDS_NOTHING = "heroku-postgres/1x revoke";

const SETUPS = Object.fromEntries(Object.entries(EMULATED).map(([name, { setup }]) => [name, setup]));

async function* schedules(options: LayerOptions, scout?: SimRunner): AsyncIterable<string> {
  await using runner = await openScout(scout);
  const crashes = tellings("A", options, [...STORIES, ...OTHERS], SETUPS)
    .filter((plain) => !plain.endsWith(ENDS_NOTHING))
    .map((plain) => ({ plain, spread: disturbed }));
  const stills: { plain: string; spread: typeof disturbed }[] = [];
  for await (const plain of pauses(runner, tellings("C", options, STORIES, SETUPS))) {
    stills.push({ plain, spread: resumes });
  }
  yield* shardOf(options, [...crashes, ...stills], ({ plain, spread }) => spread(runner, plain));
}
