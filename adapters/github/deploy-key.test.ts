import { describe, expect, it } from "vitest";
import { never, order } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import type { Issuer } from "../contract.ts";
import { Secret } from "../secret.ts";
import { AS_APP, newWorld, type World } from "./emulator-bench.ts";

const BLOCK = { deployKey: { repository: "acme/orders" } };
const LATE = 60_000;

async function world(options = {}): Promise<World & { issuer_: Issuer }> {
  const made = await newWorld(options);
  return { ...made, issuer_: made.issuer(BLOCK) };
}

describe("a deploy key", () => {
  it("is registered with our marker for its title, read-only unless the manifest says otherwise", async () => {
    await using made = await world();
    const next = await order(made.issuer_);
    const { id, value } = await made.issuer_.mint(next, never);
    const writing = made.issuer({ deployKey: { repository: "acme/orders", access: "write" } });
    await writing.mint(await order(writing), never);
    expect(made.vendor.keys("acme/orders")).toMatchObject([
      { id: Number(id), title: next.marker, key: value["publicKey"]?.reveal(), readOnly: true },
      { readOnly: false },
    ]);
    expect(made.vendor.recorded.join("\n")).not.toContain("PRIVATE KEY");
    expect(made.vendor.strays).toEqual([]);
  });

  it.each(["reset-after", "reset-before"] as const)(
    "whose answer is lost (%s) is found by doing it again",
    async (kind) => {
      await using made = await world();
      const next = await order(made.issuer_);
      made.vendor.set({ method: "POST", path: /keys$/, mishap: { kind } });
      expect(await failure(made.issuer_.mint(next, never))).toMatchObject({ name: "OutcomeUnknown" });
      const { id } = await made.issuer_.mint(next, never);
      expect(made.vendor.keys("acme/orders")).toMatchObject([{ id: Number(id), title: next.marker }]);
    },
  );

  it("is one key, also where the first request lands after the second", async () => {
    await using made = await world();
    const next = await order(made.issuer_);
    made.vendor.set({ method: "POST", path: /keys$/, mishap: { kind: "hang", landsAfterMs: LATE } });
    expect(await failure(made.issuer_.mint(next, never))).toMatchObject({ name: "OutcomeUnknown" });
    const { id } = await made.issuer_.mint(next, never);
    made.time.ms += LATE;
    made.vendor.elapse();
    expect(made.vendor.nextMoment()).toBeUndefined();
    expect(made.vendor.keys("acme/orders")).toMatchObject([{ id: Number(id) }]);
  });

  it("is found by the refusal of a second one, where the list is behind", async () => {
    await using made = await world();
    const next = await order(made.issuer_);
    const first = await made.issuer_.mint(next, never);
    made.vendor.set({ method: "GET", path: /keys$/, mishap: { kind: "answer", reply: { status: 200, body: [] } } });
    expect(await made.issuer_.mint(next, never)).toMatchObject({ id: first.id });
    expect(made.vendor.seen.filter(({ method, path }) => method === "POST" && path.endsWith("/keys"))).toMatchObject([
      { status: 201 },
      { status: 422 },
    ]);
  });

  it("is not minted where somebody else has it, or where GitHub refuses it", async () => {
    await using made = await world();
    const next = await order(made.issuer_);
    made.vendor.plantKey("acme/payments", { key: next.proposed?.["publicKey"]?.reveal() ?? "", title: "theirs" });
    expect(await failure(made.issuer_.mint(next, never))).toMatchObject({ name: "Terminal", reason: "DeployKeyTaken" });
    const reply = { status: 422, body: { message: "Validation Failed", errors: [{ code: "custom" }] } };
    made.vendor.set({ method: "POST", path: /keys$/, mishap: { kind: "answer", reply } });
    const refused = await failure(made.issuer_.mint(await order(made.issuer_), never));
    expect(refused).toMatchObject({ name: "Terminal", reason: "RequestRefused", facts: { status: 422 } });
  });

  it("is found again where somebody has changed its title", async () => {
    await using made = await world();
    const next = await order(made.issuer_);
    const key = next.proposed?.["publicKey"]?.reveal() ?? "";
    const { id } = made.vendor.plantKey("acme/orders", { key, title: "renamed" });
    expect(await made.issuer_.mint(next, never)).toMatchObject({ id: String(id) });
    expect(made.vendor.keys("acme/orders")).toHaveLength(1);
  });

  it("may be there where a yes is not understood", async () => {
    await using made = await world();
    made.vendor.set({
      method: "POST",
      path: /keys$/,
      mishap: { kind: "answer", reply: { status: 201, body: "<html>" } },
    });
    const error = await failure(made.issuer_.mint(await order(made.issuer_), never));
    expect(error).toMatchObject({ name: "OutcomeUnknown", reason: "AnswerNotUnderstood" });
  });

  it("needs a proposal that holds a private key", async () => {
    await using made = await world();
    const next = { marker: "velvet/i/c/a", inventory: [] };
    for (const proposed of [undefined, {}, { privateKey: Secret.from("no key") }]) {
      const error = await failure(made.issuer_.mint({ ...next, ...(proposed ? { proposed } : {}) }, never));
      expect(error).toMatchObject({ name: "Terminal", reason: "ProposalMissing" });
    }
  });
});

