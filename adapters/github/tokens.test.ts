import { describe, expect, it } from "vitest";
import { never } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { isAdapterError, Transient } from "../errors.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { AS_APP, newWorld, silentIssuer, type World } from "./emulator-bench.ts";

const READ = { installationToken: { repositories: ["orders"], permissions: { contents: "read" } } };
const PERSONAL = { personalAccessToken: { login: "octo-bot" } };
const HOUR = 3_600_000;
const ORDER = { marker: "velvet/install/credential/attempt-1", inventory: [] };

const text = (value: SecretFields): string => value["value"]?.reveal() ?? "";
const fields = (token: string): SecretFields => ({ value: Secret.from(token) });
const personal = (made: World) => made.issuer(PERSONAL, { auth: { token: made.vendor.addToken() } });

describe("a token of an installation", () => {
  it("may do what the manifest says and no more, and ends by itself within the hour", async () => {
    await using made = await newWorld();
    const issuer = made.issuer(READ);
    const minted = await issuer.mint(ORDER, never);
    const kept = made.vendor.people.tokens.get(text(minted.value));
    expect(kept).toMatchObject({ permissions: { contents: "read" }, repositories: ["acme/orders"] });
    const lifeMs = Date.parse(minted.expiresAt ?? "") - (kept?.bornAt ?? 0);
    expect(lifeMs).toBeLessThanOrEqual(issuer.traits.endsByItselfMs ?? 0);
    expect(minted.id).toBe(`installation-987654@attempt-1~${minted.expiresAt ?? ""}`);
    expect(minted.id).not.toContain(text(minted.value));
    made.time.ms += HOUR;
    expect(await issuer.verify(minted.value, never)).toMatchObject({ liveness: "dead", reason: "TokenRejected" });
    expect(made.vendor.strays).toEqual([]);
  });

  it("may do all that the installation may where the manifest says nothing", async () => {
    await using made = await newWorld();
    const minted = await made.issuer({ installationToken: {} }).mint(ORDER, never);
    expect(made.vendor.people.tokens.get(text(minted.value))?.permissions).toEqual(made.vendor.people.granted);
  });

  it("is minted once, and not known to be there where the answer is lost: an orphan is gone within the hour", async () => {
    await using made = await newWorld();
    const issuer = made.issuer(READ);
    const posts = (): number => made.vendor.seen.filter(({ method }) => method === "POST").length;
    made.vendor.set({ method: "POST", path: /access_tokens$/, mishap: { kind: "reset-after" } });
    expect(await failure(issuer.mint(ORDER, never))).toMatchObject({ name: "OutcomeUnknown" });
    expect(posts()).toBe(1);
    expect(await issuer.list(never)).toEqual([]);
    expect(made.vendor.livingInstallationTokens()).toHaveLength(1);
    made.time.ms += issuer.traits.endsByItselfMs ?? 0;
    expect(made.vendor.livingInstallationTokens()).toEqual([]);
  });

  it.each([
    [500, "OutcomeUnknown", "VendorUnavailable"],
    [429, "OutcomeUnknown", "RateLimited"],
    [404, "Terminal", "InstallationGone"],
    [401, "Terminal", "AppUnauthorized"],
    [422, "Terminal", "PermissionNotGranted"],
  ])("whose mint is answered with %d is %s, %s", async (status, name, reason) => {
    await using made = await newWorld();
    const reply = { status, body: status === 429 ? "" : { message: "No" } };
    made.vendor.set({ method: "POST", path: /access_tokens$/, mishap: { kind: "answer", reply } });
    expect(await failure(made.issuer(READ).mint(ORDER, never))).toMatchObject({ name, reason });
  });

  it("may be there where a yes is not understood", async () => {
    await using made = await newWorld();
    const reply = { status: 201, body: { token: "ghs_x" } };
    made.vendor.set({ method: "POST", path: /access_tokens$/, mishap: { kind: "answer", reply } });
    expect(await failure(made.issuer(READ).mint(ORDER, never))).toMatchObject({ name: "OutcomeUnknown" });
  });

  it("is refused where the installation has not what is asked for, or is suspended", async () => {
    await using made = await newWorld();
    for (const wanted of [{ permissions: { contents: "write" } }, { repositories: ["hidden"] }]) {
      const error = await failure(made.issuer({ installationToken: wanted }).mint(ORDER, never));
      expect(error).toMatchObject({ name: "Terminal", reason: "PermissionNotGranted" });
    }
    made.vendor.people.suspended = true;
    expect(await failure(made.issuer(READ).mint(ORDER, never))).toMatchObject({ reason: "AccountForbidden" });
    const noApp = made.issuer(READ, { auth: { token: made.vendor.addToken() } });
    expect(await failure(noApp.mint(ORDER, never))).toMatchObject({ name: "Terminal", reason: "AppNeeded" });
    expect(made.vendor.livingInstallationTokens()).toEqual([]);
  });

  it("is refused for a moment after its mint, which is the propagation that the traits tell", async () => {
    await using made = await newWorld({ tokenDelayMs: 5_000 });
    const issuer = made.issuer(READ);
    const { value } = await issuer.mint(ORDER, never);
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "dead" });
    made.time.ms += issuer.traits.propagation.windowMs;
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "alive" });
  });

  it("is ended by showing it, again without an error, and also where the answer is lost", async () => {
    await using made = await newWorld();
    const issuer = made.issuer(READ);
    const [one, two] = [await issuer.mint(ORDER, never), await issuer.mint(ORDER, never)];
    made.vendor.set({ method: "DELETE", mishap: { kind: "reset-after" } });
    expect(await failure(issuer.revoke(one.id, never, one.value))).toMatchObject({ name: "OutcomeUnknown" });
    expect(await issuer.revoke(one.id, never, one.value)).toEqual([]);
    expect(made.vendor.livingInstallationTokens()).toEqual([text(two.value)]);
  });

  it("is not said to be ended without its value, until GitHub's own clock is past its end", async () => {
    await using made = await newWorld();
    const issuer = made.issuer(READ);
    const { id, value } = await issuer.mint(ORDER, never);
    const error = await failure(issuer.revoke(id, never));
    expect(error).toMatchObject({ name: "Transient", reason: "EndsByItself" });
    expect(await failure(issuer.revoke("somebody's", never))).toMatchObject({
      name: "Terminal",
      reason: "ValueNeeded",
    });
    expect(made.vendor.isAlive(text(value))).toBe(true);
    // As soon as it says that it may be asked again, it is gone.
    made.time.ms += error instanceof Transient ? (error.retryAfterMs ?? 0) : 0;
    expect(await issuer.revoke(id, never)).toEqual([]);
    expect(made.vendor.isAlive(text(value))).toBe(false);
  });

  it("is not said to be ended by a clock of ours that is fast", async () => {
    await using made = await newWorld();
    const { id } = await made.issuer(READ).mint(ORDER, never);
    const now = made.clock.now.bind(made.clock);
    Object.assign(made.clock, { now: () => new Date(now().getTime() + 50_000) });
    made.time.ms += HOUR - 40_000;
    expect(await failure(made.issuer(READ).revoke(id, never))).toMatchObject({ reason: "EndsByItself" });
  });

  it("is not ended by whoever stands before GitHub, nor taken for dead", async () => {
    await using made = await newWorld();
    const issuer = made.issuer(READ);
    const { id, value } = await issuer.mint(ORDER, never);
    const wall = { kind: "answer", reply: { status: 401, body: "<html>log in</html>" } } as const;
    made.vendor.set({ method: "DELETE", mishap: wall });
    expect(await failure(issuer.revoke(id, never, value))).toMatchObject({ name: "Terminal", reason: "EdgeAnswered" });
    made.vendor.set({ path: /rate_limit/, mishap: wall });
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "inconclusive", reason: "EdgeAnswered" });
    made.vendor.set({
      path: /rate_limit/,
      mishap: { kind: "answer", reply: { status: 200, body: "<html>hello</html>" } },
    });
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "inconclusive", reason: "EdgeAnswered" });
    expect(made.vendor.isAlive(text(value))).toBe(true);
  });

  it("is never another token: one of a person is left alone", async () => {
    await using made = await newWorld();
    const token = made.vendor.addToken();
    expect(await failure(made.issuer(READ).revoke("x", never, fields(token)))).toMatchObject({ name: "Terminal" });
    expect(made.vendor.isAlive(token)).toBe(true);
  });
});

