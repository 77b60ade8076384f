/** Layer C: a replica stands still, another one takes over, and the first goes on as if nothing had been. */
import type { Layer, LayerOptions } from "../api.ts";
import type { SimRunner } from "../sim/runner.ts";
import { openRunner, openScout } from "../sim/runner.ts";
import { ownMoments } from "./a.ts";
import { changes, flightOf, momentsOf, shardOf, tellings, wanted } from "./moments.ts";

/** One that goes forward, one that goes back, one that ends what there is, one that goes both ways, and what is done between them. */
const STORIES = ["rotate", "abort-distributing", "revoke", "rehearse", "drift-corrected", "leak-in-rehearsal"];

export const layer: Layer = {
  name: "C",
  about:
    "a replica stands still at every moment and goes on at every change that whoever took over makes, and after its end",
  schedules,
  open: openRunner,
};

async function* schedules(options: LayerOptions, scout?: SimRunner): AsyncIterable<string> {
  await using runner = await openScout(scout);
  const plain = tellings("C", options, STORIES).filter((text) => /\/1x/.test(text) && isToldOf(text));
  yield* shardOf(options, wanted(options, pauses(runner, plain)), (pause) => resumes(runner, pause));
}

/** What differs between vendors is told by the stories of rotations. */
function isToldOf(plain: string): boolean {
  if (plain.endsWith(" leak-in-rehearsal")) return / markable\//.test(plain);
  return !plain.endsWith(" drift-corrected") || / (markable|re-readable)\//.test(plain);
}

/** Where it stands still; a call that changes something may also be on its way by then. */
export async function* pauses(runner: SimRunner, tellingsOf: readonly string[]): AsyncIterable<string> {
  for (const plain of tellingsOf) {
    for (const { moment } of ownMoments(plain, await momentsOf(runner, plain, "a"))) {
      const flight = flightOf(moment);
      if (flight !== undefined) yield `${plain} pause ${flight}`;
      if (flight !== undefined || moment.includes(":after:")) yield `${plain} pause ${moment}`;
      // Its lease is valid, and it is in the middle of it.
      if (plain.endsWith(" rotate")) yield `${plain} revoke ${moment} pause ${flight ?? moment}`;
      if (flight !== undefined && plain.endsWith(" drift-corrected"))
        yield `${plain} request ${moment} pause ${flight}`;
    }
  }
}

export async function* resumes(runner: SimRunner, pause: string): AsyncIterable<string> {
  const toTheEnd = `${pause} until end`;
  yield toTheEnd;
  for (const { moment } of await momentsOf(runner, toTheEnd, "b")) {
    if (changes(moment)) yield `${pause} until@b ${moment}`;
  }
}
