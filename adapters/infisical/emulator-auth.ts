/** Machine identities of the emulator: universal auth, lock-outs, access tokens, permissions. Written from Infisical's own behaviour. */
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import type { Call, Reply, Route } from "../emulator/emulator.ts";

export interface UniversalAuthSettings {
  accessTokenTTL: number;
  accessTokenMaxTTL: number;
  accessTokenPeriod: number;
  lockoutEnabled: boolean;
  lockoutThreshold: number;
  lockoutDurationSeconds: number;
  lockoutCounterResetSeconds: number;
}

export interface StoredSecret {
  readonly id: string;
  readonly value: string;
  readonly description: string;
  readonly ttl: number;
  readonly usesLimit: number;
  uses: number;
  revoked: boolean;
  readonly createdMs: number;
  updatedMs: number;
}

export interface Identity {
  readonly id: string;
  readonly clientId: string;
  readonly auth: UniversalAuthSettings;
  /** False: universal auth was removed from it. */
  hasAuth: boolean;
  trustsAddress: boolean;
  readonly secrets: StoredSecret[];
  /** `create secrets`, `read-value secrets`, `get-token identity`: what it may not do. */
  readonly denied: Set<string>;
  lock: { failures: number; untilMs: number; locked: boolean };
}

export interface Token {
  readonly id: string;
  readonly identity: Identity;
  readonly secretId: string;
  readonly createdMs: number;
  endsMs: number;
  readonly maxMs: number;
  revoked: boolean;
}

export const problem = (statusCode: number, error: string, message: unknown): Reply => ({
  status: statusCode,
  body: { reqId: `req-${randomUUID()}`, statusCode, message, error },
});
export const notFound = (message: string) => problem(404, "NotFound", message);
export const badRequest = (message: string) => problem(400, "BadRequest", message);
const unauthorized = (message: string) => problem(401, "Unauthorized", message);
export const unprocessable = (path: string) =>
  problem(422, "ValidationFailure", [{ code: "invalid_type", path: [path], message: "Required" }]);
const tokenError = (message: string) => problem(403, "TokenError", message);

export type Authed = (call: Call, identity: Identity) => Reply;

export class Identities {
  readonly all = new Map<string, Identity>();
  readonly tokens = new Map<string, Token>();
  /** What an audit log keeps: never a value. */
  readonly audit: string[] = [];
  /** How long replicas of the database do not know a new client secret. */
  lagMs = 0;
  /** What the access token says of the client secret. */
  tellsSecretId = true;
  readonly #key = randomBytes(32);

  add(settings: Partial<UniversalAuthSettings> = {}): Identity {
    const identity: Identity = {
      id: randomUUID(),
      clientId: randomUUID(),
      auth: {
        accessTokenTTL: 2_592_000,
        accessTokenMaxTTL: 2_592_000,
        accessTokenPeriod: 0,
        lockoutEnabled: true,
        lockoutThreshold: 3,
        lockoutDurationSeconds: 300,
        lockoutCounterResetSeconds: 30,
        ...settings,
      },
      hasAuth: true,
      trustsAddress: true,
      secrets: [],
      denied: new Set(),
      lock: { failures: 0, untilMs: 0, locked: false },
    };
    this.all.set(identity.id, identity);
    return identity;
  }

  addSecret(identity: Identity, nowMs: number, given: Partial<StoredSecret> = {}): StoredSecret {
    const secret: StoredSecret = {
      id: randomUUID(),
      value: randomBytes(32).toString("hex"),
      description: "",
      ttl: 0,
      usesLimit: 0,
      uses: 0,
      revoked: false,
      createdMs: nowMs,
      updatedMs: nowMs,
      ...given,
    };
    identity.secrets.push(secret);
    this.audit.push(`create-identity-universal-auth-client-secret ${secret.id} ${secret.description}`);
    return secret;
  }

  /** Runs `handle` for whoever the bearer token belongs to. */
  authed(handle: Authed): (call: Call) => Reply {
    return (call) => {
      const bearer = /^Bearer (.+)$/.exec(call.headers.authorization ?? "")?.[1];
      if (bearer === undefined) return unauthorized("Token missing");
      const found = this.#tokenOf(bearer, call.now);
      return "status" in found ? found : handle(call, found.identity);
    };
  }

  /** Tokens that open a door at this moment. */
  live(nowMs: number): readonly Token[] {
    return [...this.tokens.values()].filter(({ revoked, endsMs }) => !revoked && nowMs < endsMs);
  }

