import { describe, expect, it } from "vitest";
import { complete, type Wanted } from "./complete.ts";
import { completionScript, commandTree, pluginProgram, pluginScript } from "./completion.ts";
import { openOutput } from "./output.ts";
import { velvetProgram } from "./program.ts";

const nowhere = { write: () => true };
const program = velvetProgram(openOutput({ stdout: nowhere, stderr: nowhere, noColour: "1" }), async () => undefined);
const root = commandTree(program);

async function suggested(...words: string[]) {
  const asked: Wanted[] = [];
  const { suggestions, files } = await complete(root, words, async (wanted) => {
    asked.push(wanted);
    return ["one", "two"].map((value) => ({ value: `${wanted.what}-${value}` }));
  });
  return { values: suggestions.map(({ value }) => value), files, asked };
}

describe("the completion of a half-typed line", () => {
  it("has the commands, and those that begin so", async () => {
    expect((await suggested("")).values).toEqual(expect.arrayContaining(["status", "approve", "doctor"]));
    expect((await suggested("des")).values).toEqual(["describe", "destroy"]);
    expect((await suggested("request", "")).values).toEqual(["rotate", "revoke", "test"]);
  });

  it("asks for the names that an argument is of, with what was typed before", async () => {
    const { values, asked } = await suggested("confirm", "-n", "orders", "rotate-1", "");
    expect(values).toEqual(["consumer-one", "consumer-two"]);
    expect(asked).toMatchObject([
      { what: "consumer", command: "confirm", before: ["rotate-1"], options: { "--namespace": "orders" } },
    ]);
    expect((await suggested("plan", "name-t")).values).toEqual(["name-two"]);
    expect((await suggested("confirm", "rotate-1", "app", "")).values).toEqual([]);
  });

  it("takes an option before its command for what it is", async () => {
    expect((await suggested("-n", "orders", "--context=prod", "describe", "")).asked).toMatchObject([
      { what: "request", options: { "--namespace": "orders", "--context": "prod" } },
    ]);
    expect((await suggested("-n", "")).values).toEqual(["namespace-one", "namespace-two"]);
  });

  it("has the options of the command and of all, and the values that are fixed", async () => {
    const { values } = await suggested("approve", "--");
    expect(values).toEqual(expect.arrayContaining(["--gate", "--context"]));
    expect((await suggested("approve", "one", "--gate", "")).values).toEqual(["Mint", "Revoke"]);
    expect((await suggested("status", "--context", "")).values).toEqual(["context-one", "context-two"]);
  });

  it("leaves files to the shell only where one may stand", async () => {
    expect((await suggested("validate", "")).files).toBe(true);
    expect((await suggested("request", "rotate", "x", "--write", "")).files).toBe(true);
    expect((await suggested("describe", "")).files).toBe(false);
  });
});

it("the plugin's script is kubectl's own, and no other shell's completion is put in its place", () => {
  expect(pluginScript("bash")).toContain("source <(kubectl completion bash)");
  expect(pluginScript("fish")).toContain("kubectl completion fish | source");
  expect(pluginProgram()).toMatch(/^#!\/bin\/sh\n/);
  expect(completionScript("bash", root)).toContain("_velvet velvet");
});