describe("a server that limits nobody", () => {
  it("answers 404 to whoever may ask for limits, and 401 to others", async () => {
    await using made = await newWorld({ limits: false, prefix: "/api/v3" });
    const issuer = made.issuer(READ);
    const { value } = await issuer.mint(ORDER, never);
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "alive" });
    expect(await issuer.verify(issuer.mutate(value), never)).toMatchObject({ liveness: "dead" });
    expect(await made.connect(AS_APP).probe(never)).toMatchObject({ ready: true });
    const reply = { status: 404, body: { message: "Not Found" } };
    made.vendor.set({ path: /rate_limit/, mishap: { kind: "answer", reply } });
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "inconclusive" });
  });
});

describe("a personal access token", () => {
  it("is alive, and the verdict tells until when", async () => {
    await using made = await newWorld();
    const token = made.vendor.addToken({ kind: "fine-grained", endsAt: Date.parse("2026-12-01T00:00:00Z") });
    expect(await personal(made).verify(fields(token), never)).toEqual({
      liveness: "alive",
      reason: "TokenAccepted",
      message: "GitHub accepts this token of octo-bot, until 2026-12-01T00:00:00.000Z.",
    });
    expect(made.vendor.strays).toEqual([]);
  });

  it("of somebody else needs a person, and is never ended", async () => {
    await using made = await newWorld();
    const token = made.vendor.addToken({ login: "somebody" });
    const verdict = await personal(made).verify(fields(token), never);
    expect(verdict).toMatchObject({ liveness: "needs-human", reason: "TokenOfAnotherUser" });
    const error = await failure(personal(made).revoke("by-hand@a", never, fields(token)));
    expect(error).toMatchObject({ name: "Terminal", reason: "TokenOfAnotherUser" });
    expect(made.vendor.isAlive(token)).toBe(true);
  });

  it("is told from an installation's token, which /user refuses with 403 and not with 401", async () => {
    await using made = await newWorld();
    const token = made.vendor.addToken({ kind: "installation" });
    expect(await personal(made).verify(fields(token), never)).toMatchObject({ liveness: "inconclusive" });
  });

  it.each(["", " ", "two words", "line\nbreak"])(
    "is not asked about as %j, which GitHub would take for nobody's",
    async (value) => {
      await using made = await newWorld();
      for (const issuer of [personal(made), made.issuer(READ)]) {
        expect(await issuer.verify(fields(value), never)).toMatchObject({
          liveness: "needs-human",
          reason: "TokenMalformed",
        });
      }
      expect(made.vendor.seen).toEqual([]);
    },
  );

  it.each([
    [403, { message: "Maximum number of login attempts exceeded. Please try again later." }, "AccountForbidden"],
    [429, { message: "slow down" }, "RateLimited"],
    [503, "", "VendorUnavailable"],
    [401, "<html>log in</html>", "EdgeAnswered"],
  ])("is neither alive nor dead by a %d", async (status, body, reason) => {
    await using made = await newWorld();
    const token = made.vendor.addToken();
    made.vendor.set({ path: /user$/, mishap: { kind: "answer", reply: { status, body } } });
    expect(await personal(made).verify(fields(token), never)).toMatchObject({ liveness: "inconclusive", reason });
  });

  it("is ended by showing it to GitHub without any login", async () => {
    await using made = await newWorld();
    const [token, other] = [made.vendor.addToken(), made.vendor.addToken()];
    expect(await personal(made).revoke("by-hand@a", never, fields(token))).toEqual([]);
    expect([made.vendor.isAlive(token), made.vendor.isAlive(other)]).toEqual([false, true]);
    const posts = (): unknown[] => made.vendor.seen.filter(({ method }) => method === "POST");
    expect(posts()).toMatchObject([{ path: "/credentials/revoke", status: 202 }]);
    // Of the sixty that an address has in an hour, none is spent on what is gone.
    expect(await personal(made).revoke("by-hand@a", never, fields(token))).toEqual([]);
    expect(posts()).toHaveLength(1);
    expect(made.vendor.strays).toEqual([]);
  });

  it("is not said to be ended as long as GitHub still takes it", async () => {
    await using made = await newWorld({ revokeDelayMs: 60_000 });
    const token = made.vendor.addToken();
    const issuer = personal(made);
    const error = await failure(issuer.revoke("by-hand@a", never, fields(token)));
    expect(error).toMatchObject({ name: "Transient", reason: "RevokeUnderWay", retryAfterMs: 15_000 });
    made.time.ms += 60_000;
    expect(await issuer.revoke("by-hand@a", never, fields(token))).toEqual([]);
    made.vendor.set({ path: /user$/, mishap: { kind: "answer", reply: { status: 503 } } });
    expect(await failure(issuer.revoke("by-hand@a", never, fields(token)))).toMatchObject({ name: "Transient" });
  });

  it("is a person's to end where its value is lost, or where GitHub ends no such token", async () => {
    await using made = await newWorld();
    const issuer = personal(made);
    expect(await failure(issuer.revoke("by-hand@a", never))).toMatchObject({ name: "Terminal", reason: "ValueNeeded" });
    const old = made.vendor.addToken({ value: "0123456789abcdef0123456789abcdef01234567" });
    expect(await failure(issuer.revoke("by-hand@a", never, fields(old)))).toMatchObject({
      reason: "TokenNotRevocable",
    });
    const token = made.vendor.addToken();
    const reply = { status: 404, body: { message: "Not Found" } };
    made.vendor.set({ method: "POST", mishap: { kind: "answer", reply } });
    expect(await failure(issuer.revoke("by-hand@a", never, fields(token)))).toMatchObject({
      reason: "TokenNotRevocable",
    });
  });

  it("is made by a person only", async () => {
    await using made = await newWorld();
    expect(await failure(personal(made).mint(ORDER, never))).toMatchObject({
      name: "Terminal",
      reason: "MintedByHand",
    });
  });
});

