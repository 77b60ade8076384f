import { describe, expect, it } from "vitest";
import { TRANSITIONS } from "./transitions.ts";
import type { State } from "./world.ts";
import { ENDED } from "./world.ts";

const STATES = Object.keys(TRANSITIONS) as State[];

describe("the ways between the states of a rotation", () => {
  it("end exactly where a rotation has ended", () => {
    expect(STATES.filter((state) => TRANSITIONS[state].length === 0)).toEqual(
      STATES.filter((state) => ENDED.has(state)),
    );
  });

  it("lead from each state to an end", () => {
    const reach = (state: State, seen = new Set<State>()): boolean =>
      ENDED.has(state) ||
      (!seen.has(state) && TRANSITIONS[state].some((next) => reach(next, new Set([...seen, state]))));
    expect(STATES.filter((state) => !reach(state))).toEqual([]);
  });

  it("reach every state from the first one of a flow", () => {
    const seen = new Set<State>(["verifying", "rev_init"]);
    for (const state of seen) for (const next of TRANSITIONS[state]) seen.add(next);
    expect([...seen].toSorted()).toEqual(STATES.toSorted());
  });

  it("never lead back to the old credential's life once it is being revoked", () => {
    expect(TRANSITIONS.revoking).not.toContain("aborting");
    expect(TRANSITIONS.revoke_failed).not.toContain("aborting");
  });
});
