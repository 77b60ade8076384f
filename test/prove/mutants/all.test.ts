/** Every mutant is caught: two at a time, in processes of their own. */
import { describe, expect, it } from "vitest";
import { testServer } from "../../support/postgres.ts";
import { LAYERS } from "../cli/layers.ts";
import { SERVER_VARIABLE } from "../server.ts";
import { MUTANTS } from "./all.ts";
import { Controls } from "./controls.ts";
import { trial } from "./trial.ts";

const AT_ONCE = 2;

describe("a protocol that is wrong on purpose", { timeout: 120_000 }, () => {
  const known = MUTANTS.filter((mutant) => mutant.known !== undefined);
  const byLayer = Map.groupBy(known, ({ layer }) => layer);
  const controls = new Controls(
    new Map([...byLayer].map(([layer, mutants]) => [layer, mutants.flatMap((mutant) => mutant.known ?? [])])),
  );
  const env = { [SERVER_VARIABLE]: JSON.stringify(testServer()) };
  const free = Promise.withResolvers<void>();
  free.resolve();
  const lanes = Array.from({ length: AT_ONCE }, () => free.promise);

  it.concurrent.each(MUTANTS)("is noticed: $name", async (mutant) => {
    const lane = MUTANTS.indexOf(mutant) % AT_ONCE;
    const before = lanes[lane];
    const told = Promise.resolve(before).then(async () => trial(LAYERS, mutant, { seed: 1, env, controls }));
    lanes[lane] = told.then(() => undefined);
    const { killed, message } = await told;
    expect({ killed, message, breaks: mutant.breaks }).toMatchObject({ killed: true });
  });
});
