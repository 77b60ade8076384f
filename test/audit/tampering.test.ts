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
      expect(faultOf(trial)).toMatchObject({ ...expected });
      const blamed = report.faults.map(({ chain }) => chain).filter((chain) => chain !== "checkpoint");
      if (!OF_ALL.test(tampering.what)) expect(blamed.filter((chain) => chain !== record.chain)).toEqual([]);
    },
  );

  it.each(TAMPERINGS.filter(({ found }) => found === undefined))("finds nothing where $what", async (tampering) => {
    expect((await trials.attempt(tampering)).report).toMatchObject({ ok: true, faults: [] });
  });
});