describe("an account with a personal access token", () => {
  it("makes no deploy key, since GitHub would delete it together with the token", async () => {
    await using made = await newWorld();
    const login = { auth: { token: made.vendor.addToken() } };
    const issuer = made.issuer(BLOCK, login);
    expect(() => issuer.propose?.({ inventory: [], random: (bytes) => Buffer.alloc(bytes) })).toThrow("together with");
    const proposed = (await order(made.issuer(BLOCK))).proposed ?? {};
    const error = await failure(issuer.mint({ marker: "velvet/i/c/a", inventory: [], proposed }, never));
    expect(error).toMatchObject({ name: "Terminal", reason: "KeyBoundToToken" });
    expect(made.vendor.keys("acme/orders")).toEqual([]);
  });

  it("makes one where the manifest accepts that, and it goes with the token", async () => {
    await using made = await newWorld();
    const token = made.vendor.addToken();
    const block = { deployKey: { repository: "acme/orders", acceptsEndWithToken: true } };
    const issuer = made.issuer(block, { auth: { token } });
    const { value } = await issuer.mint(await order(issuer), never);
    const eye = made.issuer(BLOCK);
    expect(await eye.verify(value, never)).toMatchObject({ liveness: "alive" });
    made.vendor.endToken(token);
    expect(await eye.verify(value, never)).toMatchObject({ liveness: "dead", reason: "DeployKeyMissing" });
  });
});

