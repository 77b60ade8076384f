import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Entry } from "../cli/layers.ts";
import { MUTANTS } from "./all.ts";
import { applied } from "./edit.ts";
import { trial } from "./trial.ts";

const ROOT = new URL("../../../", import.meta.url);

describe("the mutants", () => {
  it("have names of their own", () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it.each(MUTANTS)("$name: its text stands in the source exactly once", ({ edits }) => {
    const texts = new Map<string, string>();
    for (const edit of edits) {
      const text = texts.get(edit.file) ?? readFileSync(new URL(edit.file, ROOT), "utf8");
      texts.set(edit.file, applied(text, edit));
    }
    expect(edits.length).toBeGreaterThan(0);
  });
});

/** Does not run the engine: it looks at what the hook has made of a module and of a query. */
const LOOK: Entry = {
  name: "A",
  about: "",
  bar: "",
  module: new URL("./look.fixture.ts", import.meta.url).href,
  server: false,
};

describe("a mutant", () => {
  const order = { seed: 1 };
  const SPEND = { file: "test/prove/mutants/look.subject.ts", search: "return 1;", replace: "return 2;" };
  const SQL = {
    file: "controller/ledger/queries/renew_claims.sql",
    search: "and ended_at is null",
    replace: "",
  };

  it("is killed by the first schedule that breaks a promise which the right engine keeps", async () => {
    const verdict = await trial([LOOK], { name: "x", breaks: "", layer: "A", edits: [SPEND] }, order);
    expect(verdict).toMatchObject({ killed: true, message: "module: I1: changed" });
  });

  it("can be in a query", async () => {
    const verdict = await trial([LOOK], { name: "x", breaks: "", layer: "A", edits: [SQL] }, order);
    expect(verdict).toMatchObject({ killed: true, message: "query: I1: changed" });
  });

  it("survives where nothing notices", async () => {
    const edits = [{ ...SPEND, replace: "return 1 + 0;" }];
    const verdict = await trial([LOOK], { name: "x", breaks: "", layer: "A", edits }, order);
    expect(verdict).toMatchObject({ killed: false, message: "no promise was broken in 3 schedules" });
  });

  it("is not killed by what breaks without it as well", async () => {
    const mutant = { name: "x", breaks: "", layer: "A" as const, only: "always", edits: [SPEND] };
    const verdict = await trial([LOOK], mutant, order);
    expect(verdict.killed).toBe(false);
    expect(verdict.message).toContain("the engine without the mistake breaks the same");
  });

  it("is not killed by time: one that nothing notices soon, or that hangs, is told as what it is", async () => {
    const mutant = { name: "x", breaks: "", layer: "A" as const, edits: [SPEND] };
    const late = await trial([LOOK], mutant, { ...order, lookMs: 0 });
    expect(late).toMatchObject({
      killed: false,
      message: "no promise was broken in 0 schedules, and its time was over",
    });
    const hanging = await trial([LOOK], { ...mutant, only: "hangs" }, { ...order, giveUpMs: 1_500 });
    expect(hanging.killed).toBe(false);
    expect(hanging.message).toContain("a schedule did not come to its end in time");
  });

  it("fails loudly where its text is not there", async () => {
    const edits = [{ ...SPEND, search: "return 3;" }];
    const verdict = await trial([LOOK], { name: "x", breaks: "", layer: "A", edits }, order);
    expect(verdict.killed).toBe(false);
    expect(verdict.message).toContain("holds this 0 times instead of once: return 3;");
  });
});
