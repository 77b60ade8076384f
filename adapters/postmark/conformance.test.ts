import { stringMatching } from "fast-check";
import { expect, it } from "vitest";
import { issuerConformance } from "../conformance/issuer.ts";
import { Secret } from "../secret.ts";
import { newWorld, silentIssuer, valueOf } from "./emulator-bench.ts";
import { postmark } from "./postmark.ts";

const BY_HAND = "Postmark has no API that makes or deletes a server token: people do both.";
const strays: string[] = [];
let benches = 0;

issuerConformance({
  name: "postmark",
  make: async () => {
    const made = await newWorld();
    benches += 1;
    return {
      issuer: made.issuer(),
      other: () => made.issuer(),
      unreachable: silentIssuer,
      adopted: valueOf(made.first),
      unknownId: "1234567/0000000000000000",
      [Symbol.asyncDispose]: async () => {
        strays.push(...made.vendor.strays);
        await made[Symbol.asyncDispose]();
      },
    };
  },
  forms: stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}$/).map((text) => [{ value: Secret.from(text) }]),
  impossible: {
    "says alive of a value that works": BY_HAND,
    "identifies a value that it minted": BY_HAND,
    "lists what it minted with its marker": BY_HAND,
    "proposes every field, and another value each time": BY_HAND,
    "mints beside the credential in use": BY_HAND,
    "has the same outcome for the same order again": BY_HAND,
    "refuses a mint when the place has changed since it was decided": BY_HAND,
    "does not bring a revoked credential back by minting the same order again": BY_HAND,
    "revokes exactly one id": BY_HAND,
    "revokes again without an error": BY_HAND,
    "leaves what took a place alone when the id from before is revoked": BY_HAND,
    "restores a quarantined value": "There is no quarantine at Postmark.",
    "restores nothing that is destroyed": "There is no quarantine at Postmark.",
    "destroys for good, and again without an error": BY_HAND,
    "counts uses": "Postmark does not tell who uses a token.",
    "lists no value": "What is listed is tested in postmark.test.ts: nothing is minted here.",
    "stops when its signal aborts": "What it calls is tested in postmark.test.ts: a mint calls nobody.",
    "shows no value in an error": "What it calls is tested in postmark.test.ts: a mint calls nobody.",
    "leaves no value in what the vendor records": BY_HAND,
  },
});

it("says what it is, without an account", () => {
  expect(postmark.issuerTraits?.({ serverId: 1 })).toMatchObject({
    mintClass: "manual",
    revocation: "manual",
    detects: true,
    maxLive: 3,
  });
  const blind = postmark.issuerTraits?.({ serverId: 1, detects: false });
  expect(blind).not.toHaveProperty("detects");
  expect(blind).not.toHaveProperty("maxLive");
  expect(postmark.targets("issuer", { serverId: 1 })).toEqual({ serverId: "1" });
});

it("asked only what the vendor has", () => {
  expect(benches).toBeGreaterThan(5);
  expect(strays).toEqual([]);
});
