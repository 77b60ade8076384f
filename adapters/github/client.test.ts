import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { never, order } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { Secret } from "../secret.ts";
import { APP_KEY } from "./emulator.ts";
import { APP, AS_APP, handleOf, newWorld, recordingBudget } from "./emulator-bench.ts";
import { github } from "./github.ts";

const SINK = { repository: "acme/orders" };
const KEY = { deployKey: { repository: "acme/orders" } };
const order_ = { keys: { TOKEN: Secret.from("cnry-1Az9Sx8Dc7Fv6Gb5") } };
const limits = { path: /./, times: 99 };

describe("the account", () => {
  it("is ready as an App, and says what the installation may not write, and what is left of the quota", async () => {
    await using made = await newWorld();
    const { people, strays } = made.vendor;
    people.granted = { administration: "write", metadata: "read", secrets: "write" };
    expect(await made.connect().probe(never)).toEqual({
      ready: true,
      reason: "InstallationReady",
      message:
        "GitHub accepts the App. It has no `write` for dependabot_secrets, environments, organization_dependabot_secrets, organization_secrets: needed only where such secrets or deploy keys are written.",
      remaining: 5_000,
    });
    expect(strays).toEqual([]);
  });

  it("is ready with a token, and says whose it is, its scopes, and when it ends", async () => {
    await using made = await newWorld();
    const token = made.vendor.addToken({ endsAt: Date.parse("2026-12-01T00:00:00Z") });
    const health = await made.connect({ auth: { token } }).probe(never);
    expect(health).toEqual({
      ready: true,
      reason: "TokenAccepted",
      message:
        "GitHub accepts the token of octo-bot. It has the scopes repo, admin:org. It ends on 2026-12-01T00:00:00.000Z.",
      remaining: 4_999,
    });
    expect(everything(health)).not.toContain(token);
  });

  it.each([
    ["a dead token", { auth: { token: "ghp_dead" } }, "AccountUnauthorized"],
    ["an empty token", { auth: { token: " " } }, "AccountSecretMissing"],
    ["a key that is none", { config: { app: APP }, auth: { privateKey: "no key" } }, "AppKeyInvalid"],
    [
      "a key that is not RSA",
      {
        config: { app: APP },
        auth: {
          privateKey: generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
        },
      },
      "AppKeyInvalid",
    ],
    [
      "another App's key",
      {
        config: { app: APP },
        auth: {
          privateKey: generateKeyPairSync("rsa", { modulusLength: 2048 })
            .privateKey.export({ type: "pkcs1", format: "pem" })
            .toString(),
        },
      },
      "AppUnauthorized",
    ],
    [
      "another installation",
      { config: { app: { ...APP, installationId: 1 } }, auth: { privateKey: APP_KEY } },
      "InstallationGone",
    ],
  ])("is not ready with %s", async (_title, login, reason) => {
    await using made = await newWorld();
    const health = await made.connect(login).probe(never);
    expect(health).toMatchObject({ ready: false, reason });
    const values = Object.values(login.auth).filter((value) => value.length > 1);
    expect(values.filter((value) => health.message.includes(value))).toEqual([]);
  });

  it("is not ready where the installation is suspended, or GitHub does not answer", async () => {
    await using made = await newWorld();
    made.vendor.people.suspended = true;
    expect(await made.connect().probe(never)).toMatchObject({ ready: false, reason: "AccountForbidden" });
    const nowhere = made.connect({ ...AS_APP, endpoint: "http://127.0.0.1:1" });
    expect(await nowhere.probe(never)).toMatchObject({ ready: false, reason: "ConnectFailed" });
    const wrong = made.connect({ ...AS_APP, endpoint: "github" });
    expect(await wrong.probe(never)).toMatchObject({ ready: false, reason: "EndpointInvalid" });
  });

  it("names itself to GitHub, which answers nobody without a name, and says which API it means", async () => {
    await using made = await newWorld();
    expect((await fetch(`${made.vendor.url}/rate_limit`, { headers: { "user-agent": "" } })).status).toBe(403);
    expect(await made.connect().probe(never)).toMatchObject({ ready: true });
  });

  it("reaches an own server below its path", async () => {
    await using made = await newWorld({ prefix: "/api/v3" });
    await made.sink(SINK).write(order_, never);
    expect(Object.keys(made.vendor.peek("repos/acme/orders/actions"))).toEqual(["TOKEN"]);
  });

  it("is github.com where it names no endpoint", async () => {
    const { endpoint: _, ...handle } = handleOf("", { auth: { token: "ghp_x" } });
    await using connection = github.connect(handle, { now: () => new Date(), monotonicMs: () => performance.now() });
    const stopped = await failure(connection.sink?.(SINK).observe(["A"], AbortSignal.abort()) ?? Promise.resolve());
    expect(stopped).toMatchObject({ reason: "Aborted" });
    expect(github).toMatchObject({ name: "github", endpoint: "optional", roles: ["issuer", "sink"] });
  });
});

