import { describe, expect, it } from "vitest";
import { never } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { Secret } from "../secret.ts";
import { AS_APP, newWorld } from "./emulator-bench.ts";
import { github } from "./github.ts";

const CANARY = "cnry-7Hq2Lw9Xs4Zt6Vb1";
const REPOSITORY = { repository: "acme/orders" };
const ACTIONS = "repos/acme/orders/actions";
const ORG = "orgs/acme/actions";
const put = (values: Readonly<Record<string, string | null>>) => ({
  keys: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === null ? null : Secret.from(value)]),
  ),
});

describe("a secret", () => {
  it("arrives sealed, for the right place only, and is shown by its date", async () => {
    await using made = await newWorld();
    const sink = made.sink(REPOSITORY);
    const written = await sink.write(put({ token: CANARY }), never);
    expect(made.vendor.peek(ACTIONS)).toEqual({ TOKEN: CANARY });
    const at = new Date(made.vendor.store(ACTIONS).secrets.get("TOKEN")?.updatedAt ?? 0).toISOString();
    expect(written).toEqual({ changed: true, version: `TOKEN@${at.replace(".000", "")}` });
    expect(await sink.observe(["token", "MISSING"], never)).toEqual({
      keys: { token: { present: true }, MISSING: { present: false } },
      version: written.version,
      changedAt: at.replace(".000", ""),
    });
    for (const other of ["repos/acme/orders/dependabot", "repos/acme/orders/environments/production", ORG]) {
      expect(made.vendor.peek(other)).toEqual({});
    }
    expect(made.vendor.recorded.join("\n")).not.toContain(CANARY);
    expect(made.vendor.strays).toEqual([]);
  });

  it("that somebody else set is seen by its date, but not within the same second", async () => {
    await using made = await newWorld();
    const sink = made.sink(REPOSITORY);
    const { version } = await sink.write(put({ TOKEN: CANARY }), never);
    made.time.stepMs = 0;
    const { updatedAt } = made.vendor.store(ACTIONS).secrets.get("TOKEN") ?? { updatedAt: 0 };
    made.vendor.plant(ACTIONS, { TOKEN: "theirs" }, { updatedAt });
    expect((await sink.observe(["TOKEN"], never)).version).toBe(version);
    made.vendor.plant(ACTIONS, { TOKEN: "theirs" }, { updatedAt: updatedAt + 1_000 });
    expect((await sink.observe(["TOKEN"], never)).version).not.toBe(version);
  });

  it("shadows those of other scopes, which are left as they are", async () => {
    await using made = await newWorld();
    made.vendor.plant(ORG, { TOKEN: "of the organization" });
    made.vendor.plant("repos/acme/orders/environments/production", { TOKEN: "of the environment" });
    await made.sink(REPOSITORY).write(put({ TOKEN: CANARY }), never);
    expect(made.vendor.peek(ORG)).toEqual({ TOKEN: "of the organization" });
    expect(made.vendor.peek("repos/acme/orders/environments/production")).toEqual({ TOKEN: "of the environment" });
  });

  it("stays with jobs that run already, which is told", async () => {
    await using made = await newWorld();
    const sink = made.sink(REPOSITORY);
    expect(await sink.settle({ changed: true }, never)).toEqual({ state: "settled" });
    expect(await sink.residual?.(never)).toMatchObject([{ kind: "RunningJobs" }]);
  });

  it("is sealed anew where GitHub has changed its key in the meantime", async () => {
    await using made = await newWorld();
    made.vendor.store(ACTIONS).turnsAfterRead = true;
    await made.sink(REPOSITORY).write(put({ TOKEN: CANARY }), never);
    expect(made.vendor.peek(ACTIONS)).toEqual({ TOKEN: CANARY });
    const puts = made.vendor.seen.filter(({ method }) => method === "PUT").map(({ status }) => status);
    expect(puts).toEqual([422, 201]);
  });

  it("is given up where GitHub refuses it with the newest key too", async () => {
    await using made = await newWorld();
    const reply = { status: 422, body: { message: "too many" } };
    made.vendor.set({ method: "PUT", times: 9, mishap: { kind: "answer", reply } });
    const error = await failure(made.sink(REPOSITORY).write(put({ TOKEN: CANARY }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "SecretRefused", facts: { status: 422 } });
    expect(everything(error)).not.toContain(CANARY);
    expect(made.vendor.seen.filter(({ method }) => method === "PUT")).toHaveLength(2);
  });

  it("never uses the key of another place", async () => {
    await using made = await newWorld();
    const connection = made.connect();
    for (const block of [
      REPOSITORY,
      { ...REPOSITORY, store: "dependabot" },
      { ...REPOSITORY, environment: "production" },
    ]) {
      await connection.sink?.(block).write(put({ TOKEN: CANARY }), never);
    }
    expect(made.vendor.seen.filter(({ method }) => method === "PUT").map(({ status }) => status)).toEqual([
      201, 201, 201,
    ]);
  });

  it.each(["reset-before", "reset-after"] as const)(
    "may be there where the answer is lost (%s), and is written again",
    async (kind) => {
      await using made = await newWorld();
      const sink = made.sink(REPOSITORY);
      made.vendor.set({ method: "PUT", mishap: { kind } });
      const error = await failure(sink.write(put({ TOKEN: CANARY }), never));
      expect(error).toMatchObject({ name: "OutcomeUnknown" });
      expect(everything(error)).not.toContain(CANARY);
      expect(await sink.write(put({ TOKEN: CANARY }), never)).toMatchObject({ changed: true });
      expect(made.vendor.peek(ACTIONS)).toEqual({ TOKEN: CANARY });
    },
  );

  it.each([
    ["a key", { key_id: "1" }],
    ["a key of the right length", { key_id: "1", key: "c2hvcnQ=" }],
  ])("is not sealed with an answer without %s", async (_title, body) => {
    await using made = await newWorld();
    made.vendor.set({ path: /public-key$/, mishap: { kind: "answer", reply: { status: 200, body } } });
    const error = await failure(made.sink(REPOSITORY).write(put({ TOKEN: CANARY }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "AnswerNotUnderstood" });
    expect(made.vendor.seen.some(({ method }) => method === "PUT")).toBe(false);
  });
});

describe("before anything is sent", () => {
  it.each(["1TOKEN", "GITHUB_TOKEN", "github_x", "MY-TOKEN", "A B", "", "\u00c4"])(
    "the name %j is refused",
    async (name) => {
      await using made = await newWorld();
      const sink = made.sink(REPOSITORY);
      const error = await failure(sink.write(put({ GOOD: CANARY, [name]: CANARY }), never));
      expect(error).toMatchObject({ name: "Terminal", reason: "SecretNameInvalid" });
      expect(await failure(sink.observe([name], never))).toMatchObject({ reason: "SecretNameInvalid" });
      expect(made.vendor.seen).toEqual([]);
    },
  );

  it("names that GitHub takes for one are refused", async () => {
    await using made = await newWorld();
    const error = await failure(made.sink(REPOSITORY).write(put({ token: "a", TOKEN: "b" }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "SecretNameInvalid" });
    expect(made.vendor.seen).toEqual([]);
  });

  it("a value that is larger than GitHub keeps is refused, to the byte", async () => {
    await using made = await newWorld();
    const [fits, large] = ["\u00e9".repeat(24 * 1024), `${"\u00e9".repeat(24 * 1024)}x`];
    await made.sink(REPOSITORY).write(put({ TOKEN: fits }), never);
    expect(made.vendor.peek(ACTIONS)).toEqual({ TOKEN: fits });
    const seen = made.vendor.seen.length;
    const error = await failure(made.sink(REPOSITORY).write(put({ GOOD: "x", TOKEN: large }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "SecretTooLarge" });
    const config = { ...AS_APP.config, maxSecretBytes: 3 };
    const strict = made.sink(REPOSITORY, { ...AS_APP, config });
    expect(await failure(strict.write(put({ TOKEN: "four" }), never))).toMatchObject({ reason: "SecretTooLarge" });
    expect(made.vendor.seen).toHaveLength(seen);
  });

  it.each<[object, string]>([
    [{}, "neither"],
    [{ repository: "acme/orders", organization: "acme" }, "both"],
    [{ organization: "acme", environment: "production" }, "an organization's environment"],
    [{ repository: "acme/orders", environment: "production", store: "dependabot" }, "Dependabot's environment"],
  ])("the block %j is refused: %s", async (block) => {
    await using made = await newWorld();
    for (const work of [
      async () => made.sink(block).write(put({ TOKEN: CANARY }), never),
      async () => made.sink(block).observe(["TOKEN"], never),
    ]) {
      expect(await failure(work())).toMatchObject({ name: "Terminal", reason: "ScopeInvalid" });
    }
    expect(made.vendor.seen).toEqual([]);
  });
});

describe.each(["actions", "dependabot"])("an organization's secret of %s", (store) => {
  const place = `orgs/acme/${store}`;
  const block = { store, organization: "acme" };
  const kept = (made: Awaited<ReturnType<typeof newWorld>>) => made.vendor.store(place).secrets.get("TOKEN");

  it.each([
    { visibility: "all" },
    { visibility: "private" },
    { visibility: "selected", selected: [] },
    { visibility: "selected", selected: [1, 2, 3] },
    { visibility: "selected", selected: Array.from({ length: 250 }, (_, index) => index + 1) },
  ])("keeps who reads it: $visibility", async (shared) => {
    await using made = await newWorld();
    made.vendor.plant(place, { TOKEN: "old" }, shared);
    // What the manifest says is for a new one only.
    await made.sink({ ...block, visibility: "all" }).write(put({ TOKEN: CANARY }), never);
    expect(kept(made)).toMatchObject({ value: CANARY, ...shared });
    expect(made.vendor.strays).toEqual([]);
  });

  it("is not made without a word on who reads it", async () => {
    await using made = await newWorld();
    for (const more of [{}, { visibility: "selected" }]) {
      const error = await failure(made.sink({ ...block, ...more }).write(put({ TOKEN: CANARY }), never));
      expect(error).toMatchObject({ name: "Terminal", reason: "VisibilityUnknown" });
    }
    expect(made.vendor.peek(place)).toEqual({});
    await made
      .sink({ ...block, visibility: "selected", selectedRepositoryIds: [7] })
      .write(put({ TOKEN: CANARY }), never);
    expect(kept(made)).toMatchObject({ visibility: "selected", selected: [7] });
    await made.sink({ ...block, visibility: "private" }).write(put({ OTHER: CANARY }), never);
    expect(made.vendor.store(place).secrets.get("OTHER")).toMatchObject({ visibility: "private", selected: [] });
  });

  it.each([
    ["its visibility", /TOKEN$/, { name: "TOKEN", visibility: "new-kind" }],
    ["its repositories", /repositories$/, { total_count: 1, repositories: [{ name: "x" }] }],
    ["a list", /repositories$/, {}],
  ])("is not written where GitHub does not tell %s", async (_title, path, body) => {
    await using made = await newWorld();
    made.vendor.plant(place, { TOKEN: "old" }, { visibility: "selected", selected: [1] });
    made.vendor.set({ method: "GET", path, mishap: { kind: "answer", reply: { status: 200, body } } });
    const error = await failure(made.sink(block).write(put({ TOKEN: CANARY }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "AnswerNotUnderstood" });
    expect(kept(made)).toMatchObject({ value: "old", selected: [1] });
  });
});

describe("what GitHub refuses or hides", () => {
  it.each([
    [REPOSITORY, "secrets"],
    [{ ...REPOSITORY, environment: "production" }, "environments"],
    [{ ...REPOSITORY, store: "dependabot" }, "dependabot_secrets"],
    [{ organization: "acme", visibility: "all" }, "organization_secrets"],
    [{ store: "dependabot", organization: "acme", visibility: "all" }, "organization_dependabot_secrets"],
  ])("is told for %j with the missing permission %s by name", async (block, permission) => {
    await using made = await newWorld();
    made.vendor.people.granted = { metadata: "read" };
    const blind = await failure(made.sink(block).write(put({ TOKEN: CANARY }), never));
    expect(blind).toMatchObject({ name: "Terminal", reason: "PermissionMissing", facts: { status: 403 } });
    expect(everything(blind)).toContain(`\`${permission}: write\``);
    made.vendor.people.granted = { metadata: "read", [permission]: "read" };
    const reader = made.sink(block);
    expect(await reader.observe(["TOKEN"], never)).toMatchObject({ keys: { TOKEN: { present: false } } });
    for (const value of [CANARY, null]) {
      const error = await failure(reader.write(put({ TOKEN: value }), never));
      expect(error).toMatchObject({ name: "Terminal", reason: "PermissionMissing" });
      expect(everything(error)).not.toContain(CANARY);
    }
  });

  it.each([
    { repository: "acme/hidden" },
    { ...REPOSITORY, environment: "staging" },
    { organization: "somebody", visibility: "all" },
  ])("is told as gone or hidden for %j, and never as a place without secrets", async (block) => {
    await using made = await newWorld();
    const sink = made.sink(block);
    for (const work of [
      async () => sink.observe(["TOKEN"], never),
      async () => sink.write(put({ TOKEN: CANARY }), never),
      async () => sink.write(put({ TOKEN: null }), never),
    ]) {
      const error = await failure(work());
      expect(error).toMatchObject({ name: "Terminal", reason: "TargetGone", facts: { status: 404 } });
      expect(everything(error)).toContain("may not see it");
    }
  });

  it("is hidden from a classic token that lacks the scope", async () => {
    await using made = await newWorld();
    const sink = made.sink(REPOSITORY, { auth: { token: made.vendor.addToken({ scopes: ["gist"] }) } });
    const error = await failure(sink.write(put({ TOKEN: CANARY }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "TargetGone" });
    expect(everything(error)).toContain("a classic token: `repo`");
  });

  it("has another name now", async () => {
    await using made = await newWorld();
    const reply = {
      status: 301,
      headers: { location: "https://api.github.com/repositories/1" },
      body: { message: "Moved" },
    };
    made.vendor.set({ path: /orders/, mishap: { kind: "answer", reply } });
    const error = await failure(made.sink(REPOSITORY).write(put({ TOKEN: CANARY }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "RepositoryMoved" });
  });
});

describe("the account's allow[] is told", () => {
  it.each([
    [REPOSITORY, { store: "actions", scope: "repository", repository: "acme/orders" }],
    [
      { ...REPOSITORY, environment: "production" },
      { store: "actions", scope: "environment", repository: "acme/orders", environment: "production" },
    ],
    [
      { store: "dependabot", organization: "acme", visibility: "selected", selectedRepositoryIds: [2, 1] },
      {
        store: "dependabot",
        scope: "organization",
        organization: "acme",
        visibility: "selected",
        selectedRepositoryIds: "2/1",
      },
    ],
  ])("of the sink %j", (block, targets) => {
    expect(github.targets("sink", block)).toEqual(targets);
  });

  it.each([
    [{ deployKey: REPOSITORY }, { kind: "deployKey", repository: "acme/orders", access: "read" }],
    [{ installationToken: {} }, { kind: "installationToken", repositories: "*", permissions: "*" }],
    [
      { installationToken: { repositories: ["b", "a"], permissions: { issues: "write", contents: "read" } } },
      { kind: "installationToken", repositories: "a/b", permissions: "contents=read/issues=write" },
    ],
    [{ personalAccessToken: { login: "bot" } }, { kind: "personalAccessToken", login: "bot" }],
    [{}, {}],
  ])("of the issuer %j", (block, targets) => {
    expect(github.targets("issuer", block)).toEqual(targets);
  });
});