describe("what GitHub says of a deploy key", () => {
  const value = async (issuer: Issuer) => (await order(issuer)).proposed ?? {};

  it("tells disabled and read-only keys from others", async () => {
    await using made = await world();
    const writing = made.issuer({ deployKey: { repository: "acme/orders", access: "write" } });
    const pair = await value(made.issuer_);
    const kept = made.vendor.plantKey("acme/orders", { key: pair["publicKey"]?.reveal() ?? "", title: "old" });
    expect(await made.issuer_.verify(pair, never)).toMatchObject({ liveness: "alive", reason: "DeployKeyListed" });
    expect(await writing.verify(pair, never)).toMatchObject({ liveness: "restricted", reason: "DeployKeyReadOnly" });
    kept.enabled = false;
    expect(await made.issuer_.verify(pair, never)).toMatchObject({ liveness: "locked", reason: "DeployKeyDisabled" });
  });

  it("believes the private half, and no public half that stands beside it", async () => {
    await using made = await world();
    const [one, other] = [await value(made.issuer_), await value(made.issuer_)];
    made.vendor.plantKey("acme/orders", { key: one["publicKey"]?.reveal() ?? "", title: "old" });
    const mixed = { ...other, publicKey: one["publicKey"] ?? Secret.from("") };
    expect(await made.issuer_.verify(mixed, never)).toMatchObject({ liveness: "dead" });
    const none = { publicKey: one["publicKey"] ?? Secret.from("") };
    expect(await made.issuer_.verify(none, never)).toMatchObject({ liveness: "needs-human", reason: "KeyUnreadable" });
  });

  it("is looked for on every page", async () => {
    await using made = await newWorld();
    // So many keys take this machine a while.
    const issuer = made.issuer(BLOCK, { ...AS_APP, config: { ...AS_APP.config, timeoutSeconds: 30 } });
    const keys = await Promise.all(Array.from({ length: 205 }, async () => value(issuer)));
    for (const pair of keys)
      made.vendor.plantKey("acme/orders", { key: pair["publicKey"]?.reveal() ?? "", title: "x" });
    expect(await issuer.list(never)).toHaveLength(205);
    expect(await issuer.verify(keys.at(-1) ?? {}, never)).toMatchObject({ liveness: "alive" });
  });

  it("names last use, and no marker for keys of others", async () => {
    await using made = await world();
    const pair = await value(made.issuer_);
    const lastUsedAt = Date.parse("2026-11-01T10:00:00Z");
    const { id } = made.vendor.plantKey("acme/orders", {
      key: pair["publicKey"]?.reveal() ?? "",
      title: "ci",
      lastUsedAt,
    });
    expect(await made.issuer_.list(never)).toEqual([
      { id: String(id), enabled: true, createdAt: expect.any(String), lastUsedAt: "2026-11-01T10:00:00Z" },
    ]);
    expect(await made.issuer_.usage?.(String(id), never)).toEqual({ lastUsedAt: "2026-11-01T10:00:00Z" });
    expect(await made.issuer_.usage?.("1", never)).toEqual({});
  });
});

describe("a 404, which GitHub gives for what it hides too", () => {
  it("ends no deploy key where the repository cannot be seen", async () => {
    await using made = await world();
    const { id, value } = await made.issuer_.mint(await order(made.issuer_), never);
    const blind = made.issuer(BLOCK, { auth: { token: made.vendor.addToken({ scopes: [] }) } });
    const error = await failure(blind.revoke(id, never));
    expect(error).toMatchObject({ name: "Terminal", reason: "TargetGone" });
    expect(everything(error)).toContain("`administration: read`");
    expect(await failure(blind.usage?.(id, never) ?? Promise.resolve())).toMatchObject({ reason: "TargetGone" });
    expect(await made.issuer_.verify(value, never)).toMatchObject({ liveness: "alive" });
  });

  it("ends none that is still listed", async () => {
    await using made = await world();
    const { id } = await made.issuer_.mint(await order(made.issuer_), never);
    made.vendor.set({
      method: "DELETE",
      mishap: { kind: "answer", reply: { status: 404, body: { message: "Not Found" } } },
    });
    const error = await failure(made.issuer_.revoke(id, never));
    expect(error).toMatchObject({ name: "Transient", reason: "RevokeUnderWay" });
    expect(await made.issuer_.revoke(id, never)).toEqual([]);
    expect(made.vendor.keys("acme/orders")).toEqual([]);
  });

  it("is no verdict on a key, but a failure that names its cause", async () => {
    await using made = await world();
    const { value } = await made.issuer_.mint(await order(made.issuer_), never);
    const hidden = made.issuer({ deployKey: { repository: "acme/hidden" } });
    expect(await failure(hidden.verify(value, never))).toMatchObject({ name: "Terminal", reason: "TargetGone" });
    made.vendor.set({ method: "GET", path: /keys$/, mishap: { kind: "answer", reply: { status: 502 } } });
    expect(await made.issuer_.verify(value, never)).toMatchObject({ liveness: "inconclusive" });
  });

  it("names the permission that is missing where GitHub admits the repository", async () => {
    await using made = await world();
    made.vendor.people.granted = { administration: "read", metadata: "read" };
    const error = await failure(made.issuer(BLOCK, AS_APP).mint(await order(made.issuer_), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "PermissionMissing" });
    expect(everything(error)).toContain("`administration: write`");
  });
});