describe("either kind of token", () => {
  it("is in no error, no verdict and nothing that is printed, and calls stop when their signal aborts", async () => {
    await using made = await newWorld();
    const token = made.vendor.addToken();
    for (const [block, login] of [
      [READ, AS_APP],
      [PERSONAL, { auth: { token } }],
    ] as const) {
      await using silent = await silentIssuer(made, block, login);
      const calls = [
        async (signal: AbortSignal) => silent.verify(fields(token), signal),
        async (signal: AbortSignal) => silent.mint(ORDER, signal),
        async (signal: AbortSignal) => silent.revoke("by-hand@a", signal, fields(token)),
        async (signal: AbortSignal) => silent.revoke("a~2026-01-01T00:00:00Z", signal),
      ];
      for (const call of calls) {
        for (const signal of [AbortSignal.abort(), AbortSignal.timeout(50)]) {
          const error = await failure(call(signal));
          expect(isAdapterError(error)).toBe(true);
          expect(everything(error)).not.toContain(token);
        }
      }
      expect(everything(await silent.verify(fields(token), never))).not.toContain(token);
      expect(everything(silent)).not.toContain(token);
    }
    expect(made.vendor.isAlive(token)).toBe(true);
    const minted = await made.issuer(READ).mint(ORDER, never);
    expect(everything(minted)).not.toContain(text(minted.value));
    expect(made.vendor.recorded.join("\n")).not.toContain(text(minted.value));
  });
});
