import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { problemRows } from "./problems.ts";

const problem = { path: "a.yaml", line: 1, column: 2, code: "UnknownField", message: "no such field" };

it("puts a suggestion behind the message, and orders by place", () => {
  const rows = problemRows([
    { ...problem, path: "b.yaml" },
    { ...problem, line: 9 },
    { ...problem, suggestion: "did you mean x?" },
  ]);
  expect(rows.map((row) => [row.path, row.line, row.message])).toEqual([
    ["a.yaml", 1, "no such field; did you mean x?"],
    ["a.yaml", 9, "no such field"],
    ["b.yaml", 1, "no such field"],
  ]);
});

it("counts what it does not list", () => {
  const rows = problemRows(Array.from({ length: 1_500 }, (_, line) => ({ ...problem, line })));
  expect(rows).toHaveLength(1_000);
  expect(rows[0]?.message).toBe("501 more problems are not listed.");
});

it("keeps every text within its bytes, well-formed and without NUL", () => {
  const fits = (text: string) => {
    const [row] = problemRows([{ ...problem, path: text, message: text }]);
    const whole = row !== undefined && row.message.isWellFormed() && !row.message.includes("\0");
    return whole && Buffer.byteLength(row.message) <= 1_500 && Buffer.byteLength(row.path) <= 600;
  };
  expect(() => assert(property(string({ unit: "binary", maxLength: 4_000, size: "max" }), fits))).not.toThrow();
  expect([1_496, 1_497, 1_498, 1_499, 1_500, 1_501].every((length) => fits("a".repeat(length) + "𝄞€"))).toBe(true);
});
