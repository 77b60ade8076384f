/** Layer A: a single crash, or a person's abort, at every moment of every story. */
import type { Layer, LayerOptions } from "../api.ts";
import type { Passed } from "../sim/events.ts";
import type { SimRunner } from "../sim/runner.ts";
import { openRunner, openScout } from "../sim/runner.ts";
import { apart, flightOf, momentsOf, shardOf, tellings, wanted } from "./moments.ts";

/** Before and after another replica takes over; a mint also long after. */
const LANDS = ["20s", "40s"];
const MINT_LANDS = [...LANDS, "10m"];

export const layer: Layer = {
  name: "A",
  about:
    "a single crash at every moment of every story, with the request sent or not; an abort or a leak at every moment of a rotation",
  schedules,
  open: openRunner,
};

async function* schedules(options: LayerOptions, scout?: SimRunner): AsyncIterable<string> {
  await using runner = await openScout(scout);
  yield* shardOf(options, tellings("A", options), (plain) => wanted(options, disturbed(runner, plain)));
}

export async function* disturbed(runner: SimRunner, plain: string): AsyncIterable<string> {
  yield plain;
  const moments = ownMoments(plain, await momentsOf(runner, plain, "a"));
  yield* deaths(moments).map((where) => `${plain} die ${where}`);
  for (const verb of verbsIn(plain)) yield* apart(moments).map(({ moment }) => `${plain} ${verb} ${moment}`);
}

/** What people do at any moment, while nobody expects it. */
function verbsIn(plain: string): readonly string[] {
  // A rotation, or a Revocation, begins while something is put right.
  if (plain.endsWith(" drift-corrected")) return isOne(plain) ? ["request", "revoke", "overwrite"] : [];
  if (!/ (rotate|rehearse)$/.test(plain)) return [];
  return isOne(plain) ? ["abort", "revoke"] : ["abort"];
}

function isOne(plain: string): boolean {
  return /\/1x|acceptors/.test(plain);
}

/** What comes before a story of drift is told by others: there only where somebody looks. */
export function ownMoments(plain: string, moments: readonly Passed[]): readonly Passed[] {
  return / drift-[\w-]+( |$)/.test(plain) ? moments.filter(({ moment }) => moment.startsWith("drift.")) : moments;
}

/** Where a replica can die: at a moment, or with a call under way that lands later. */
export function deaths(moments: readonly Passed[]): readonly string[] {
  return [...apart(moments).map(({ moment }) => moment), ...moments.flatMap(({ moment }) => landings(moment))];
}

function landings(moment: string): readonly string[] {
  const flight = flightOf(moment);
  if (flight === undefined) return [];
  return (flight.startsWith("issuer.mint") ? MINT_LANDS : LANDS).map((lands) => `${flight}+${lands}`);
}
