/** Every mutant is caught: two at a time, in processes of their own. */
import { describe, expect, it } from "vitest";
import { testServer } from "../../support/postgres.ts";
import { entryOf, LAYERS } from "../cli/layers.ts";
import { runLayer } from "../cli/run.ts";
import { SERVER_VARIABLE } from "../server.ts";
import { MUTANTS } from "./all.ts";
import { Controls } from "./controls.ts";
import { trial } from "./trial.ts";

const AT_ONCE = 2;

describe("a protocol that is wrong on purpose", { timeout: 120_000 }, () => {
  const controls = new Controls(MUTANTS);
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

it("layer H runs in a worker of its own, as all layers do", { timeout: 60_000 }, async () => {
  const entry = entryOf(LAYERS, "H");
  if (!entry) throw new Error("there is no layer H");
  const ran = await runLayer({
    entry,
    seed: 1,
    workers: 1,
    only: "value-in-log",
    mostViolations: 1,
    env: { [SERVER_VARIABLE]: JSON.stringify(testServer()) },
    stop: new AbortController().signal,
    giveUp: AbortSignal.timeout(50_000),
  });
  expect(ran).toMatchObject({ schedules: 1, complete: true, broke: [], found: [] });
});
