import { parseEnv } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Terminal } from "../errors.ts";
import { dotenv } from "./dotenv.ts";

const FACTS = { vendor: "file", operation: "write .env" };
const edit = (text: string, changes: Readonly<Record<string, string | null>>) =>
  dotenv.edit(text, new Map(Object.entries(changes)), FACTS);

describe("an edit of a dotenv file", () => {
  it("keeps comments, order, blank lines, spacing, exports and quotes of everything else", () => {
    const before = [
      "# the orders app",
      "",
      "  export PORT = 8080   # keep",
      "TOKEN='old'  # rotated by Velvet",
      'GREETING="hello # not a comment"',
      "RAW=a b c",
      "MULTI='one",
      "TOKEN=not an assignment",
      "three'",
      "EMPTY=",
      "",
    ].join("\n");
    expect(edit(before, { TOKEN: "new" })).toBe(before.replace("'old'", "'new'"));
    expect(edit(before, { TOKEN: "it's" })).toBe(before.replace("'old'", '"it\'s"'));
    expect(edit(before, { PORT: "9090" })).toBe(before.replace("8080", "9090"));
    expect(edit(before, { EMPTY: "full" })).toBe(before.replace("EMPTY=", "EMPTY=full"));
    expect(edit(before, { GREETING: "bye" })).toBe(before.replace('"hello # not a comment"', '"bye"'));
    expect(edit(before, { MULTI: "x" })).toBe(before.replace("'one\nTOKEN=not an assignment\nthree'", "'x'"));
    expect(edit(before, { NEW: "x y" })).toBe(`${before}NEW='x y'\n`);
    expect(edit(before, { TOKEN: null })).toBe(before.replace("TOKEN='old'  # rotated by Velvet\n", ""));
  });

  it("keeps CRLF line ends, and uses them for new lines", () => {
    expect(edit("A=1\r\nB=2 # b\r\n", { A: "x", C: "3" })).toBe("A=x\r\nB=2 # b\r\nC=3\r\n");
    expect(edit("A=1\r\nB=2", { C: "3" })).toBe("A=1\r\nB=2\r\nC=3\r\n");
  });

  it("ends a last line that has no end before it adds one", () => {
    expect(edit("A=1", { B: "2" })).toBe("A=1\nB=2\n");
    expect(edit("A=1", { A: "2" })).toBe("A=2");
  });

  it("is no edit where the values stand already, however they are quoted", () => {
    const before = "A='x'\nB=\"y z\"\nexport C=`w`\n";
    expect(edit(before, { A: "x", B: "y z", C: "w", GONE: null })).toBe(before);
    expect(edit("", {})).toBe("");
  });

  it("changes every assignment of a key, so that no old value stays", () => {
    expect(edit("A=old\nB=1\nA='old'\n", { A: "new" })).toBe("A=new\nB=1\nA='new'\n");
    expect(edit("A=old\nB=1\nA='older'\n", { A: null })).toBe("B=1\n");
  });

  it.each([
    ["plain-1.2/3:4@5%6+7,8=9", "K=plain-1.2/3:4@5%6+7,8=9\n"],
    ["", "K=''\n"],
    ["a b", "K='a b'\n"],
    ["$HOME", "K='$HOME'\n"],
    ["a#b", "K='a#b'\n"],
    ["back\\slash\\n", "K='back\\slash\\n'\n"],
    ["two\nlines", "K='two\nlines'\n"],
    ["it's", 'K="it\'s"\n'],
    ["it's $5", "K=`it's $5`\n"],
    [`both ' and "`, "K=`both ' and \"`\n"],
  ])("writes %j as %j", (value, line) => {
    expect(edit("", { K: value })).toBe(line);
  });

  it.each(["'\"`", "carriage\rreturn", "windows\r\nline"])("refuses %j, which no quoting keeps", (value) => {
    expect(() => edit("", { K: value })).toThrow(Terminal);
    expect(() => edit("", { K: value })).toThrow(expect.objectContaining({ reason: "ValueNotRepresentable" }));
  });

  it.each(["", "a b", "A=B", "A\nB", "#A", "\u00e9"])("refuses the key name %j", (name) => {
    expect(() => edit("", { [name]: "x" })).toThrow(expect.objectContaining({ reason: "KeyNameInvalid" }));
  });

  it("refuses a file in which the edit would read as something else", () => {
    const unclosed = "A='never closed\nTOKEN=old\n";
    expect(edit(unclosed, { TOKEN: "new" })).toBe("A='never closed\nTOKEN=new\n");
    // A quote in the value would close the open one.
    expect(() => edit(unclosed, { TOKEN: "it's" })).toThrow(expect.objectContaining({ reason: "FileNotUnderstood" }));
    const open = "A: 'x\nTOKEN=old\ny'\n";
    expect(() => edit(open, { TOKEN: "new" })).toThrow(expect.objectContaining({ reason: "FileNotUnderstood" }));
  });
});

describe("for any value and any file", () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter((text) => text !== "export");
  const value = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom("'", '"', "`", "\n", "#", "$", "\\", "n", "r", "=", " ", "\t", "a"),
      maxLength: 12,
    }),
    fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.toWellFormed()),
  );
  const line = fc.oneof(
    fc.tuple(name, value).map(([key, text]) => `${key}=${text.replaceAll(/[\r\n]/g, "")}`),
    fc.tuple(name, value).map(([key, text]) => `export ${key} = '${text.replaceAll(/[\r']/g, "")}' # c`),
    fc.tuple(name, value).map(([key, text]) => `${key}="${text.replaceAll(/[\r"\\]/g, "")}"`),
    value.map((text) => `# ${text.replaceAll(/[\r\n]/g, "")}`),
    fc.constantFrom("", "   ", "junk", "A: b", "='x'"),
  );
  const source = fc
    .tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom("\n", "\r\n"))
    .map(([lines, eol]) => lines.join(eol));

  it("reads back exactly what was written, with Node's reader too, and refuses only what no quoting holds", () => {
    fc.assert(
      fc.property(value, (text) => {
        const edited = attempt(() => edit("", { K: text }));
        expect(edited === undefined).toBe(!quotable(text));
        expect(edited === undefined ? text : parseEnv(edited).K).toBe(text);
        expect(edited === undefined ? text : dotenv.read(edited, FACTS).get("K")).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });

  it("changes its own keys and not a byte of other lines' values", () => {
    let written = 0;
    fc.assert(
      fc.property(source, name, fc.option(value), (before, key, text) => {
        const after = attempt(() => edit(before, { [key]: text }));
        if (after === undefined) return;
        written += 1;
        const wanted = { ...parseEnv(before) };
        if (text === null) delete wanted[key];
        else wanted[key] = text;
        expect({ ...parseEnv(after) }).toEqual(wanted);
        expect(edit(after, { [key]: text })).toBe(after);
      }),
      { numRuns: 3000 },
    );
    expect(written).toBeGreaterThan(1500);
  });
});

/** Single and back quotes hold anything but themselves; in double quotes a backslash before `n` or `r` would be taken for an escape. */
function quotable(text: string): boolean {
  if (text.includes("\r")) return false;
  return !text.includes("'") || !text.includes("`") || !(text.includes('"') || /\\[nr]/.test(text));
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Terminal) return undefined;
    throw error;
  }
}
