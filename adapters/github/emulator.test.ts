import sodium from "libsodium-wrappers";
import { App, Octokit } from "octokit";
import { describe, expect, it } from "vitest";
import { Secret } from "../secret.ts";
import { APP_ID, APP_KEY, INSTALLATION_ID, openGitHubEmulator } from "./emulator.ts";
import { seal } from "./seal.ts";

/** GitHub's own client, without what it does of its own accord. */
const Plain = Octokit.defaults({ throttle: { enabled: false }, retry: { enabled: false } });

describe("GitHub's own client at the emulator", () => {
  it("signs in as an App, reads a key, and sets a secret that opens", async () => {
    await using vendor = await openGitHubEmulator();
    const app = new App({ appId: APP_ID, privateKey: APP_KEY, Octokit: Plain.defaults({ baseUrl: vendor.url }) });
    expect((await app.octokit.rest.apps.getAuthenticated()).data).toMatchObject({ id: APP_ID });
    const octokit = await app.getInstallationOctokit(INSTALLATION_ID);
    const at = { owner: "acme", repo: "orders" };
    const { data: key } = await octokit.rest.actions.getRepoPublicKey(at);
    const encrypted_value = (await seal(Secret.from("velvet"), key.key)) ?? "";
    const secret = { ...at, secret_name: "token", encrypted_value, key_id: key.key_id };
    expect((await octokit.rest.actions.createOrUpdateRepoSecret(secret)).status).toBe(201);
    expect((await octokit.rest.actions.createOrUpdateRepoSecret(secret)).status).toBe(204);
    expect(vendor.peek("repos/acme/orders/actions")).toEqual({ TOKEN: "velvet" });
    expect((await octokit.rest.actions.listRepoSecrets(at)).data).toMatchObject({
      total_count: 1,
      secrets: [{ name: "TOKEN" }],
    });
    await octokit.rest.apps.revokeInstallationAccessToken();
    expect(vendor.livingInstallationTokens()).toEqual([]);
    expect(vendor.strays).toEqual([]);
  });

  it("finds deploy keys, page by page, and is refused what its token may not", async () => {
    await using vendor = await openGitHubEmulator();
    for (let number = 0; number < 31; number += 1)
      vendor.plantKey("acme/orders", { key: `ssh-rsa A${number}`, title: "x" });
    const octokit = new Plain({ auth: vendor.addToken(), baseUrl: vendor.url });
    const at = { owner: "acme", repo: "orders" };
    expect((await octokit.rest.repos.listDeployKeys(at)).data).toHaveLength(30);
    expect((await octokit.rest.repos.listDeployKeys({ ...at, page: 2 })).data).toHaveLength(1);
    const weak = new Plain({ auth: vendor.addToken({ kind: "fine-grained" }), baseUrl: vendor.url });
    await expect(weak.rest.repos.listDeployKeys(at)).rejects.toMatchObject({ status: 403 });
    await expect(weak.rest.repos.listDeployKeys({ ...at, repo: "hidden" })).rejects.toMatchObject({ status: 404 });
    await expect(new Plain({ auth: "ghp_x", baseUrl: vendor.url }).rest.users.getAuthenticated()).rejects.toMatchObject(
      {
        status: 401,
      },
    );
    expect(vendor.strays).toEqual([]);
  });
});

describe("the emulator", () => {
  it("takes a revocation from nobody who is logged in", async () => {
    await using vendor = await openGitHubEmulator();
    const token = vendor.addToken();
    const post = async (headers: Record<string, string>) =>
      fetch(`${vendor.url}/credentials/revoke`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ credentials: [token] }),
      });
    expect((await post({ authorization: `Bearer ${token}` })).status).toBe(403);
    expect(vendor.isAlive(token)).toBe(true);
    expect((await post({})).status).toBe(202);
    expect(vendor.isAlive(token)).toBe(false);
  });

  it("answers a question for limits to anybody, with the limits of anybody", async () => {
    await using vendor = await openGitHubEmulator();
    const answer = await fetch(`${vendor.url}/rate_limit`);
    expect([answer.status, answer.headers.get("x-ratelimit-limit")]).toEqual([200, "60"]);
  });

  it("finds what GitHub's description does not know", async () => {
    await using vendor = await openGitHubEmulator();
    const headers = { authorization: `Bearer ${vendor.addToken()}` };
    await fetch(`${vendor.url}/repos/acme/orders/keys`, {
      method: "POST",
      headers,
      body: JSON.stringify({ title: 1 }),
    });
    await fetch(`${vendor.url}/zen`, { headers });
    expect(vendor.strays).toEqual([
      "POST /repos/{owner}/{repo}/keys: the request at / must have required property 'key'",
      "POST /repos/{owner}/{repo}/keys: the request at /title must be string",
      "GET /zen is no route",
    ]);
  });
});

describe("a sealed box", () => {
  /** Sealed with an ephemeral key of 32 × 0x02 for the key of 32 × 0x01, by another implementation. */
  const SEALED = "zo060cy2M+x7cMF4FKXHbs0CloUFDTRHRboFhw5YfVnStT4Ks/S4WqBaxLOGroNe6j6064uM";
  const PUBLIC = "pOCSkrZRwni5dyxWn1+puxPZBrRqtoyd+dwrRAn4ogk=";
  const opened = (sealed: string): string =>
    Buffer.from(
      sodium.crypto_box_seal_open(Buffer.from(sealed, "base64"), Buffer.from(PUBLIC, "base64"), Buffer.alloc(32, 1)),
    ).toString();

  it("is the one that other implementations make and open", async () => {
    const sealed = (await seal(Secret.from("velvet"), PUBLIC)) ?? "";
    expect([opened(SEALED), opened(sealed)]).toEqual(["velvet", "velvet"]);
    expect(sealed).toMatch(/^[A-Za-z0-9+/]{72}$/);
    expect(await seal(Secret.from("velvet"), PUBLIC)).not.toBe(sealed);
  });

  it("is made for a key of the right length only", async () => {
    expect(await seal(Secret.from("velvet"), "c2hvcnQ=")).toBeUndefined();
  });
});
