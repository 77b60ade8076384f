import { describe, expect, it } from "vitest";
import type { ManualIssuer } from "../../crds/kinds.gen.ts";
import { everything, failure } from "../conformance/wire.ts";
import type { Reply } from "../emulator/emulator.ts";
import { openEmulator } from "../emulator/emulator.ts";
import { Terminal } from "../errors.ts";
import { Secret } from "../secret.ts";
import { accountAt, connect, issuerAt, never, valueOf } from "./emulator-bench.ts";
import type { HandEmulator } from "./emulator.ts";
import { MAILBOX, openFreescout } from "./emulator-freescout.ts";
import { CLIENT_ID, error, openPlaid } from "./emulator-plaid.ts";
import { detail, openSentry, ORGANIZATION } from "./emulator-sentry.ts";
import { openSlack, said as slackSaid, TEAM } from "./emulator-slack.ts";
import { LOGIN_ID, openTaxcloud, said as taxcloudSaid } from "./emulator-taxcloud.ts";

const PLAID: ManualIssuer = { plaid: { clientId: CLIENT_ID } };
const TAXCLOUD: ManualIssuer = { taxcloud: { loginId: LOGIN_ID } };
const SLACK: ManualIssuer = { slack: { team: TEAM } };
const FREESCOUT: ManualIssuer = { freescout: { mailbox: MAILBOX } };
const SENTRY: ManualIssuer = { sentry: { organization: ORGANIZATION } };

/** What is said of one that works, where the vendor's next answer is this one. */
async function saidAt(open: () => Promise<HandEmulator>, block: ManualIssuer, reply: Reply) {
  await using vendor = await open();
  const value = valueOf(vendor.make());
  vendor.set({ mishap: { kind: "answer", reply } });
  return await issuerAt(vendor.url, block).verify(value, never);
}

const EDGE: Reply = { status: 403, body: "<html>login</html>" };

