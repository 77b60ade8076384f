import { array, assert, constantFrom, property, record, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret, type SecretFields } from "../secret.ts";
import { complete, FIELDS, formatUrl, mutate, parseUrl, partsOf, withLogin } from "./value.ts";

const PLACE = { host: "db.internal", port: "5432", database: "orders" };

const text = (value: SecretFields): Record<string, string> =>
  Object.fromEntries(Object.entries(value).map(([name, secret]) => [name, secret.reveal()]));
const url = (of: string): SecretFields => ({ url: Secret.from(of) });

describe("a value", () => {
  it("is completed from its URL", () => {
    expect(text(complete(url("postgres://orders:p%40ss%2Fw%C3%B6rd@pg:6432/shop?sslmode=require"), PLACE))).toEqual({
      user: "orders",
      password: "p@ss/w\u00f6rd",
      host: "pg",
      port: "6432",
      database: "shop",
      url: "postgres://orders:p%40ss%2Fw%C3%B6rd@pg:6432/shop?sslmode=require",
    });
  });

  it("is completed from user and password at the account's place", () => {
    const value = complete({ user: Secret.from("orders"), password: Secret.from("a:b@c") }, PLACE);
    expect(text(value)).toMatchObject({ ...PLACE, url: "postgres://orders:a%3Ab%40c@db.internal:5432/orders" });
  });

  it.each([
    ["a raw @ and : in the password", "postgres://u:a@b:c@h/d", { user: "u", password: "a@b:c", host: "h" }],
    ["a percent sign that encodes nothing", "postgres://u:50%@h/d", { password: "50%" }],
    ["no port", "postgresql://u:p@h/d", { port: "5432", scheme: "postgresql" }],
    ["no database, which is then named like the user", "postgres://u:p@h", { database: "u" }],
    ["an IPv6 address", "postgres://u:p@[::1]:5433/d", { host: "::1", port: "5433" }],
    ["a socket's folder", "postgres://u:p@%2Frun%2Fpg/d", { host: "/run/pg" }],
    ["several hosts", "postgres://u:p@a:1,b/d", { host: "a,b", port: "1,5432" }],
    [
      "parts among the parameters",
      "postgres:///?host=h&user=u&password=p&dbname=d&port=1",
      { ...part("h", "1"), user: "u" },
    ],
  ])("is read with %s", (_, from, expected) => {
    expect(parseUrl(from)).toMatchObject(expected);
  });

  it.each(["", "orders", "mysql://u:p@h/d", "postgres://u:p@h/d#fragment", "postgres:u"])(
    "is not read from %j",
    (from) => {
      expect(parseUrl(from)).toBeUndefined();
      expect(complete(url(from), PLACE)).toEqual(url(from));
    },
  );

  it("keeps place, scheme and parameters for another login, and drops parts that would win over it", () => {
    const next = withLogin(url("postgresql://orders:old@a:1,b:2/d?sslmode=require"), PLACE, {
      user: "b",
      password: "new",
    });
    expect(next.url.reveal()).toBe("postgresql://b:new@a:1,b:2/d?sslmode=require");
    const moved = withLogin(url("postgres://h/d?user=orders&password=old&x=1"), PLACE, { user: "b", password: "new" });
    expect(moved.url.reveal()).toBe("postgres://b:new@h:5432/d?x=1");
  });

  it("survives its own URL, whatever its parts are", () => {
    const host = array(constantFrom("a", "b.example", "::1", "/run/pg"), { minLength: 1, maxLength: 3 });
    const parts = record({ user: some(), password: some(), database: some(), host });
    const holds = property(parts, ({ host: hosts, ...rest }) => {
      const whole = { ...rest, host: hosts.join(","), port: hosts.map(() => "5433").join(",") };
      expect(parseUrl(formatUrl(whole))).toMatchObject(whole);
    });
    assert(holds);
    expect.hasAssertions();
  });

  it("is mutated to another password of the same length, also after normalisation", () => {
    const holds = property(string({ unit: "grapheme", minLength: 1 }), (password) => {
      const value = { user: Secret.from("u"), password: Secret.from(password) };
      const wrong = mutate(complete(value, PLACE), PLACE);
      const word = wrong["password"]?.reveal() ?? "";
      expect(word.normalize("NFKC")).not.toBe(password.normalize("NFKC"));
      expect(Array.from(word)).toHaveLength(Array.from(password).length);
      expect(partsOf({ url: wrong["url"] ?? Secret.from("") }).password).toBe(word);
    });
    assert(holds);
    expect(Object.keys(mutate(url("postgres://u:p@h/d"), PLACE))).toEqual(["url"]);
    expect(mutate({ password: Secret.from("A") }, PLACE)["password"]?.reveal()).toBe("B");
    expect(mutate({ password: Secret.from("\uff21") }, PLACE)["password"]?.reveal()).toBe("B");
  });

  it("has every field after a new login", () => {
    expect(Object.keys(withLogin({}, PLACE, { user: "u", password: "p" }))).toEqual([...FIELDS]);
  });
});

function part(host: string, port: string): object {
  return { host, port, password: "p", database: "d" };
}

/** Text that a field can hold: not empty, and UTF-8. */
function some() {
  return string({ unit: "grapheme", minLength: 1 });
}