  routes(): readonly Route[] {
    const base = "/api/v1/auth/universal-auth";
    const one = `${base}/identities/{identity}`;
    const managed = (permission: string, handle: (call: Call, target: Identity) => Reply) =>
      this.authed((call, caller) => this.#manage(call, caller, permission, handle));
    return [
      { method: "POST", pattern: `${base}/login`, handle: (call) => this.#login(call) },
      { method: "POST", pattern: "/api/v1/auth/token/renew", handle: (call) => this.#renew(call) },
      { method: "POST", pattern: "/api/v1/auth/token/revoke", handle: (call) => this.#end(call) },
      { method: "GET", pattern: one, handle: managed("read identity", (_, target) => showAuth(target)) },
      {
        method: "GET",
        pattern: `${one}/client-secrets`,
        handle: managed("read identity", ({ now }, target) => ({
          status: 200,
          body: { clientSecretData: this.#known(target, now).map(shown) },
        })),
      },
      { method: "POST", pattern: `${one}/client-secrets`, handle: managed("create-token identity", this.#create) },
      {
        method: "POST",
        pattern: `${one}/client-secrets/{secret}/revoke`,
        handle: managed("delete-token identity", revoke),
      },
      {
        method: "POST",
        pattern: `${one}/clear-lockouts`,
        handle: managed("edit identity", (_, target) => {
          target.lock = { failures: 0, untilMs: 0, locked: false };
          return { status: 200, body: { deleted: 1 } };
        }),
      },
    ];
  }

  #manage(call: Call, caller: Identity, permission: string, handle: (call: Call, target: Identity) => Reply): Reply {
    const id = call.params["identity"] ?? "";
    const target = this.all.get(id);
    if (!target) return notFound(`Failed to find identity with ID ${id}`);
    if (!target.hasAuth) return badRequest("The identity does not have universal auth");
    return refusedTo(caller, permission) ?? handle(call, target);
  }

  readonly #create = (call: Call, target: Identity): Reply => {
    const { description = "", ttl = 0, numUsesLimit = 0 } = (call.json ?? {}) as Record<string, unknown>;
    if (typeof description !== "string") return unprocessable("description");
    if (typeof ttl !== "number") return unprocessable("ttl");
    if (typeof numUsesLimit !== "number") return unprocessable("numUsesLimit");
    if (description.length > 255) return problem(500, "DatabaseError", "Something went wrong");
    const given = { description: description.trim(), ttl, usesLimit: numUsesLimit };
    const secret = this.addSecret(target, call.now, given);
    return { status: 200, body: { clientSecret: secret.value, clientSecretData: shown(secret) } };
  };

  #login({ json, now }: Call): Reply {
    const { clientId, clientSecret } = (json ?? {}) as { clientId?: unknown; clientSecret?: unknown };
    if (typeof clientId !== "string") return unprocessable("clientId");
    if (typeof clientSecret !== "string") return unprocessable("clientSecret");
    const identity = [...this.all.values()].find((each) => each.hasAuth && each.clientId === clientId.trim());
    if (!identity) return unauthorized("Invalid credentials");
    if (!identity.trustsAddress) {
      return problem(403, "ForbiddenError", "You are not allowed to access this resource from the current IP address");
    }
    const { lock } = identity;
    if (now >= lock.untilMs) Object.assign(lock, { failures: 0, locked: false });
    if (lock.locked) return unauthorized("This identity auth method is temporarily locked, please try again later");
    const secret = this.#known(identity, now).find(({ value }) => value === clientSecret.trim());
    return secret ? this.#right(identity, secret, now) : this.#wrong(identity, now);
  }

  #right(identity: Identity, secret: StoredSecret, now: number): Reply {
    const { auth } = identity;
    Object.assign(identity.lock, { failures: 0, untilMs: 0 });
    const ended = endedBy(secret, now);
    if (ended !== undefined) return unauthorized(ended);
    Object.assign(secret, { uses: secret.uses + 1, updatedMs: now });
    const token: Token = {
      id: randomUUID(),
      identity,
      secretId: secret.id,
      createdMs: now,
      endsMs: now + auth.accessTokenTTL * 1000,
      maxMs: auth.accessTokenPeriod > 0 ? Infinity : now + auth.accessTokenMaxTTL * 1000,
      revoked: false,
    };
    this.tokens.set(token.id, token);
    this.audit.push(`login-identity-universal-auth ${secret.id} ${token.id}`);
    return this.#given(token, now);
  }

  #known({ secrets }: Identity, now: number): readonly StoredSecret[] {
    return secrets.filter(({ revoked, createdMs }) => !revoked && now >= createdMs + this.lagMs);
  }

  /** Each failure lengthens the time in which failures are counted. */
  #wrong({ auth, lock }: Identity, now: number): Reply {
    if (auth.lockoutEnabled) {
      lock.failures += 1;
      lock.locked = lock.failures >= auth.lockoutThreshold;
      const seconds = lock.locked ? auth.lockoutDurationSeconds : auth.lockoutCounterResetSeconds;
      lock.untilMs = now + seconds * 1000;
    }
    return unauthorized("Invalid credentials");
  }

  #given(token: Token, now: number): Reply {
    const claims = {
      identityId: token.identity.id,
      ...(this.tellsSecretId ? { clientSecretId: token.secretId } : {}),
      identityAccessTokenId: token.id,
      authTokenType: "identityAccessToken",
      iat: now / 1000,
      exp: token.endsMs / 1000,
    };
    const body = [{ alg: "HS256", typ: "JWT" }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString("base64url"),
    );
    const accessToken = `${body.join(".")}.${this.#sign(body.join("."))}`;
    const { accessTokenMaxTTL } = token.identity.auth;
    const expiresIn = (token.endsMs - now) / 1000;
    return { status: 200, body: { accessToken, expiresIn, accessTokenMaxTTL, tokenType: "Bearer" } };
  }