describe("what each vendor's answers mean", () => {
  it.each<[string, () => Promise<HandEmulator>, ManualIssuer, Reply, object]>([
    [
      "plaid, another error that is 400",
      openPlaid,
      PLAID,
      error(400, "INVALID_REQUEST", "MISSING_FIELDS"),
      { liveness: "inconclusive" },
    ],
    [
      "plaid, the same code under another type",
      openPlaid,
      PLAID,
      error(400, "INVALID_REQUEST", "INVALID_API_KEYS"),
      { liveness: "dead" },
    ],
    [
      "plaid, a limit",
      openPlaid,
      PLAID,
      error(429, "RATE_LIMIT_EXCEEDED", "INSTITUTIONS_GET_LIMIT"),
      { liveness: "inconclusive", reason: "RateLimited" },
    ],
    [
      "plaid, maintenance",
      openPlaid,
      PLAID,
      error(503, "API_ERROR", "PLANNED_MAINTENANCE"),
      { liveness: "inconclusive", reason: "VendorUnavailable" },
    ],
    ["plaid, a bare 401", openPlaid, PLAID, { status: 401 }, { liveness: "inconclusive", reason: "EdgeAnswered" }],
    [
      "taxcloud, an error of another kind",
      openTaxcloud,
      TAXCLOUD,
      taxcloudSaid(0, "The service is under maintenance"),
      { liveness: "inconclusive", reason: "AnswerNotUnderstood" },
    ],
    ["taxcloud, no JSON", openTaxcloud, TAXCLOUD, { status: 200, body: "<html>" }, { liveness: "inconclusive" }],
    [
      "taxcloud, a fault",
      openTaxcloud,
      TAXCLOUD,
      { status: 500 },
      { liveness: "inconclusive", reason: "VendorUnavailable" },
    ],
    [
      "slack, ended",
      openSlack,
      SLACK,
      slackSaid({ ok: false, error: "token_revoked" }),
      { liveness: "dead", message: "Slack does not accept it: token_revoked." },
    ],
    [
      "slack, an account that was closed",
      openSlack,
      SLACK,
      slackSaid({ ok: false, error: "account_inactive" }),
      { liveness: "dead" },
    ],
    [
      "slack, its own trouble in a 200",
      openSlack,
      SLACK,
      slackSaid({ ok: false, error: "fatal_error" }),
      { liveness: "inconclusive", reason: "AnswerNotUnderstood" },
    ],
    [
      "slack, a limit",
      openSlack,
      SLACK,
      { status: 429, headers: { "retry-after": "30" } },
      { liveness: "inconclusive", reason: "RateLimited", retryAfterMs: 30_000 },
    ],
    [
      "slack, another workspace",
      async () => openSlack({ team: "T9" }),
      SLACK,
      slackSaid({ ok: true, team_id: "T9" }),
      { liveness: "needs-human", reason: "TokenElsewhere" },
    ],
    ["freescout, a login wall", openFreescout, FREESCOUT, EDGE, { liveness: "inconclusive", reason: "EdgeAnswered" }],
    [
      "freescout, a throttle",
      openFreescout,
      FREESCOUT,
      { status: 429, headers: { "retry-after": "7" } },
      { liveness: "inconclusive", retryAfterMs: 7_000 },
    ],
    ["freescout, 401 with any body", openFreescout, FREESCOUT, { status: 401, body: "no" }, { liveness: "dead" }],
    [
      "sentry, a login wall's 401",
      openSentry,
      SENTRY,
      { status: 401, body: "<html>" },
      { liveness: "inconclusive", reason: "EdgeAnswered" },
    ],
    [
      "sentry, too few scopes",
      async () => openSentry({ restricted: true }),
      SENTRY,
      detail(403, "You do not have permission"),
      { liveness: "restricted" },
    ],
    [
      "sentry, another organization",
      openSentry,
      SENTRY,
      detail(404, "The requested resource does not exist"),
      { liveness: "needs-human", reason: "TokenElsewhere" },
    ],
  ])("%s", async (_, open, block, reply, wanted) => {
    expect(await saidAt(open, block, reply)).toMatchObject(wanted);
  });

  it("waits for the moment that Sentry names, which is no Retry-After", async () => {
    const reset = String(Math.ceil(Date.now() / 1000) + 40);
    const told = await saidAt(openSentry, SENTRY, detail(429, "slow down", { "x-sentry-rate-limit-reset": reset }));
    expect(told.liveness).toBe("inconclusive");
    expect(told.retryAfterMs).toBeGreaterThan(30_000);
    expect(told.retryAfterMs).toBeLessThan(42_000);
  });

  it("knows a key of FreeScout that does not see the mailbox", async () => {
    await using vendor = await openFreescout();
    const other = issuerAt(vendor.url, { freescout: { mailbox: 9 } });
    expect(await other.verify(valueOf(vendor.make()), never)).toMatchObject({ reason: "TokenElsewhere" });
  });

  it.each<[string, () => Promise<HandEmulator>, ManualIssuer]>([
    ["plaid", openPlaid, PLAID],
    ["taxcloud", openTaxcloud, TAXCLOUD],
    ["slack", openSlack, SLACK],
    ["freescout", openFreescout, FREESCOUT],
    ["sentry", openSentry, SENTRY],
  ])(
    "%s: alive before a person ends it, dead afterwards, and nothing is sent that no credential can be",
    async (_, open, block) => {
      await using vendor = await open();
      const issuer = issuerAt(vendor.url, block);
      const text = vendor.make();
      expect(await issuer.verify(valueOf(`${text}\n`), never)).toMatchObject({ liveness: "alive" });
      vendor.end(text);
      expect(await issuer.verify(valueOf(text), never)).toMatchObject({ liveness: "dead" });
      const sent = vendor.seen.length;
      for (const wrong of ["", "two words", "a\nb", "x".repeat(5_000), "päss"]) {
        expect(await issuer.verify(valueOf(wrong), never)).toMatchObject({
          liveness: "dead",
          reason: "TokenMalformed",
        });
      }
      expect(vendor.seen).toHaveLength(sent);
      expect(vendor.strays).toEqual([]);
    },
  );

  it.each<[string, () => Promise<HandEmulator>, boolean]>([
    ["plaid", openPlaid, true],
    ["taxcloud, whose support keeps the old one", openTaxcloud, true],
    ["taxcloud, whose support does not", async () => openTaxcloud({ endsOld: true }), false],
    ["slack", openSlack, false],
    ["freescout", openFreescout, false],
    ["sentry", openSentry, true],
  ])("%s: whether the old one outlives the new one is as its traits say", async (_, open, lives) => {
    await using vendor = await open();
    const old = vendor.make();
    const newer = vendor.make();
    expect(vendor.isAccepted(newer)).toBe(true);
    expect(vendor.isAccepted(old)).toBe(lives);
  });

  it("lets nobody rotate Plaid a third time before one of the two was deleted", async () => {
    await using vendor = await openPlaid();
    vendor.make();
    vendor.make();
    expect(() => vendor.make()).toThrow("deleted");
  });
});

