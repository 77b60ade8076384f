import { describe, expect, it } from "vitest";
import { only, read, REQUEST } from "../../../test/support/manifests.ts";

describe("YAML that two readers could understand differently", () => {
  it.each([
    ["yes", "true"],
    ["off", "false"],
    ["y", "true"],
    ["012", "10"],
    ["1_000", "1000"],
    ["0b11", "3"],
    ["22:30", "1350"],
  ])("%s is refused, with both readings", (value, reading11) => {
    const problem = only(REQUEST.replace("quarterly rotation", value));
    expect(problem).toMatchObject({ code: "AmbiguousYaml", line: 8, column: 11 });
    expect(problem.message).toContain(`as ${reading11} in YAML 1.1`);
  });

  it("is fine in quotes", () => {
    expect(read(REQUEST.replace("quarterly rotation", '"yes"')).problems).toEqual([]);
  });

  it.each([
    ["an anchor", `${REQUEST}  ticket: &t SEC-1\n`, "YamlFeature", 10],
    ["a tag", `${REQUEST}  ticket: !!str SEC-1\n`, "YamlFeature", 10],
    ["a directive", `%YAML 1.1\n---\n${REQUEST}`, "YamlFeature", 1],
    ["a key that stands there twice", `${REQUEST}  reason: again\n`, "DuplicateKey", 10],
    ["a merge key", `${REQUEST}  <<: {ticket: SEC-1}\n`, "InvalidKey", 10],
    ["a key that is no text", `${REQUEST}  1: a\n`, "InvalidKey", 10],
    ["a NUL character", REQUEST.replace("quarterly rotation", '"a\\0b"'), "InvalidValue", 8],
    ["half of a surrogate pair", REQUEST.replace("quarterly rotation", '"a\\ud800b"'), "InvalidValue", 8],
    ["a syntax error", `${REQUEST}  ticket: [SEC-1\n`, "InvalidYaml", undefined],
  ])("%s is refused", (_, text, code, line) => {
    const { documents, problems } = read(text);
    expect(documents).toEqual([]);
    expect(problems[0]).toMatchObject({ code, ...(line === undefined ? {} : { line }) });
  });

  it("an alias is refused once, not followed", () => {
    const { problems } = read(`${REQUEST}  ticket: &t SEC-1\n  deadline: *t\n`);
    expect(problems.map(({ code, line }) => [code, line])).toEqual([
      ["YamlFeature", 10],
      ["YamlFeature", 11],
    ]);
  });

  it("a file that calls itself JSON must be JSON", () => {
    expect(only(REQUEST, { path: "a.json" }).code).toBe("InvalidJson");
  });

  it("a key called __proto__ is a field like any other", () => {
    expect(only(`${REQUEST}  __proto__: {polluted: true}\n`).code).toBe("UnknownField");
    expect("polluted" in {}).toBe(false);
  });
});
