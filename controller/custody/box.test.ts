import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { openBox, publicKeyOf, sealBox } from "./box.ts";
import { keyRing } from "./key.ts";
import { Unsealable } from "./seal.ts";

const ring = keyRing(Secret.from(randomBytes(32).toString("base64")));
const scope = { install: "i", namespace: "orders", credential: "orders-db" };
const value = { user: Secret.from("orders"), password: Secret.from("canary-51c2 ü\n") };

describe("a box that a person sealed", () => {
  it("opens for the install that it was sealed to, and shows nothing before", () => {
    const box = sealBox(publicKeyOf(ring), scope, value);
    expect(box).toMatch(/^v1:k1:[A-Za-z0-9+/]+=*$/);
    expect(Buffer.from(box.split(":")[2] ?? "", "base64").toString("latin1")).not.toContain("canary");
    const opened = openBox(ring, scope, box);
    expect(opened["password"]?.reveal()).toBe("canary-51c2 ü\n");
    expect(opened["user"]?.reveal()).toBe("orders");
    expect(sealBox(publicKeyOf(ring), scope, value)).not.toBe(box);
  });

  it("opens with no other key, for no other credential, and not after a changed byte", () => {
    const box = sealBox(publicKeyOf(ring), scope, value);
    const other = keyRing(Secret.from(randomBytes(32).toString("base64")));
    expect(() => openBox(other, scope, box)).toThrow(Unsealable);
    for (const moved of [{ install: "x" }, { namespace: "x" }, { credential: "x" }]) {
      expect(() => openBox(ring, { ...scope, ...moved }, box)).toThrow(Unsealable);
    }
    const bytes = Buffer.from(box.slice("v1:k1:".length), "base64");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => openBox(ring, scope, `v1:k1:${changed.toString("base64")}`), `byte ${at}`).toThrow(Unsealable);
    }
    for (const broken of ["", "v1:k1:", "v2:k1:AAAA", "v1:k9:AAAA", "nonsense"]) {
      expect(() => openBox(ring, scope, broken)).toThrow(Unsealable);
    }
  });

  it("is refused for a key that is none", () => {
    for (const wrong of ["", "k1:", "k1:AAAA", "x:AAAA"])
      expect(() => sealBox(wrong, scope, value)).toThrow(RangeError);
  });
});