describe("any other vendor, asked at an endpoint of the account", () => {
  const block: ManualIssuer = { endpoint: { name: "token-check", fields: ["id", "secret"] } };
  const value = { id: Secret.from("an-id"), secret: Secret.from("a-secret") };

  async function world(status: number) {
    const routes = [{ method: "GET", pattern: "/whoami", handle: () => ({ status }) }];
    const vendor = await openEmulator({ routes });
    const endpoint = {
      name: "token-check",
      url: `${vendor.url}/whoami`,
      method: "GET" as const,
      expectStatus: [204],
      proves: "credential" as const,
      send: { field: "secret", header: "x-token", prefix: "Token " },
      allowPrivate: true,
      timeoutMs: 5_000,
    };
    return { vendor, endpoint };
  }

  it.each([
    [204, "alive"],
    [401, "dead"],
    [403, "dead"],
    [200, "inconclusive"],
    [302, "inconclusive"],
    [404, "inconclusive"],
    [503, "inconclusive"],
  ])("says of %i: %s", async (status, liveness) => {
    const { vendor, endpoint } = await world(status);
    await using _ = vendor;
    const issuer = issuerAt("", block, { endpoints: [endpoint] });
    expect(await issuer.verify(value, never)).toMatchObject({ liveness });
  });

  it.each([
    ["which the account does not have", {}, "EndpointUnknown"],
    ["which is not sent the credential", { send: undefined }, "EndpointUnknown"],
    ["which is plain http to anywhere", { allowPrivate: false }, "EndpointInsecure"],
  ])("is not asked at an endpoint %s", async (title, change, reason) => {
    const { vendor, endpoint } = await world(204);
    await using _ = vendor;
    const { send, ...bare } = { ...endpoint, ...change };
    const found = { ...bare, ...(send === undefined ? {} : { send }) };
    const endpoints = title === "which the account does not have" ? [] : [found];
    const error = await failure(issuerAt("", block, { endpoints }).verify(value, never));
    expect(error).toMatchObject({ name: "Terminal", reason });
    expect(everything(error)).not.toContain("a-secret");
    expect(vendor.seen).toEqual([]);
  });

  it("makes no negative control where a wrong value locks the right one out", () => {
    const careful = issuerAt("", { endpoint: { name: "token-check", locksOut: true } });
    expect(careful.traits.negativeControl).toBe(false);
    expect(issuerAt("", block).traits).toMatchObject({ fields: ["id", "secret"], breaksWhenMixed: true });
  });
});

describe("what people are told", () => {
  it("comes from the account, with where and how long", () => {
    expect(issuerAt("https://vendor.example", PLAID).instructions).toEqual({
      mint: { text: "Click on New.", link: "https://vendor.example/new", expectedMs: 7_200_000 },
      revoke: { text: "Click on Delete.", expectedMs: 3_600_000 },
    });
    expect(issuerAt("https://vendor.example", PLAID, { config: {} }).instructions).toEqual({});
  });

  it("never makes or ends anything by itself", async () => {
    const issuer = issuerAt("https://vendor.example", SLACK);
    const minted = await failure(issuer.mint({ marker: "velvet/a/b/c", inventory: [] }, never));
    expect(minted).toBeInstanceOf(Terminal);
    expect(minted).toMatchObject({ reason: "MintedByHand" });
    expect(await failure(issuer.revoke("by-hand@1", never))).toMatchObject({ reason: "RevokedByHand" });
    expect(await failure(issuer.destroy("by-hand@1", never))).toMatchObject({ reason: "RevokedByHand" });
  });

  it("is ready where the account's headers resolve, and a FreeScout needs an endpoint", async () => {
    expect(await connect(accountAt("https://x.example")).probe(never)).toMatchObject({ ready: true });
    const broken = accountAt("https://x.example", {
      headers: () => {
        throw new Terminal({ reason: "AccountSecretMissing", message: "gone" }, { vendor: "velvet", operation: "" });
      },
    });
    expect(await connect(broken).probe(never)).toMatchObject({ ready: false, reason: "AccountSecretMissing" });
    const nowhere = connect(accountAt(undefined)).issuer?.(FREESCOUT);
    expect(await failure(nowhere?.verify(valueOf("abc"), never) ?? Promise.resolve())).toMatchObject({
      reason: "EndpointInvalid",
    });
  });

  it("shows no value in a failure", async () => {
    await using vendor = await openSlack();
    vendor.set({ times: 2, mishap: { kind: "reset-after" } });
    const text = vendor.make();
    const told = await issuerAt(vendor.url, SLACK).verify(valueOf(text), never);
    expect(told).toMatchObject({ liveness: "inconclusive" });
    expect(everything(told)).not.toContain(text);
    expect(await failure(issuerAt(vendor.url, SLACK).verify(valueOf(text), AbortSignal.abort()))).toMatchObject({
      reason: "Aborted",
    });
  });
});
