import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { statement } from "../../../../controller/ledger/db.ts";
import { SERVER_VARIABLE } from "../../server.ts";
import type { SimRunner } from "../runner.ts";
import { openRunner, runnerOn } from "../runner.ts";
import { SETUPS } from "../setups.ts";
import { edgesOf } from "./edges.ts";
import { MemoryLedger, STATEMENTS } from "./ledger.ts";
import { MUTANTS } from "./mutants.ts";
import { POINTED, spreadOf } from "./spread.ts";
import type { Whole } from "./whole.ts";
import { Witness } from "./whole.ts";

const MINUTES = 60_000;
/** Others each time: what is found once is told again by its own text. */
const SEED = randomInt(2 ** 31);

let postgres: SimRunner;
let real: Witness;
const memory = runnerOn(new MemoryLedger());
const double = new Witness(memory);
const scout = runnerOn(new MemoryLedger());
/** In the order in which they were told. */
const told: { readonly text: string; readonly whole: Whole }[] = [];

beforeAll(async () => {
  process.env[SERVER_VARIABLE] = JSON.stringify(inject("postgres"));
  postgres = await openRunner();
  real = new Witness(postgres);
});
afterAll(async () => postgres[Symbol.asyncDispose]());

async function tellBoth(text: string): Promise<{ readonly inMemory: Whole; readonly onPostgres: Whole }> {
  const whole = await real.tell(text);
  told.push({ text, whole });
  return { inMemory: await double.tell(text), onPostgres: whole };
}

describe(`the ledger in memory, seed ${SEED}`, () => {
  it.each(POINTED)("leaves behind what Postgres does, told as %s", async (text) => {
    const { inMemory, onPostgres } = await tellBoth(text);
    expect(inMemory).toEqual(onPostgres);
  });

  it.each(Object.keys(SETUPS))(
    "leaves behind what Postgres does, to the last column, told with %s",
    async (setup) => {
      for (const text of await spreadOf(scout, setup, SEED)) {
        const { inMemory, onPostgres } = await tellBoth(text);
        expect(inMemory, text).toEqual(onPostgres);
      }
    },
    2 * MINUTES,
  );

  it("was compared in all layers with 200 schedules at least", () => {
    expect(new Set(told.map(({ text }) => text[0]))).toEqual(new Set("ACD"));
    expect(told.length).toBeGreaterThanOrEqual(200);
  });

  it.each(MUTANTS)("would be noticed where $name", async ({ instead }) => {
    const mutant = new Witness(runnerOn(new MemoryLedger(instead)));
    expect(await firstDifference(mutant)).toBeDefined();
  });

  it("refuses what Postgres refuses, with the same codes, and leaves nothing of it", async () => {
    const edges = await edgesOf(memory.ledger);
    expect(edges).toEqual(await edgesOf(postgres.ledger));
    expect(edges).toMatchObject({
      "a second live rotation": "23505",
      "a statement after one that was refused": "25P02",
      "another fence": 0,
      "another fence: it stays as it was": "true",
    });
  });

  it("has no statement that the ledger has not", () => {
    const names = Object.keys(STATEMENTS).filter((name) => !name.startsWith("sim_"));
    expect(names.map((name) => statement(name).name)).toEqual(names);
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
