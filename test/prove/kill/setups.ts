/** The vendors and consumers of layer E: as in the others, but with times that a real clock can wait for. */
import type { Setup } from "../api.ts";
import { SETUPS as SIMULATED } from "../sim/setups.ts";

/** Longer than a call, shorter than a lease. */
const SHORT_MS = 150;

/** Of every flow: stories that end by themselves, or by what one person does. */
export const STORY_NAMES: readonly string[] = [
  "rotate",
  "approve",
  "abort-distributing",
  "abort-validated",
  "destroy",
  "hand-marked",
  "wrong-value",
  "revoke",
  "revoke-all",
  "revoke-retired",
  "leak-resolved",
  "preempt",
  "preempt-validated",
  "rehearse",
  "rehearse-then-rotate",
  "leak-in-rehearsal",
  "value-after-leak",
  "drift-corrected",
  "drift-warned",
  "rotate-over-drift",
];

function inRealTime(setup: Setup): Setup {
  return {
    ...setup,
    ...(setup.propagationMs === undefined ? {} : { propagationMs: SHORT_MS }),
    ...(setup.listLagMs === undefined ? {} : { listLagMs: SHORT_MS }),
    releaseMs: SHORT_MS,
    vendorWritesMs: SHORT_MS,
    quarantine: "1s",
  };
}

export const SETUPS: Readonly<Record<string, Setup>> = Object.fromEntries(
  Object.entries(SIMULATED).map(([name, setup]) => [name, inRealTime(setup)]),
);
