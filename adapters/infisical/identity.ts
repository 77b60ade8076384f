/** What Infisical shows of one machine identity: its universal auth, and its client secrets without their values. */
import type { IssuedKey, KeyId } from "../contract.ts";
import { Terminal } from "../errors.ts";
import { path } from "../http-path.ts";
import type { Told } from "./api.ts";
import { at, listAt, notUnderstood, numberAt, textAt, yes } from "./api.ts";
import type { Session } from "./session.ts";

/** How the identity logs in. */
export interface UniversalAuth {
  readonly clientId: string;
  /** Seconds; 0 is without end. */
  readonly tokenTtl: number;
  readonly tokenMaxTtl: number;
  /** Not 0: tokens may be renewed for ever. */
  readonly tokenPeriod: number;
  readonly lockSeconds: number | undefined;
  /** How long a wrong login counts towards a lock. */
  readonly countSeconds: number | undefined;
}

export interface ClientSecret {
  readonly id: string;
  readonly description: string;
  /** The first four characters of the value. */
  readonly prefix: string;
  readonly uses: number;
  readonly usesLimit: number;
  readonly ttlSeconds: number;
  readonly revoked: boolean;
  readonly createdAt: string | undefined;
  readonly updatedAt: string | undefined;
}

/** Undefined where the identity has no universal auth, and so no client secrets either. */
export async function readUniversalAuth(
  session: Session,
  identity: string,
  signal: AbortSignal,
): Promise<UniversalAuth | undefined> {
  const answer = await session.send(
    { method: "GET", path: path`/api/v1/auth/universal-auth/identities/${identity}`, effect: "none" },
    signal,
  );
  if (answer.status === 400 && /does not have universal auth/i.test(answer.sentence)) return undefined;
  const told = yes(answer);
  const found = at(told.body, "identityUniversalAuth");
  const clientId = textAt(found, "clientId");
  if (clientId === undefined) throw notUnderstood(told);
  return {
    clientId,
    tokenTtl: numberAt(found, "accessTokenTTL") ?? 0,
    tokenMaxTtl: numberAt(found, "accessTokenMaxTTL") ?? 0,
    tokenPeriod: numberAt(found, "accessTokenPeriod") ?? 0,
    lockSeconds: numberAt(found, "lockoutDurationSeconds"),
    countSeconds: numberAt(found, "lockoutCounterResetSeconds"),
  };
}

export async function needUniversalAuth(
  session: Session,
  identity: string,
  signal: AbortSignal,
): Promise<UniversalAuth> {
  const auth = await readUniversalAuth(session, identity, signal);
  if (auth) return auth;
  throw new Terminal(
    {
      reason: "UniversalAuthMissing",
      message: "The identity has no universal auth, so it has no client secrets.",
      remedy: "Add universal auth to the identity, or correct the issuer's identity.",
    },
    { vendor: "infisical", operation: "read the identity" },
  );
}

/** Those that are not revoked: Infisical lists no others. */
export async function readClientSecrets(
  session: Session,
  identity: string,
  signal: AbortSignal,
): Promise<readonly ClientSecret[]> {
  const told = yes(
    await session.send(
      { method: "GET", path: path`/api/v1/auth/universal-auth/identities/${identity}/client-secrets`, effect: "none" },
      signal,
    ),
  );
  const found = listAt(told.body, "clientSecretData");
  if (found === undefined) throw notUnderstood(told);
  return found.map((each) => clientSecretOf(each) ?? raise(told)).filter(({ revoked }) => !revoked);
}

export function clientSecretOf(data: unknown): ClientSecret | undefined {
  const id = textAt(data, "id");
  const prefix = textAt(data, "clientSecretPrefix");
  if (id === undefined || prefix === undefined) return undefined;
  return {
    id,
    prefix,
    description: textAt(data, "description") ?? "",
    uses: numberAt(data, "clientSecretNumUses") ?? 0,
    usesLimit: numberAt(data, "clientSecretNumUsesLimit") ?? 0,
    ttlSeconds: numberAt(data, "clientSecretTTL") ?? 0,
    revoked: at(data, "isClientSecretRevoked") === true,
    createdAt: textAt(data, "createdAt"),
    updatedAt: textAt(data, "updatedAt"),
  };
}

/** What a description can hold. Only the beginning of a longer marker is lost. */
export const DESCRIPTION_LENGTH = 255;

export function issuedKeyOf(identity: string, secret: ClientSecret): IssuedKey {
  const { description, createdAt, ttlSeconds, uses, usesLimit } = secret;
  const isMarked = description.startsWith("velvet/") || description.length === DESCRIPTION_LENGTH;
  const ends = ttlSeconds > 0 && createdAt !== undefined ? Date.parse(createdAt) + ttlSeconds * 1000 : Number.NaN;
  return {
    id: idOf(identity, secret.id),
    enabled: usesLimit === 0 || uses < usesLimit,
    ...(isMarked ? { marker: description } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(Number.isNaN(ends) ? {} : { expiresAt: new Date(ends).toISOString() }),
  };
}

/** The identity is part of it: asked of another identity, Infisical says "not found" of a client secret that is alive. */
export function idOf(identity: string, secretId: string): KeyId {
  return `${identity}/${secretId}`;
}

/** The client secret's own id. An id without its identity is one that a person took from Infisical's page. */
export function secretIdOf(identity: string, id: KeyId, operation: string): string {
  const [owner, secretId, ...rest] = id.includes("/") ? id.split("/") : [identity, id];
  if (owner === identity && secretId !== undefined && secretId !== "" && rest.length === 0) return secretId;
  throw new Terminal(
    {
      reason: "IdentityNotConfigured",
      message: "The client secret belongs to another identity than the one that the issuer names.",
      remedy: "Set the issuer's identity back, or revoke the client secret on its identity's page in Infisical.",
    },
    { vendor: "infisical", operation },
  );
}

function raise(told: Told): never {
  throw notUnderstood(told);
}
