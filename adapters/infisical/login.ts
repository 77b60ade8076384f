/** A login with client id and client secret: the account's own, or one that asks whether a value works. */
import { path } from "../http-path.ts";
import { Secret } from "../secret.ts";
import type { Api, Ask, Told } from "./api.ts";
import { isYes, notUnderstood, numberAt, refusal, textAt } from "./api.ts";

export interface Who {
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly subOrganization?: string | undefined;
}

/** What a refusal says of the client secret. Those that say nothing of it are thrown as errors. */
export type Refused = "wrong" | "expired" | "used-up" | "locked" | "address";

export type Login =
  | {
      readonly kind: "in";
      readonly token: Secret;
      /** Undefined where the token has no end. */
      readonly lastsMs: number | undefined;
      /** The id of the client secret that opened the door, where the token says so. */
      readonly secretId: string | undefined;
      readonly remaining: number | undefined;
    }
  | { readonly kind: Refused; readonly told: Told };

/** Throws where Infisical said neither yes nor a no that is about this client. */
export async function login(api: Api, who: Who, signal: AbortSignal): Promise<Login> {
  const told = await api.send(asking(who), signal);
  if (isYes(told.status)) return accepted(told);
  const kind = refusedAs(told);
  if (kind === undefined) throw refusal(told);
  return { kind, told };
}

function asking({ clientId, clientSecret, subOrganization }: Who): Ask {
  return {
    method: "POST",
    path: path`/api/v1/auth/universal-auth/login`,
    json: {
      clientId,
      clientSecret: clientSecret.reveal(),
      ...(subOrganization === undefined ? {} : { subOrganizationName: subOrganization }),
    },
    // It makes a token, and nothing that is not ended again: an answer that was lost is one that says nothing.
    effect: "none",
  };
}

function accepted(told: Told): Login {
  const token = textAt(told.body, "accessToken");
  if (token === undefined) throw notUnderstood(told);
  const seconds = numberAt(told.body, "expiresIn") ?? 0;
  return {
    kind: "in",
    token: Secret.from(token),
    lastsMs: seconds > 0 ? seconds * 1000 : undefined,
    secretId: secretIdIn(token),
    remaining: told.remaining,
  };
}

/** 401 is not enough: the same status stands for a lock that also meets the right secret. */
function refusedAs({ status, code, sentence }: Told): Refused | undefined {
  if (code === undefined) return undefined;
  if (status === 403 && /current IP address/i.test(sentence)) return "address";
  if (status !== 401) return undefined;
  if (/temporarily locked/i.test(sentence)) return "locked";
  if (/expired client secret/i.test(sentence)) return "expired";
  if (/usage limit reached/i.test(sentence)) return "used-up";
  return /^invalid credentials$/i.test(sentence.trim()) ? "wrong" : undefined;
}

/** Read and not checked: it came from Infisical itself a moment ago, and opens nothing here. */
function secretIdIn(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return textAt(claims, "clientSecretId");
  } catch {
    return undefined;
  }
}

/** Ends an access token. Needs no other credential than the token itself. */
export async function endToken(api: Api, token: Secret, signal: AbortSignal): Promise<boolean> {
  const ask: Ask = {
    method: "POST",
    path: path`/api/v1/auth/token/revoke`,
    json: { accessToken: token.reveal() },
    effect: "repeatable",
  };
  const { status } = await api.send(ask, signal);
  return isYes(status) || status === 401 || status === 404;
}