describe("the App's own token", () => {
  const mints = (seen: readonly { readonly path: string }[]): number =>
    seen.filter(({ path }) => path.endsWith("/access_tokens")).length;

  it("is made once for all that ask at the same time, kept, and made again before it ends", async () => {
    await using made = await newWorld();
    made.time.stepMs = 0;
    const connection = made.connect();
    const observe = async () => connection.sink?.(SINK).observe([], never);
    await Promise.all([observe(), connection.probe(never), connection.issuer?.(KEY).list(never)]);
    expect(mints(made.vendor.seen)).toBe(1);
    made.time.ms += 54 * 60_000;
    await connection.probe(never);
    expect(mints(made.vendor.seen)).toBe(1);
    made.time.ms += 2 * 60_000;
    await connection.probe(never);
    expect(mints(made.vendor.seen)).toBe(2);
  });

  it("is ended when the connection is closed", async () => {
    await using made = await newWorld();
    const connection = made.connect();
    await connection.probe(never);
    expect(made.vendor.livingInstallationTokens()).toHaveLength(1);
    await connection[Symbol.asyncDispose]();
    expect(made.vendor.livingInstallationTokens()).toEqual([]);
  });

  it("is waited for while it is young, and replaced when it was ended", async () => {
    await using made = await newWorld({ tokenDelayMs: 5_000 });
    made.time.stepMs = 0;
    const connection = made.connect();
    const observe = async () => connection.issuer?.(KEY).list(never);
    expect(await failure(observe())).toMatchObject({
      name: "Transient",
      reason: "AppTokenRefused",
      retryAfterMs: 1_000,
    });
    made.time.ms += 6_000;
    expect(await observe()).toEqual([]);
    expect(mints(made.vendor.seen)).toBe(1);
    made.time.ms += 60_000;
    made.vendor.endToken(made.vendor.livingInstallationTokens()[0] ?? "");
    expect(await failure(observe())).toMatchObject({ name: "Transient", reason: "AppTokenRefused" });
    expect(await failure(observe())).toMatchObject({ name: "Transient" });
    made.time.ms += 6_000;
    expect(await observe()).toEqual([]);
    expect(mints(made.vendor.seen)).toBe(2);
  });

  it("is taken from nobody who waits by one who gives up", async () => {
    await using made = await newWorld();
    const connection = made.connect();
    const stop = new AbortController();
    const [given, waited] = [connection.issuer?.(KEY).list(stop.signal), connection.issuer?.(KEY).list(never)];
    stop.abort();
    expect(await failure(given ?? Promise.resolve())).toMatchObject({ name: "Transient", reason: "Aborted" });
    expect(await waited).toEqual([]);
  });

  it.each([
    [-4 * 60_000, true],
    [50_000, true],
    [-6 * 60_000, false],
    [2 * 60_000, false],
  ])("can be had with a clock that is wrong by %d ms: %s", async (wrongMs, ready) => {
    await using made = await newWorld();
    Object.assign(made.clock, { now: () => new Date(made.time.ms + wrongMs) });
    expect(await made.connect().probe(never)).toMatchObject({ ready });
  });

  it("is no token where GitHub's answer holds none", async () => {
    await using made = await newWorld();
    made.vendor.set({ path: /access_tokens$/, mishap: { kind: "answer", reply: { status: 201, body: {} } } });
    expect(await made.connect().probe(never)).toMatchObject({ ready: false, reason: "AnswerNotUnderstood" });
  });
});

