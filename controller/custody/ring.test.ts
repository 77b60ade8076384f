/** Several key-encryption keys: the current one for what is new, those before it for what is there. */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { openBox, publicKeyOf, sealBox } from "./box.ts";
import { checkpointKeyOf, isSigned, signCheckpoint } from "./checkpoint-key.ts";
import { fingerprints, isPrintOf } from "./fingerprint.ts";
import { assertKey, keyRing, RETIRED, WrongKey } from "./key.ts";
import { resealed, seal, unseal, Unsealable } from "./seal.ts";

const material = (): Secret => Secret.from(randomBytes(32).toString("base64"));
const [first, second, third] = [material(), material(), material()];
const one = keyRing(first);
const two = keyRing(second, [first]);
const three = keyRing(third, [first, second]);
const value = { value: Secret.from("canary-0a1b") };
const scope = { install: "i", credential: "c", attempt: "a", purpose: "new" } as const;
const box = { install: "i", namespace: "n", credential: "c" };

describe("a ring of keys", () => {
  it("numbers them by their place, and a retired one keeps its number", () => {
    expect([one, two, three].map(({ id }) => id)).toEqual(["k1", "k2", "k3"]);
    expect(three.previous.map(({ id }) => id)).toEqual(["k1", "k2"]);
    const retired = keyRing(third, [first, RETIRED]);
    expect(retired.id).toBe("k3");
    expect(retired.previous.map(({ id }) => id)).toEqual(["k1"]);
  });

  it("refuses an earlier key that is none", () => {
    expect(() => keyRing(second, [Secret.from("c2hvcnQ=")])).toThrow(WrongKey);
  });

  it("opens what an earlier key sealed, and not what a retired one did", () => {
    const sealed = seal(two, scope, value);
    expect(unseal(three, scope, sealed)["value"]?.reveal()).toBe("canary-0a1b");
    expect(() => unseal(keyRing(third, [first, RETIRED]), scope, sealed)).toThrow(Unsealable);
    const boxed = sealBox(publicKeyOf(two), box, value);
    expect(boxed).toMatch(/^v1:k2:/);
    expect(openBox(three, box, boxed)["value"]?.reveal()).toBe("canary-0a1b");
    expect(() => openBox(keyRing(third, [first, RETIRED]), box, boxed)).toThrow(Unsealable);
    // The number alone opens nothing: another key in the same place is another key.
    expect(() => openBox(keyRing(third, [first, material()]), box, boxed)).toThrow(Unsealable);
  });

  it("seals anew only what an earlier key sealed", () => {
    const sealed = seal(one, scope, value);
    const anew = resealed(two, scope, sealed);
    if (!anew) throw new Error("it was not sealed anew");
    expect(unseal(keyRing(second, [material()]), scope, anew)["value"]?.reveal()).toBe("canary-0a1b");
    expect(() => unseal(one, scope, anew)).toThrow(Unsealable);
    expect(resealed(two, scope, anew)).toBeUndefined();
    expect(resealed(one, scope, sealed)).toBeUndefined();
    expect(resealed(two, { ...scope, attempt: "other" }, sealed)).toBeUndefined();
    expect(resealed(two, scope, Buffer.from("nonsense"))).toBeUndefined();
  });

  it("knows a value by the fingerprint of an earlier key, until that is retired", () => {
    const stored = fingerprints(one, "c", value).whole;
    expect(stored).toMatch(/^hmac-sha256:k1:/);
    expect(fingerprints(two, "c", value).whole).toMatch(/^hmac-sha256:k2:/);
    expect(isPrintOf(two, stored, "c", value)).toBe(true);
    expect(isPrintOf(two, stored, "c", { value: Secret.from("another") })).toBe(false);
    expect(isPrintOf(two, stored, "d", value)).toBe(false);
    expect(isPrintOf(keyRing(third, [material(), second]), stored, "c", value)).toBe(false);
    expect(isPrintOf(two, "nonsense", "c", value)).toBe(false);
  });

  it("is of the ledger that any of its keys is of", () => {
    expect(assertKey(three, two.check).id).toBe("k2");
    expect(() => assertKey(two, three.check)).toThrow(expect.objectContaining({ reason: "KeyMismatch" }));
  });

  it("signs checkpoints with what follows from the current one, whatever stands before it", () => {
    expect(checkpointKeyOf(three)).toBe(checkpointKeyOf(keyRing(third, [RETIRED, RETIRED])));
    expect(checkpointKeyOf(three)).not.toBe(checkpointKeyOf(one));
    const statement = Buffer.from("{}");
    expect(isSigned(checkpointKeyOf(three), statement, signCheckpoint(three, statement))).toBe(true);
  });
});
