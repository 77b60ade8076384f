import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { json } from "./json.ts";

const FACTS = { vendor: "file", operation: "write x.json" };
const edit = (text: string, changes: Readonly<Record<string, string | null>>) =>
  json.edit(text, new Map(Object.entries(changes)), FACTS);

describe("an edit of a JSON file", () => {
  it("keeps indentation, order and the spelling of everything else", () => {
    const before = '{\n\t"z": 1.50,\n\t"10": [1, 2,   3],\n\t"token" : "old" ,\n\t"big": 12345678901234567890\n}\n';
    expect(edit(before, { token: "new" })).toBe(before.replace('"old"', '"new"'));
    expect(edit(before, { added: "x" })).toBe(before.replace("7890\n", '7890,\n\t"added": "x"\n'));
    expect(edit(before, { token: null })).toBe(before.replace('\n\t"token" : "old" ,', ""));
  });

  it("keeps a file on one line on one line", () => {
    expect(edit('{"a":"1"}', { b: "2" })).toBe('{"a":"1","b":"2"}');
    expect(edit('{ "a": "1" }\n', { b: "2" })).toBe('{ "a": "1", "b": "2" }\n');
    expect(edit('{"a":"1","b":"2"}', { a: null })).toBe('{"b":"2"}');
    expect(edit('{"a":"1"}', { a: null })).toBe("{}");
  });

  it("makes an object of an empty file, and fills an empty object", () => {
    expect(edit("", { a: "1", b: "2" })).toBe('{\n  "a": "1",\n  "b": "2"\n}\n');
    expect(edit("{}", { a: "1" })).toBe('{\n  "a": "1"\n}');
    expect(edit(" { } \n", { a: "1" })).toBe(' {\n  "a": "1"\n} \n');
  });

  it("is no edit where the values stand already", () => {
    const before = '{"a":"\\u0031","port":5432}';
    expect(edit(before, { a: "1", port: "5432", gone: null })).toBe(before);
    expect(edit("", {})).toBe("");
    expect(edit("", { gone: null })).toBe("");
  });

  it("takes names literally and changes every member of a name", () => {
    expect(edit('{"a":{"b":"1"}}', { "a.b": "2" })).toBe('{"a":{"b":"1"},"a.b": "2"}'.replace(": ", ":"));
    expect(edit('{"a":"1","a":"2"}', { a: "3" })).toBe('{"a":"3","a":"3"}');
    expect(edit('{"x":{"a":"1"}}', { a: "2" })).toBe('{"x":{"a":"1"},"a":"2"}');
    expect(edit('{"__proto__":"1"}', { __proto__: null, b: "2" })).toBe('{"__proto__":"1","b":"2"}');
  });

  it.each(["[]", '"text"', "null", "{", '{"a":1,}', "// c\n{}", "\ufeff{}", '{"a":1} x'])("refuses %j", (text) => {
    expect(() => edit(text, { a: "1" })).toThrow(expect.objectContaining({ reason: "FileNotUnderstood" }));
    expect(() => json.read(text, FACTS)).toThrow(expect.objectContaining({ reason: "FileNotUnderstood" }));
  });

  it("never destroys an object or a list that stands under an owned name", () => {
    for (const text of ['{"a":{"b":1}}', '{"a":[]}']) {
      expect(() => edit(text, { a: "1" })).toThrow(expect.objectContaining({ reason: "KeyNotText" }));
    }
  });

  it("reads strings as their text and other things as they are spelt", () => {
    const read = json.read('{"a":"x\\ny","b":5432,"c":true,"d":null}', FACTS);
    expect([...read]).toEqual([
      ["a", "x\ny"],
      ["b", "5432"],
      ["c", "true"],
      ["d", "null"],
    ]);
  });

  it("for any object, changes its own keys and nothing else, twice the same", () => {
    const source = fc.tuple(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom(0, 2, 4, "\t"),
      fc.constantFrom("", "\n"),
    );
    fc.assert(
      fc.property(
        source,
        fc.string({ unit: "binary" }),
        fc.option(fc.string({ unit: "binary" })),
        ([object, indent, end], key, text) => {
          const value = text?.toWellFormed() ?? null;
          const name = key.toWellFormed();
          if (Object.hasOwn(object, name) && typeof object[name] === "object" && object[name] !== null) return;
          const before = JSON.stringify(object, undefined, indent) + end;
          const after = json.edit(before, new Map([[name, value]]), FACTS);
          const wanted = new Map(Object.entries(JSON.parse(before) as object));
          if (value === null) wanted.delete(name);
          else if (String(wanted.get(name)) !== value) wanted.set(name, value);
          expect(new Map(Object.entries(JSON.parse(after) as object))).toEqual(wanted);
          expect(json.edit(after, new Map([[name, value]]), FACTS)).toBe(after);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