describe("GitHub's limits", () => {
  const RESET = { "x-ratelimit-remaining": "0" };

  it("are kept until the reset that GitHub names, in GitHub's own time", async () => {
    await using made = await newWorld({ perHour: 3 });
    const budget = recordingBudget();
    const token = made.vendor.addToken();
    const connection = made.connect({ auth: { token }, budget });
    for (let asked = 0; asked < 3; asked += 1) await connection.probe(never);
    // Our clock does not matter.
    Object.assign(made.clock, { now: () => new Date(made.time.ms + 1_800_000) });
    const error = await failure(connection.sink?.(SINK).write(order_, never) ?? Promise.resolve());
    expect(error).toMatchObject({ name: "Transient", reason: "RateLimited", facts: { status: 403 } });
    const [waited = 0] = budget.blocked;
    expect(waited).toBeGreaterThan(3_500_000);
    expect(waited).toBeLessThanOrEqual(3_600_000);
    expect(error).toMatchObject({ retryAfterMs: waited });
    expect(budget.taken).toContain("GET /user");
    made.time.ms += 3_600_000;
    expect(await connection.probe(never)).toMatchObject({ ready: true });
  });

  it("are kept where GitHub says only how long, and that nothing was done", async () => {
    await using made = await newWorld({ changesPerMinute: 1 });
    made.time.stepMs = 0;
    const budget = recordingBudget();
    const connection = made.connect({ auth: { token: made.vendor.addToken() }, budget });
    const sink = connection.sink?.(SINK);
    await sink?.write(order_, never);
    const error = await failure(sink?.write(order_, never) ?? Promise.resolve());
    expect(error).toMatchObject({ name: "Transient", reason: "RateLimited", retryAfterMs: 60_000 });
    expect(budget.blocked).toEqual([60_000]);
    expect(made.vendor.store("repos/acme/orders/actions").puts).toBe(1);
  });

  it("are a certain no to a mint", async () => {
    await using made = await newWorld();
    const issuer = made.issuer(KEY);
    const next = await order(issuer);
    const reply = { status: 403, headers: { "retry-after": "7" }, body: { message: "secondary" } };
    made.vendor.set({ method: "POST", path: /keys$/, mishap: { kind: "answer", reply } });
    expect(await failure(issuer.mint(next, never))).toMatchObject({ name: "Transient", retryAfterMs: 7_000 });
    expect(made.vendor.keys("acme/orders")).toEqual([]);
  });

  it.each([
    [403, { "retry-after": "30" }, "", 30_000],
    [429, { "retry-after": "30" }, "", 30_000],
    [403, {}, { message: "You have exceeded a secondary rate limit. Please wait." }, 60_000],
    [429, { ...RESET, "x-ratelimit-reset": "1" }, "", 1_000],
    [403, { ...RESET, "x-ratelimit-reset": "99999999999" }, "", 3_600_000],
  ])("are read from a %d with %j and %j", async (status, headers, body, ms) => {
    await using made = await newWorld();
    const budget = recordingBudget();
    const connection = made.connect({ auth: { token: made.vendor.addToken() }, budget });
    made.vendor.set({ ...limits, mishap: { kind: "answer", reply: { status, headers, body } } });
    const error = await failure(connection.issuer?.(KEY).list(never) ?? Promise.resolve());
    expect(error).toMatchObject({ name: "Transient", reason: "RateLimited", retryAfterMs: ms });
    expect(budget.blocked).toContain(ms);
  });

  it("are those of whose token it is: a consumer's keep the account from nothing", async () => {
    await using made = await newWorld({ perHour: 1, anonymousPerHour: 1 });
    const budget = recordingBudget();
    const token = made.vendor.addToken();
    const issuer = made.issuer({ personalAccessToken: { login: "octo-bot" } }, { auth: { token: "unused" }, budget });
    const value = { value: Secret.from(token) };
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "alive" });
    const verdict = await issuer.verify(value, never);
    expect(verdict).toMatchObject({ liveness: "inconclusive", reason: "RateLimited" });
    expect(verdict.retryAfterMs).toBeGreaterThan(3_000_000);
    const reply = { status: 429, headers: { "retry-after": "9" }, body: "" };
    made.vendor.set({ path: /user$/, mishap: { kind: "answer", reply } });
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "inconclusive", retryAfterMs: 9_000 });
    expect(budget.blocked).toEqual([]);
    expect(budget.taken).toHaveLength(3);
  });

  it("are no other 403", async () => {
    await using made = await newWorld();
    const budget = recordingBudget();
    const connection = made.connect({ auth: { token: made.vendor.addToken() }, budget });
    const reply = {
      status: 403,
      headers: { "x-ratelimit-remaining": "4999" },
      body: { message: "Blocked by an IP allow list" },
    };
    made.vendor.set({ ...limits, mishap: { kind: "answer", reply } });
    const error = await failure(connection.issuer?.(KEY).list(never) ?? Promise.resolve());
    expect(error).toMatchObject({ name: "Terminal", reason: "AccountForbidden" });
    expect(everything(error)).not.toContain("allow list");
    expect(budget.blocked).toEqual([]);
  });

  it("that Velvet keeps itself are asked before each request, and nothing is sent where they are reached", async () => {
    await using made = await newWorld();
    const refused = new Error("not let through");
    const budget = { enter: async () => Promise.reject(refused), block: () => undefined };
    const connection = made.connect({ auth: { token: made.vendor.addToken() }, budget });
    expect(await failure(connection.issuer?.(KEY).list(never) ?? Promise.resolve())).toBe(refused);
    expect(made.vendor.seen).toEqual([]);
  });
});

it("shows nothing of what the account holds", async () => {
  await using made = await newWorld();
  const token = made.vendor.addToken();
  for (const login of [{ auth: { token } }, AS_APP]) {
    const connection = made.connect(login);
    await connection.probe(never);
    const shown = everything([connection, connection.issuer?.(KEY), connection.sink?.(SINK)]);
    for (const value of [token, APP_KEY, ...made.vendor.livingInstallationTokens()]) expect(shown).not.toContain(value);
  }
  expect(made.vendor.recorded.join("\n")).not.toContain(token);
});