  #sign(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url");
  }

  #tokenOf(jwt: string, now: number): Token | Reply {
    const [head = "", claims = "", signature = ""] = jwt.split(".");
    if (this.#sign(`${head}.${claims}`) !== signature) {
      return tokenError(
        "The provided access token is malformed. Please use a valid token or generate a new one and try again.",
      );
    }
    const { exp, identityAccessTokenId } = JSON.parse(Buffer.from(claims, "base64url").toString()) as {
      exp: number;
      identityAccessTokenId: string;
    };
    if (now >= exp * 1000) return tokenError("Your token has expired. Please re-authenticate.");
    const token = this.tokens.get(identityAccessTokenId);
    if (!token || token.revoked) return unauthorized("Failed to authorize revoked access token");
    return token;
  }

  #renew({ json, now }: Call): Reply {
    const found = this.#tokenOf(String((json as { accessToken?: unknown } | undefined)?.accessToken), now);
    if ("status" in found) return found;
    if (now >= found.maxMs) return unauthorized("Failed to renew MI access token due to Max TTL expiration");
    const { accessTokenTTL, accessTokenPeriod } = found.identity.auth;
    found.endsMs = Math.min(now + (accessTokenPeriod || accessTokenTTL) * 1000, found.maxMs);
    return this.#given(found, now);
  }

  #end({ json, now }: Call): Reply {
    const found = this.#tokenOf(String((json as { accessToken?: unknown } | undefined)?.accessToken), now);
    if ("status" in found) return found;
    found.revoked = true;
    return { status: 200, body: { message: "Successfully revoked access token" } };
  }
}

/** 403 where the identity lacks the permission: `create secrets`. */
export function refusedTo({ denied }: Identity, permission: string): Reply | undefined {
  if (!denied.has(permission)) return undefined;
  const [action = "", subject = ""] = permission.split(" ");
  return problem(403, "PermissionDenied", `You are not allowed to ${action} on ${subject}`);
}

function endedBy(secret: StoredSecret, now: number): string | undefined {
  const isOver = secret.ttl > 0 && now > secret.createdMs + secret.ttl * 1000;
  const isUsedUp = secret.usesLimit > 0 && secret.uses >= secret.usesLimit;
  if (isOver || isUsedUp) Object.assign(secret, { revoked: true, updatedMs: now });
  if (isOver) return "Access denied due to expired client secret";
  return isUsedUp ? "Access denied due to client secret usage limit reached" : undefined;
}

function revoke({ params, now }: Call, target: Identity): Reply {
  const secret = target.secrets.find(({ id }) => id === params["secret"]);
  if (!secret) return notFound(`Failed to find identity with ID ${target.id}`);
  Object.assign(secret, { revoked: true, updatedMs: now });
  return { status: 200, body: { clientSecretData: shown(secret) } };
}

function showAuth({ id, clientId, auth }: Identity): Reply {
  return { status: 200, body: { identityUniversalAuth: { id: randomUUID(), identityId: id, clientId, ...auth } } };
}

/** As the database answers: some numbers are text. */
function shown(secret: StoredSecret): object {
  return {
    id: secret.id,
    description: secret.description,
    clientSecretPrefix: secret.value.slice(0, 4),
    clientSecretNumUses: secret.uses,
    clientSecretNumUsesLimit: secret.usesLimit,
    clientSecretTTL: secret.ttl,
    isClientSecretRevoked: secret.revoked,
    createdAt: new Date(secret.createdMs).toISOString(),
    updatedAt: new Date(secret.updatedMs).toISOString(),
    identityUAId: secret.id,
  };
}
