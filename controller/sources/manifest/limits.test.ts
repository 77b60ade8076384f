import { array, assert as always, constantFrom, jsonValue, oneof, property, string as anyString } from "fast-check";
import { describe, expect, it } from "vitest";
import { CREDENTIAL, only, read, REQUEST } from "../../../test/support/manifests.ts";
import { MAX_BYTES, MAX_PROBLEMS } from "./read.ts";
import { MAX_DEPTH, MAX_DOCUMENTS } from "./tree.ts";

describe("limits", () => {
  const filler = `# ${"x".repeat(1_000)}\n`;
  it.each([
    ["a file too large", REQUEST + filler.repeat(MAX_BYTES / 1_000), "FileTooLarge"],
    ["too many documents", `${REQUEST}---\n`.repeat(MAX_DOCUMENTS + 1), "TooMuch"],
    ["too many words", `${REQUEST}  x: [${"1,".repeat(40_000)}]\n`, "TooMuch"],
    ["too deep a document", `${REQUEST}  x: ${"[".repeat(MAX_DEPTH)}${"]".repeat(MAX_DEPTH)}\n`, "TooDeep"],
  ])("%s is refused", (_, text, code) => {
    expect(only(text).code).toBe(code);
  });

  it("a file with very many problems lists the first ones and counts the rest", () => {
    const { problems } = read(REQUEST + Array.from({ length: 300 }, (_, index) => `  f${index}: 1\n`).join(""));
    expect(problems).toHaveLength(MAX_PROBLEMS + 1);
    expect(problems.at(-1)).toMatchObject({ code: "MoreProblems", message: "200 more problems are not listed" });
  });

  const fill = (unit: string): string => unit.repeat(Math.floor((MAX_BYTES - 1_000) / unit.length));
  it.each([
    ["open brackets", fill("[")],
    ["open braces", fill("{a: ")],
    ["nested lists", fill("- ")],
    ["nested keys", fill("? ")],
    ["repeated keys", fill("  a: 1\n")],
    ["different keys", `  ${Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join("\n  ")}\n`],
    ["empty entries", `  consumers: [${fill("{},")}]\n`],
    ["aliases", `  a: &a [1,1]\n  b: [${fill("*a,")}]\n`],
    ["tags", fill("  - !!str a\n")],
    ["quotes", fill('"')],
    ["a long line", `  a: ${fill("x ")}`],
    ["a block text", `  a: |\n${fill("    \n")}`],
    ["comments", fill("#\n")],
    ["indentation", fill("\t \n")],
    ["ambiguous values", `  a: [${fill("yes,")}]\n`],
    ["colons", fill(": ")],
    ["document ends", fill("...\n")],
  ])("a bomb of %s costs less than a second", (_, tail) => {
    const started = process.cpuUsage();
    const { documents } = read(REQUEST + tail);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1_000).toBeLessThan(1_000); // processor time: the machine may be busy with other things
    expect(documents.length).toBeLessThanOrEqual(1);
  });
});

const FLOWS = ["Operational", "Revocation", "Testing"];

describe("any text at all", () => {
  const fragment = constantFrom(
    ...REQUEST.split("\n"),
    ...CREDENTIAL.split("\n"),
    "---",
    "  ",
    ": ",
    "- ",
    "&a ",
    "*a",
    "!!map",
    "{",
    "}",
    "[",
    "]",
    '"',
    "|",
    "%YAML 1.1",
    "\t",
    "\0",
    "kind: Credential",
  );
  const text = oneof(
    anyString({ unit: "binary", maxLength: 200 }).map((tail) => `${REQUEST}${tail}`),
    array(oneof(fragment, anyString({ maxLength: 8 })), { maxLength: 40 }).map((parts) => `#raxx\n${parts.join("\n")}`),
  );

  it("is read or refused, never thrown at the caller, and every problem has a place in the file", () => {
    always(
      property(text, (content) => {
        const { problems } = read(content);
        const lines = content.split("\n").length;
        const astray = problems.filter(({ line, column }) => line > lines + 1 || column < 0);
        expect(astray).toEqual([]);
        expect(problems.filter(({ code }) => !/^[A-Z][A-Za-z]+$/.test(code))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("in the place of a value never gets through unless the schema takes it", () => {
    always(
      property(oneof(jsonValue(), constantFrom(...FLOWS)), (value) => {
        const manifest = { apiVersion: "velvet.raxx.app/v1alpha1", kind: "RotationRequest", metadata: { name: "a" } };
        const spec = { credentialRef: { name: "b" }, flow: value, reason: "c", requestedBy: "d" };
        const { documents } = read(JSON.stringify({ ...manifest, spec }));
        expect(documents).toHaveLength(FLOWS.some((flow) => flow === value) ? 1 : 0);
      }),
    );
  });
});
