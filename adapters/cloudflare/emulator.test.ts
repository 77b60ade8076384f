import { describe, expect, it } from "vitest";
import type { CloudflareEmulator } from "./emulator.ts";
import { openCloudflare } from "./emulator.ts";

/** Asks the emulator as anybody would, with nothing of the adapter. */
async function world() {
  const clock = { now: Date.UTC(2026, 10, 27) };
  const emulator = await openCloudflare({ now: () => clock.now });
  const all = ["userTokens", "accountTokens", "access", "workers"] as const;
  const admin = emulator.plant("user", "admin", all);
  const ask = async (method: string, path: string, body?: unknown, token: string = admin.value) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${emulator.endpoint}${path}`, { method, headers, ...json });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  };
  return { emulator, clock, admin, ask, [Symbol.asyncDispose]: async () => emulator[Symbol.asyncDispose]() };
}

interface Body {
  readonly success: boolean;
  readonly errors: readonly { readonly code: number; readonly error_chain?: readonly { readonly code: number }[] }[];
  readonly result: Readonly<Record<string, unknown>>;
}

const account = ({ state }: CloudflareEmulator) => `/accounts/${state.accountId}`;

describe("the emulated Cloudflare", () => {
  it("knows each kind of token at its own endpoint only", async () => {
    await using cf = await world();
    const token = cf.emulator.plant("account", "t", ["zoneRead"]);
    const own = await cf.ask("GET", `${account(cf.emulator)}/tokens/verify`, undefined, token.value);
    expect([own.status, own.body.result["id"]]).toEqual([200, token.id]);
    const other = await cf.ask("GET", "/user/tokens/verify", undefined, token.value);
    expect([other.status, other.body.errors[0]?.code]).toEqual([401, 1000]);
    expect(token.value).toMatch(/^cfat_/);
  });

  it("refuses a header of another form, and a bad token elsewhere", async () => {
    await using cf = await world();
    const malformed = await cf.ask("GET", "/user/tokens", undefined, `${cf.admin.value} x`);
    expect([malformed.status, malformed.body.errors[0]?.code]).toEqual([400, 6003]);
    expect(malformed.body.errors[0]?.error_chain?.[0]?.code).toBe(6111);
    const bad = await cf.ask("GET", "/user/tokens", undefined, "x".repeat(40));
    expect([bad.status, bad.body.errors[0]?.code]).toEqual([403, 10000]);
  });

  it("counts requests, and blocks a token that made too many", async () => {
    await using cf = await world();
    cf.emulator.state.rate = 2;
    const first = await cf.ask("GET", "/user/tokens");
    expect(first.headers.get("ratelimit")).toBe('"default";r=1;t=300');
    await cf.ask("GET", "/user/tokens");
    const third = await cf.ask("GET", "/user/tokens");
    expect([third.status, third.headers.get("retry-after")]).toEqual([429, "300"]);
    cf.clock.now += 299_500;
    expect((await cf.ask("GET", "/user/tokens")).headers.get("retry-after")).toBe("1");
    cf.clock.now += 500;
    expect((await cf.ask("GET", "/user/tokens")).status).toBe(200);
  });

  it("wants name and policies of every change, and no more tokens than its quota", async () => {
    await using cf = await world();
    expect((await cf.ask("PUT", `/user/tokens/${cf.admin.id}`, { status: "disabled" })).status).toBe(400);
    const { body } = await cf.ask("GET", `/user/tokens/${cf.admin.id}`);
    const payload = { name: "n", policies: body.result["policies"] };
    for (let count = 1; count < 50; count += 1)
      expect((await cf.ask("POST", "/user/tokens", payload)).status).toBe(200);
    expect((await cf.ask("POST", "/user/tokens", payload)).status).toBe(400);
    expect(cf.emulator.keys().length).toBe(50);
  });

  it("ends the secret in use at once where a rotation names no date", async () => {
    await using cf = await world();
    const token = cf.emulator.plantServiceToken("t");
    const before = token.secret;
    const path = `${account(cf.emulator)}/access/service_tokens/${token.id}`;
    const { body } = await cf.ask("POST", `${path}/rotate`, {});
    expect(body.result).toMatchObject({
      client_id: token.clientId,
      client_secret: token.secret,
      client_secret_version: 2,
    });
    expect(cf.emulator.isLetIn(token.clientId, before)).toBe(false);
    expect(JSON.stringify((await cf.ask("GET", path)).body)).not.toContain(token.secret);
    const until = new Date(cf.clock.now + 1_000).toISOString();
    const second = token.secret;
    await cf.ask("PUT", path, { name: "t", client_secret_version: 3, previous_client_secret_expires_at: until });
    expect(cf.emulator.isLetIn(token.clientId, second)).toBe(true);
    await cf.ask("PUT", path, { name: "t", enabled: false });
    expect(cf.emulator.isLetIn(token.clientId, second)).toBe(false);
    await cf.ask("PUT", path, { name: "t", enabled: true });
    cf.clock.now += 1_000;
    expect(cf.emulator.isLetIn(token.clientId, second)).toBe(false);
    expect(cf.emulator.isLetIn(token.clientId, token.secret)).toBe(true);
  });

  it("shows no secret of a Worker, and merges what it is given", async () => {
    await using cf = await world();
    cf.emulator.plantWorker("w");
    const path = `${account(cf.emulator)}/workers/scripts/w`;
    await cf.ask("PUT", `${path}/secrets`, { name: "A", text: "hidden", type: "secret_text" });
    const secrets = { A: null, B: { name: "B", text: "hidden too", type: "secret_text" } };
    const merged = await cf.ask("PATCH", `${path}/secrets-bulk`, { secrets });
    expect(merged.body.result).toEqual({ B: { name: "B", type: "secret_text" } });
    expect((await cf.ask("GET", `${path}/secrets/B`)).body.result).toEqual({ name: "B", type: "secret_text" });
    expect((await cf.ask("DELETE", `${path}/secrets/A`)).status).toBe(404);
    expect(cf.emulator.peek("w")).toEqual({ B: "hidden too" });
    expect((await cf.ask("GET", `${account(cf.emulator)}/workers/scripts/none/secrets`)).body.errors[0]?.code).toBe(
      10007,
    );
  });
});
