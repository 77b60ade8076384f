import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { fingerprint, fingerprints } from "./fingerprint.ts";
import { assertKey, keyRing, WrongKey } from "./key.ts";
import { seal, unseal, Unsealable } from "./seal.ts";

const ring = keyRing(Secret.from(randomBytes(32).toString("base64")));
const other = keyRing(Secret.from(randomBytes(32).toString("base64")));
const scope = { install: "i", credential: "c", attempt: "a", purpose: "new" } as const;

describe("sealing", () => {
  it("gives back what was sealed, whatever it is", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string({ unit: "grapheme" })), (fields) => {
        const value = Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, Secret.from(text)]));
        const opened = unseal(ring, scope, seal(ring, scope, value));
        expect(Object.fromEntries(Object.entries(opened).map(([name, secret]) => [name, secret.reveal()]))).toEqual(
          Object.fromEntries(Object.entries(value).map(([name, secret]) => [name, secret.reveal()])),
        );
      }),
    );
  });

  it("opens with no other key, in no other row, and not after a changed byte", () => {
    const sealed = seal(ring, scope, { value: Secret.from("canary-7f3a") });
    expect(() => unseal(other, scope, sealed)).toThrow(Unsealable);
    for (const moved of [{ install: "x" }, { credential: "x" }, { attempt: "x" }, { purpose: "previous" as const }]) {
      expect(() => unseal(ring, { ...scope, ...moved }, sealed)).toThrow(Unsealable);
    }
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => unseal(ring, scope, changed), `byte ${at}`).toThrow(Unsealable);
    }
    expect(() => unseal(ring, scope, sealed.subarray(0, 40))).toThrow(Unsealable);
  });

  it("never seals the same value to the same bytes, and shows nothing of it", () => {
    const value = { value: Secret.from("canary-7f3a") };
    expect(seal(ring, scope, value)).not.toEqual(seal(ring, scope, value));
    expect(seal(ring, scope, value).toString("latin1")).not.toContain("canary");
  });
});

describe("fingerprints", () => {
  it("are the same for the same value only, by key, credential and field", () => {
    const value = Secret.from("v");
    const print = fingerprint(ring, "field:a", "c", value);
    expect(print).toMatch(/^hmac-sha256:k1:[0-9a-f]{32}$/);
    expect(fingerprint(ring, "field:a", "c", Secret.from("v"))).toBe(print);
    expect(fingerprint(other, "field:a", "c", value)).not.toBe(print);
    expect(fingerprint(ring, "field:b", "c", value)).not.toBe(print);
    expect(fingerprint(ring, "field:a", "d", value)).not.toBe(print);
  });

  it("of a whole value change with any field", () => {
    const whole = fingerprints(ring, "c", { a: Secret.from("1"), b: Secret.from("2") }).whole;
    expect(fingerprints(ring, "c", { b: Secret.from("2"), a: Secret.from("1") }).whole).toBe(whole);
    expect(fingerprints(ring, "c", { a: Secret.from("2"), b: Secret.from("1") }).whole).not.toBe(whole);
    expect(fingerprints(ring, "c", { a: Secret.from("1") }).whole).not.toBe(whole);
  });
});

describe("the key-encryption key", () => {
  it("must have 32 bytes", () => {
    expect(() => keyRing(Secret.from("c2hvcnQ="))).toThrow(WrongKey);
  });

  it("must be the one that the ledger was made with", () => {
    expect(() => assertKey(ring, ring.check)).not.toThrow();
    expect(() => assertKey(ring, other.check)).toThrow(expect.objectContaining({ reason: "KeyMismatch" }));
  });
});
