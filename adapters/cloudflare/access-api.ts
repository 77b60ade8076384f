/** Access service tokens as Cloudflare shows and changes them: one token, two secrets at most. */
import { path } from "../http-path.ts";
import { Secret } from "../secret.ts";
import type { Envelope } from "./answer.ts";
import { dateIn, field, notUnderstood, numberIn, textIn } from "./answer.ts";
import type { Account, Api } from "./api.ts";
import { accountIdOf } from "./routes.ts";

const PERMISSION = "Account: Access: Service Tokens: Edit";

export interface ServiceToken {
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  /** Counts the secrets that the token has had. */
  readonly version: number;
  readonly enabled: boolean;
  /** The secret before lives on until then, where there is one. */
  readonly previousUntil?: string;
  readonly updatedAt?: string;
  readonly expiresAt?: string;
}

export interface ServiceTokenChange {
  readonly enabled?: boolean;
  readonly previous_client_secret_expires_at?: string;
}

export interface Rotated {
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly version?: number;
  readonly expiresAt?: string;
}

export interface ServiceTokens {
  /** Undefined where there is none. */
  get(id: string, signal: AbortSignal): Promise<ServiceToken | undefined>;
  /** Not to be repeated. Without a date the secret in use dies at once. Undefined where there is no such token. */
  rotate(id: string, previousUntil: string | undefined, signal: AbortSignal): Promise<Rotated | undefined>;
  /** False where there is no such token. */
  update(token: ServiceToken, change: ServiceTokenChange, signal: AbortSignal): Promise<boolean>;
}

type Answer = (Envelope & { readonly facts: Parameters<typeof notUnderstood>[0] }) | undefined;

export function serviceTokensOf(api: Api, account: Account): ServiceTokens {
  const one = (id: string) => path`/accounts/${accountIdOf(account)}/access/service_tokens/${id}`;
  return {
    get: async (id, signal) => {
      const request = { method: "GET", path: one(id), effect: "none", permission: PERMISSION } as const;
      return readToken(await api.ask(request, signal));
    },
    rotate: async (id, previousUntil, signal) => {
      const to = path`/accounts/${accountIdOf(account)}/access/service_tokens/${id}/rotate`;
      const json = previousUntil === undefined ? {} : { previous_client_secret_expires_at: previousUntil };
      return readRotated(
        await api.ask({ method: "POST", path: to, json, effect: "once", permission: PERMISSION }, signal),
      );
    },
    update: async (token, change, signal) => {
      const json = { name: token.name, ...change };
      const request = {
        method: "PUT",
        path: one(token.id),
        json,
        effect: "repeatable",
        permission: PERMISSION,
      } as const;
      return (await api.ask(request, signal)) !== undefined;
    },
  };
}

/** Without a version no generation could be told from another, and an old secret could be taken for the one in use. */
function readToken(answer: Answer): ServiceToken | undefined {
  if (answer === undefined) return undefined;
  const { result, facts } = answer;
  const [id, name, clientId] = [textIn(result, "id"), textIn(result, "name"), textIn(result, "client_id")];
  const version = numberIn(result, "client_secret_version");
  if (id === undefined || name === undefined || clientId === undefined || version === undefined) {
    throw notUnderstood(facts, "none", "the service token's id, name, client id or client secret version");
  }
  const [previousUntil, updatedAt, expiresAt] = [
    dateIn(result, "previous_client_secret_expires_at"),
    dateIn(result, "updated_at"),
    dateIn(result, "expires_at"),
  ];
  return {
    id,
    name,
    clientId,
    version,
    enabled: field(result, "enabled") !== false,
    ...(previousUntil === undefined ? {} : { previousUntil }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function readRotated(answer: Answer): Rotated | undefined {
  if (answer === undefined) return undefined;
  const { result, facts } = answer;
  const [clientId, clientSecret] = [textIn(result, "client_id"), textIn(result, "client_secret")];
  if (clientId === undefined || clientSecret === undefined) throw notUnderstood(facts, "once", "the new client secret");
  const [version, expiresAt] = [numberIn(result, "client_secret_version"), dateIn(result, "expires_at")];
  return {
    clientId,
    clientSecret: Secret.from(clientSecret),
    ...(version === undefined ? {} : { version }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
