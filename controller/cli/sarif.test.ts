import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { sarifLog } from "./sarif.ts";

const text = {
  type: "object",
  required: ["text"],
  additionalProperties: false,
  properties: { text: { type: "string", minLength: 1 } },
};
const closed = (properties: Record<string, object>, ...required: string[]): object => {
  return { type: "object", additionalProperties: false, required, properties };
};

/** What the standard says of the parts that Velvet writes, closed: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
const PARTS = closed(
  {
    $schema: { type: "string" },
    version: { const: "2.1.0" },
    runs: {
      type: "array",
      items: closed(
        {
          tool: closed(
            {
              driver: closed(
                {
                  name: { type: "string" },
                  version: { type: "string" },
                  rules: {
                    type: "array",
                    uniqueItems: true,
                    items: closed(
                      {
                        id: { type: "string" },
                        name: { type: "string" },
                        shortDescription: text,
                        help: text,
                        defaultConfiguration: closed({ level: { enum: ["none", "note", "warning", "error"] } }),
                      },
                      "id",
                    ),
                  },
                },
                "name",
              ),
            },
            "driver",
          ),
          columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
          invocations: {
            type: "array",
            items: closed({ executionSuccessful: { type: "boolean" } }, "executionSuccessful"),
          },
          results: {
            type: "array",
            items: closed(
              {
                ruleId: { type: "string" },
                ruleIndex: { type: "integer", minimum: 0 },
                level: { enum: ["none", "note", "warning", "error"] },
                message: text,
                locations: {
                  type: "array",
                  items: closed({
                    physicalLocation: closed({
                      artifactLocation: closed({
                        uri: { type: "string", pattern: "^[A-Za-z0-9._~:/%!$&'()*+,;=@-]+$" },
                      }),
                      region: closed({
                        startLine: { type: "integer", minimum: 1 },
                        startColumn: { type: "integer", minimum: 1 },
                      }),
                    }),
                  }),
                },
              },
              "message",
            ),
          },
        },
        "tool",
      ),
    },
  },
  "version",
  "runs",
);

const problem = { path: "teams/a.yaml", line: 4, column: 2, code: "UnknownField", message: "spec has no field x" };

describe("SARIF", () => {
  it.each([
    ["a relative path", problem, "teams/a.yaml"],
    ["a path that begins here", { ...problem, path: "./teams/a b.yaml" }, "teams/a%20b.yaml"],
    ["an absolute path", { ...problem, path: "/srv/50%.yaml" }, "file:///srv/50%25.yaml"],
    ["stdin", { ...problem, path: "<stdin>" }, "stdin"],
    ["a whole file", { ...problem, line: 0, column: 0 }, "teams/a.yaml"],
    ["a hint", { ...problem, suggestion: "did you mean y?" }, "teams/a.yaml"],
  ])("is what the standard says, for %s", (_, given, uri) => {
    const log = sarifLog([given], "1.2.3");
    const validate = new Ajv({ strict: true }).compile(PARTS);
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
    expect(JSON.stringify(log)).toContain(JSON.stringify({ uri }));
  });
});
