import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { freshLedger } from "../../support/postgres.ts";
import { steady } from "./steady.ts";

const SEED = randomUUID();

it(`tells no drift where there is none, whatever fails, is killed or rotates meanwhile, and tells it where there is; seed ${SEED}`, async () => {
  const ledger = await freshLedger();
  const told = await steady(ledger.db, { seed: SEED, credentials: 8, looks: 120 });
  expect(told.alarms).toEqual([]);
  expect(told.corrections).toBe(0);
  expect(told.killed).toBeGreaterThan(0);
  expect(told.rotations).toBeGreaterThan(8);
  expect(told.seen).toEqual({ found: 3, of: 3 });
  await ledger.drop();
}, 120_000);
