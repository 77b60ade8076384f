import { expect, it } from "vitest";
import { openOutput, printable, type Stream, tableLines } from "./output.ts";

function screen(options: { isTTY: boolean; columns?: number }): Stream & { text: () => string } {
  let text = "";
  return { ...options, write: (more) => (text += more), text: () => text };
}

it("pads columns to their widest cell and leaves no space at the end of a line", () => {
  expect(
    tableLines(
      ["NAME", "STAGE"],
      [
        ["orders-db-1", "Done"],
        ["x", ""],
      ],
    ),
  ).toEqual(["NAME         STAGE", "orders-db-1  Done", "x"]);
});

it("does not count colours as width", () => {
  expect(tableLines(["A", "B"], [["\x1b[32mok\x1b[39m", "x"]])).toEqual(["A   B", "\x1b[32mok\x1b[39m  x"]);
});

it("takes escape sequences, line breaks and bidi controls out of text that others wrote", () => {
  expect(printable("a\x1b[2Jb\r\nc\u202ed")).toBe("ab c d");
});

it("replaces a block in place in a terminal, and cuts its lines to the width", () => {
  const stdout = screen({ isTTY: true, columns: 5 });
  const out = openOutput({ stdout, stderr: screen({ isTTY: true }), noColour: "1" });
  out.block(["one", "twelve"]);
  out.block(["1"]);
  expect(stdout.text()).toBe("\x1b[Jone\ntwel…\n\x1b[2A\x1b[J1\n");
});

it("writes blocks below each other, whole and without any escape, when piped", () => {
  const stdout = screen({ isTTY: false });
  const out = openOutput({ stdout, stderr: screen({ isTTY: false }), noColour: undefined });
  out.block([out.colours.red("one")]);
  out.block(["two"]);
  expect(stdout.text()).toBe("one\ntwo\n");
});

it.each([
  { isTTY: true, noColour: undefined, coloured: true },
  { isTTY: true, noColour: "", coloured: true },
  { isTTY: true, noColour: "1", coloured: false },
  { isTTY: false, noColour: undefined, coloured: false },
])("colours only in a terminal and without NO_COLOR: %o", ({ isTTY, noColour, coloured }) => {
  const stdout = screen({ isTTY });
  const out = openOutput({ stdout, stderr: stdout, noColour });
  expect(out.colours.green("x") !== "x").toBe(coloured);
});
