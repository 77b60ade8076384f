import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { SERVER_VARIABLE } from "../../server.ts";
import type { SimRunner } from "../runner.ts";
import { openRunner, runnerOn } from "../runner.ts";
import { SETUPS } from "../setups.ts";
import { MemoryLedger } from "./ledger.ts";
import { MUTANTS } from "./mutants.ts";
import { POINTED, spreadOf } from "./spread.ts";
import type { Whole } from "./whole.ts";
import { Witness } from "./whole.ts";

const MINUTES = 60_000;
/** Others each time: what is found once is told again by its own text. */
const SEED = randomInt(2 ** 31);

let postgres: SimRunner;
const scout = runnerOn(new MemoryLedger());
const told: { readonly text: string; readonly whole: Whole }[] = [];

beforeAll(async () => {
  process.env[SERVER_VARIABLE] = JSON.stringify(inject("postgres"));
  postgres = await openRunner();
});
afterAll(async () => postgres[Symbol.asyncDispose]());

describe(`the ledger in memory, seed ${SEED}`, () => {
  let real: Witness;
  const double = new Witness(runnerOn(new MemoryLedger()));

  async function compare(text: string): Promise<void> {
    real ??= new Witness(postgres);
    const whole = await real.tell(text);
    expect(await double.tell(text), text).toEqual(whole);
    told.push({ text, whole });
  }

  it.each(Object.keys(SETUPS))(
    "leaves behind what Postgres does, to the last column, told with %s",
    async (setup) => {
      for (const text of await spreadOf(scout, setup, SEED)) await compare(text);
    },
    2 * MINUTES,
  );

  it.each(POINTED)("leaves behind what Postgres does, told as %s", compare);

  it("was compared in all layers with 200 schedules at least", () => {
    expect(new Set(told.map(({ text }) => text[0]))).toEqual(new Set("ACD"));
    expect(told.length).toBeGreaterThanOrEqual(200);
  });

  it.each(MUTANTS)("would be noticed where $name", async ({ instead }) => {
    const mutant = new Witness(runnerOn(new MemoryLedger(instead)));
    expect(await firstDifference(mutant)).toBeDefined();
  });

  it("does not know a statement that no telling needs", async () => {
    const { db } = new MemoryLedger();
    await expect(db.query({ name: "list_sources", text: "" })).rejects.toThrow("list_sources");
  });
});

/** A mutant may also break the telling itself. */
async function firstDifference(witness: Witness): Promise<string | undefined> {
  for (const { text, whole } of told) {
    const found = await witness.tell(text).catch((error: unknown) => error);
    try {
      expect(found).toEqual(whole);
    } catch {
      return text;
    }
  }
  return undefined;
}
