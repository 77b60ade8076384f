import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret, type SecretFields } from "../secret.ts";
import { complete, FIELDS, mutate, partsOf } from "./database-url.ts";

const URL = "postgres://u1:p%40ss@h.example:6432/d1";

const text = (value: SecretFields): Record<string, string> =>
  Object.fromEntries(Object.entries(value).map(([name, secret]) => [name, secret.reveal()]));
const fields = (values: Record<string, string>): SecretFields =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Secret.from(value)]));

describe("a database login", () => {
  it("is completed from its URL, and from its parts", () => {
    const whole = { url: URL, user: "u1", password: "p@ss", host: "h.example", port: "6432", database: "d1" };
    const { url: _, ...parts } = whole;
    expect(text(complete(fields({ url: URL })))).toEqual(whole);
    expect(text(complete(fields(parts)))).toEqual(whole);
    expect(Object.keys(complete(fields(parts))).toSorted()).toEqual([...FIELDS].toSorted());
  });

  it("keeps a URL with parameters as it is", () => {
    const url = "postgresql://u:p@h/d?sslmode=require";
    expect(text(complete(fields({ url })))).toMatchObject({ url, port: "5432", database: "d" });
  });

  it.each(["", "orders", "mysql://u:p@h/d", "postgres://h/d", "postgres://u:%@h/d", "postgres://u:p@h"])(
    "is not read from %j",
    (url) => {
      expect(text(complete(fields({ url })))).toEqual({ url });
    },
  );

  it("stays incomplete where a part is unknown", () => {
    expect(text(complete(fields({ user: "u", password: "p" })))).toEqual({ user: "u", password: "p" });
  });

  it("is mutated in every field that holds the password, and to one of the same length", () => {
    const holds = property(string({ unit: "grapheme-ascii", minLength: 1 }), (password) => {
      const value = complete(fields({ user: "u", password, host: "h", port: "1", database: "d" }));
      const wrong = mutate(value);
      const word = wrong["password"]?.reveal() ?? "";
      expect(word).not.toBe(password);
      expect(word).toHaveLength(password.length);
      expect(partsOf({ url: wrong["url"] ?? Secret.from("") }).password).toBe(word);
      expect(text(wrong)).toMatchObject({ user: "u", host: "h", port: "1", database: "d" });
    });
    assert(holds);
    expect(text(mutate(fields({ url: "not a URL" })))["url"]).not.toBe("not a URL");
    expect(Object.keys(mutate(fields({ url: URL })))).toEqual(["url"]);
  });
});
