import { readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openOutput } from "../../../controller/cli/output.ts";
import { knownLabels } from "./known-labels.ts";
import { type Entry, LAYERS } from "./layers.ts";
import { proofReport, rowsIn } from "./markdown.ts";
import { runProve } from "./program.ts";
import { runLayer } from "./run.ts";

const SMALL: Entry = {
  name: "S",
  about: "numbers",
  bar: "all",
  module: new URL("./small.fixture.ts", import.meta.url).href,
  server: false,
};

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "velvet-prove-"));
});
afterEach(async () => rm(root, { recursive: true, force: true }));

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** With `stop`: it is interrupted as soon as it shows that something was done. */
async function prove(args: readonly string[], stop?: AbortController, layers = [SMALL]): Promise<Said> {
  let out = "";
  let err = "";
  const code = await runProve(args, {
    layers,
    out: openOutput({
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      noColour: undefined,
    }),
    progress: { show: () => stop?.abort(), clear: () => undefined },
    root,
    commit: "abc",
    stop: (stop ?? new AbortController()).signal,
  });
  return { code, out, err };
}

interface Json {
  readonly ok: boolean;
  readonly stopped?: string;
  readonly layers: readonly {
    readonly schedules: number;
    readonly seed: number;
    readonly labelsHit: readonly string[];
    readonly violations: readonly { readonly schedule: string }[];
    readonly complete: boolean;
    readonly broke: readonly string[];
  }[];
}

async function proveJson(args: readonly string[], stop?: AbortController): Promise<Json & { code: number }> {
  const { code, out } = await prove([...args, "-o", "json"], stop);
  return { ...(JSON.parse(out) as Json), code };
}

