import { stringMatching } from "fast-check";
import { describe, expect, it } from "vitest";
import type { ManualIssuer } from "../../crds/kinds.gen.ts";
import { issuerConformance } from "../conformance/issuer.ts";
import { Secret } from "../secret.ts";
import { issuerAt, silentIssuer, valueOf } from "./emulator-bench.ts";
import type { HandEmulator } from "./emulator.ts";
import { MAILBOX, openFreescout } from "./emulator-freescout.ts";
import { CLIENT_ID, openPlaid } from "./emulator-plaid.ts";
import { openSentry, ORGANIZATION } from "./emulator-sentry.ts";
import { openSlack, TEAM } from "./emulator-slack.ts";
import { LOGIN_ID, openTaxcloud } from "./emulator-taxcloud.ts";
import { manual } from "./manual.ts";

const BY_HAND = "This vendor has no API that makes or ends a credential: people do both.";
const NO_NAME = "This vendor does not tell which credential one is.";
const NO_CALL = "Whatever is not verified is refused before anybody is called.";

const VENDORS: readonly (readonly [name: string, block: ManualIssuer, open: () => Promise<HandEmulator>])[] = [
  ["plaid", { plaid: { clientId: CLIENT_ID } }, async () => openPlaid()],
  ["taxcloud", { taxcloud: { loginId: LOGIN_ID } }, async () => openTaxcloud()],
  ["slack", { slack: { team: TEAM } }, async () => openSlack()],
  ["freescout", { freescout: { mailbox: MAILBOX } }, async () => openFreescout()],
  ["sentry", { sentry: { organization: ORGANIZATION } }, async () => openSentry()],
];

const strays: string[] = [];
let benches = 0;

describe.each(VENDORS)("manual, %s", (name, block, open) => {
  issuerConformance({
    name: `manual, ${name}`,
    make: async () => {
      const vendor = await open();
      benches += 1;
      return {
        issuer: issuerAt(vendor.url, block),
        other: () => issuerAt(vendor.url, block),
        unreachable: async () => silentIssuer(block),
        adopted: valueOf(vendor.make()),
        unknownId: "by-hand@no-attempt",
        [Symbol.asyncDispose]: async () => {
          strays.push(...vendor.strays);
          await vendor[Symbol.asyncDispose]();
        },
      };
    },
    forms: stringMatching(/^[A-Za-z0-9_-]{8,64}$/).map((text) => [{ value: Secret.from(text) }]),
    impossible: {
      "says alive of a value that works": BY_HAND,
      "identifies a value from before Velvet": NO_NAME,
      "identifies a value that it minted": BY_HAND,
      "lists what it minted with its marker": BY_HAND,
      "proposes every field, and another value each time": BY_HAND,
      "mints beside the credential in use": BY_HAND,
      "has the same outcome for the same order again": BY_HAND,
      "refuses a mint when the place has changed since it was decided": BY_HAND,
      "does not bring a revoked credential back by minting the same order again": BY_HAND,
      "revokes exactly one id": BY_HAND,
      "revokes again without an error": BY_HAND,
      "takes an unknown id for one that is gone": BY_HAND,
      "leaves what took a place alone when the id from before is revoked": BY_HAND,
      "restores a quarantined value": BY_HAND,
      "restores nothing that is destroyed": BY_HAND,
      "destroys for good, and again without an error": BY_HAND,
      "counts uses": "This vendor does not tell who uses a credential.",
      "lists no value": BY_HAND,
      "stops when its signal aborts": NO_CALL,
      "shows no value in an error": NO_CALL,
      "leaves no value in what the vendor records": BY_HAND,
    },
  });
});

it("says of each vendor what it is, without an account", () => {
  const traits = VENDORS.map(([, block]) => manual.issuerTraits?.(block));
  expect(traits.every((each) => each?.mintClass === "manual" && each.revocation === "manual")).toBe(true);
  expect(traits.map((each) => each?.mintEndsOld ?? false)).toEqual([false, true, true, true, false]);
  // Nobody has said that wrong keys of TaxCloud do no harm.
  expect(traits.map((each) => each?.negativeControl)).toEqual([true, false, true, true, true]);
  expect(VENDORS.map(([, block]) => manual.targets("issuer", block))).toEqual([
    { vendor: "plaid", clientId: CLIENT_ID },
    { vendor: "taxcloud", loginId: LOGIN_ID },
    { vendor: "slack", team: TEAM },
    { vendor: "freescout", mailbox: "2" },
    { vendor: "sentry", organization: ORGANIZATION },
  ]);
});

it("asked only what the vendor has", () => {
  expect(benches).toBeGreaterThan(20);
  expect(strays).toEqual([]);
});
