/** Who asks Postmark what. Its answers hold tokens in the clear: nothing of a body leaves this folder but ids. */
import type { PostmarkAccount } from "../../crds/kinds.gen.ts";
import { createHmac } from "node:crypto";
import type { Clock, KeyId } from "../contract.ts";
import type { TypedAccount } from "../define.ts";
import { Terminal } from "../errors.ts";
import type { Path } from "../http-path.ts";
import { path } from "../http-path.ts";
import { type Http, type HttpAnswer, openHttp } from "../http.ts";
import { Secret } from "../secret.ts";

export const NAME = "postmark";
const PUBLIC = "https://api.postmarkapp.com";

export function open(account: TypedAccount<PostmarkAccount>, clock: Clock): Http {
  return openHttp({
    vendor: NAME,
    baseUrl: account.endpoint ?? PUBLIC,
    headers: () => account.headers(),
    clock,
    budget: account.budget,
    timeoutMs: (account.config.timeoutSeconds ?? 20) * 1000,
    errorCode: (body) => String(codeIn(body) ?? ""),
  });
}

/** As the account. Throws `Terminal` where its token is refused, or it has none. */
export async function askAsAccount(
  http: Http,
  account: TypedAccount<PostmarkAccount>,
  what: { readonly path: Path; readonly query?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const headers = { accept: "application/json", "x-postmark-account-token": account.secret("accountToken") };
  return http.send({ method: "GET", ...what, headers }, signal);
}

/** A token as the server lists it, and what Velvet calls it. */
export interface ListedToken {
  readonly id: KeyId;
  readonly value: Secret;
}

/** Every token of the server, in the vendor's order. */
export async function tokensOf(
  http: Http,
  account: TypedAccount<PostmarkAccount>,
  serverId: number,
  signal: AbortSignal,
): Promise<readonly ListedToken[]> {
  const answer = await askAsAccount(http, account, { path: path`/servers/${String(serverId)}` }, signal);
  const { ID, ApiTokens: tokens } = membersOf(answer.json());
  if (ID !== serverId || !Array.isArray(tokens) || !tokens.every((each) => typeof each === "string")) {
    throw new Terminal(
      {
        reason: "AnswerNotUnderstood",
        message: "Postmark's answer about the server names no tokens.",
        remedy: "Check that the VendorAccount's endpoint is Postmark's API.",
      },
      { vendor: NAME, operation: "GET /servers/{}" },
    );
  }
  return tokens.map((text) => ({ id: idOf(serverId, Secret.from(text)), value: Secret.from(text) }));
}

/**
 * Postmark gives a token neither a name nor an id. A token is 122 random bits, so that a short keyed hash of it, with the token itself for
 * the key, says which one it is and leads nobody back.
 */
export function idOf(serverId: number, token: Secret): KeyId {
  const hash = createHmac("sha256", token.reveal().trim().toLowerCase())
    .update(`velvet postmark ${serverId}`)
    .digest("hex");
  return `${serverId}/${hash.slice(0, 16)}`;
}

export function membersOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null ? { ...json } : {};
}

/** Postmark's own code for what went wrong; the text beside it varies. */
export function codeIn(body: unknown): number | undefined {
  const { ErrorCode: found } = membersOf(body);
  return typeof found === "number" ? found : undefined;
}
