import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testServer } from "../support/postgres.ts";
import { faultOf, openTrials, TAMPERINGS } from "./tampering.ts";

let trials: Awaited<ReturnType<typeof openTrials>>;

beforeAll(async () => {
  trials = await openTrials(testServer());
});
afterAll(async () => trials[Symbol.asyncDispose]());

/** A person stands in every chain. */
const OF_ALL = /person/;

describe("the verifier, after a superuser was at work", () => {
  it.each(TAMPERINGS.filter(({ found }) => found !== undefined))(
    "names the first bad row where $what, and blames no other chain",
    async (tampering) => {
      const trial = await trials.attempt(tampering);
      const { report, record, expected } = trial;
      expect(report.ok).toBe(false);
      expect(faultOf(trial, report)).toMatchObject({ ...expected });
      const placesIn = ({ faults }: typeof report) => faults.map(({ chain, seq }) => ({ chain, seq }));
      expect(placesIn(trial.exported)).toEqual(placesIn(report));
      const innocent = OF_ALL.test(tampering.what) ? [] : report.faults.filter(({ chain }) => chain !== record.chain);
      expect(innocent.filter(({ chain }) => chain !== "checkpoint")).toEqual([]);
    },
  );

  it.each(TAMPERINGS.filter(({ found }) => found === undefined))("finds nothing where $what", async (tampering) => {
    const { report, exported } = await trials.attempt(tampering);
    expect(report).toMatchObject({ ok: true, faults: [] });
    expect(exported).toMatchObject(report);
  });
});