describe("prove", () => {
  it("tells every schedule once, whichever worker does", async () => {
    const said = await prove(["--workers", "3", "--seed", "5", "--schedules", "1234"]);
    expect(said.out).toContain("S      1,234      all kept");
    expect(said.out).toContain("Every promise was kept in 1,234 schedules.");
    expect(said.code).toBe(0);
  });

  it("shows what was broken, what happened, and the command that tells it again", async () => {
    const { code, out } = await prove(["--workers", "2", "--seed", "5", "--only", " bad"]);
    expect(code).toBe(1);
    expect(out).toContain("Layer S, seed 5: number 13 bad");
    expect(out).toContain("I1  thirteen");
    expect(out).toContain("    then that");
    expect(out).toContain("Again: npm run prove -- --layers S --seed 5 --replay 'number 13 bad'");
    expect(out).toContain("1 BROKEN");
    expect(out).toContain("Not proven.");
  });

  it("tells one schedule again, whatever it holds", async () => {
    const { code, out } = await prove(["--layers", "s", "--seed", "5", "--replay", "it's 13"]);
    expect(code).toBe(1);
    expect(out).toContain(String.raw`--replay 'it'\''s 13'`);
    expect(await proveJson(["--layers", "S", "--replay", "number 1"])).toMatchObject({
      ok: true,
      layers: [{ schedules: 1 }],
    });
  });

  it("goes on with a new runner after one broke, and says which schedule broke it", async () => {
    const { ok, layers, code } = await proveJson(["--workers", "1", "--only", " throws"]);
    expect({ ok, code, schedules: layers[0]?.schedules }).toEqual({ ok: false, code: 1, schedules: 100 });
    expect(layers[0]?.violations).toMatchObject([
      { schedule: "number 7 throws", violations: [{ invariant: "harness" }] },
    ]);
  });

  it("proves nothing where nothing was told", async () => {
    const { code, out } = await prove(["--only", "nothing"]);
    expect(code).toBe(1);
    expect(out).toContain("NOTHING TOLD");
    expect(out).toContain("Not proven.");
  });

  it("proves nothing where a worker died", async () => {
    const { code, out } = await prove(["--workers", "1", "--only", " exits"]);
    expect(code).toBe(1);
    expect(out).toContain("a worker ended with 3");
    expect(out).toContain("NOT PROVEN");
  });

  it("ends gracefully when it is interrupted, and carries on where it was", async () => {
    const args = ["--workers", "2", "--schedules", "60", "--only", " slow"];
    const first = await proveJson(args, new AbortController());
    expect(first).toMatchObject({ ok: true, stopped: "interrupted", layers: [{ complete: false }], code: 0 });
    const done = first.layers[0]?.schedules ?? 0;
    expect(done).toBeLessThan(60);
    const second = await proveJson([...args, "--resume", "--workers", "7"]);
    expect(second).toMatchObject({ layers: [{ complete: true, schedules: 60, seed: first.layers[0]?.seed }] });
  });

  it("begins none after its minutes", async () => {
    const { stopped, layers } = await proveJson(["--minutes", "0.01", "--schedules", "9999", "--only", " slow"]);
    expect(stopped).toBe("its minutes are over");
    expect(layers[0]?.complete ?? false).toBe(false);
  });

  it.each([
    [["--layers", "Z"], "There is no layer Z: there are S."],
    [["--seed", "x"], "A whole number from 0 on."],
    [["--workers", "0"], "A whole number from 1 on."],
    [["--minutes", "-1"], "A number above 0."],
    [["--replay", "x", "--resume"], "exclude each other"],
    [["-o", "yaml"], "Allowed choices are json"],
    [["extra"], "too many arguments"],
  ])("ends with 2 after %j", async (args, text) => {
    const { code, err } = await prove(args);
    expect(err).toContain(text);
    expect(code).toBe(2);
  });

  it("needs the one layer of a schedule that is told again", async () => {
    const { code, err } = await prove(["--replay", "x"], undefined, [SMALL, { ...SMALL, name: "T" }]);
    expect({ code, told: err.includes("--layers A") }).toEqual({ code: 2, told: true });
  });

  it("says what there is", async () => {
    const { code, out } = await prove(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("Examples:");
    expect(out).toContain("  S  numbers");
  });

  it("writes a report that keeps the rows of layers that did not run", async () => {
    await prove(["--report", "proof.md", "--seed", "1"]);
    const one = await readFile(join(root, "proof.md"), "utf8");
    await prove(["--report", "proof.md", "--seed", "2"], undefined, [{ ...SMALL, name: "T" }]);
    const two = await readFile(join(root, "proof.md"), "utf8");
    expect(rowsIn(one).map((row) => row.layer)).toEqual(["S"]);
    expect(rowsIn(two).map((row) => [row.layer, row.seed, row.schedules])).toEqual([
      ["S", 1, 100],
      ["T", 2, 100],
    ]);
    expect(await proofReport(two, [])).toBe(two);
  });
});

describe("the report", () => {
  it("says of each flow how much every layer told of it, and what was kept", async () => {
    await prove(["--workers", "1", "--seed", "5", "--schedules", "26", "--report", "proof.md"]);
    const text = await readFile(join(root, "proof.md"), "utf8");
    expect(text).toContain("## Flow by flow");
    const [line = ""] = text
      .split("\n")
      .filter((each) => /^\| S +\|/.test(each))
      .slice(-1);
    const cells = line.split("|").map((cell) => cell.trim());
    // Even numbers are rotations, odd ones end what leaked, and each tenth does both.
    expect(cells.slice(2, 4)).toEqual(["13 kept", "16 kept"]);
    expect(cells.at(-2)).toBe("3 kept");
  });

  it("stops each layer after its own minutes, and says so", async () => {
    const both = [SMALL, { ...SMALL, name: "T" }];
    const args = ["--only", " slow", "--minutes-each", "0.002", "--workers", "1", "-o", "json"];
    const { layers } = JSON.parse((await prove(args, undefined, both)).out) as Json;
    expect(layers.map(({ complete }) => complete)).toEqual([false, false]);
  });
});

it("ends its workers where whoever waits has given up before", async () => {
  const frame = { seed: 1, workers: 1, mostViolations: 1, env: {}, stop: new AbortController().signal };
  const ran = await runLayer({ entry: SMALL, ...frame, only: " slow", giveUp: AbortSignal.abort() });
  expect(ran).toMatchObject({ complete: false, broke: [expect.stringContaining("SIGKILL")] });
});

it("knows every label of the engine", () => {
  expect(knownLabels()).toEqual(expect.arrayContaining(["issuer.mint", "issuer.destroy", "sink.write", "check.run"]));
});

it("gives every layer a name of its own", () => {
  expect(new Set(LAYERS.map((layer) => layer.name)).size).toBe(LAYERS.length);
});
