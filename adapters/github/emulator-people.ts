/** Who asks the emulated GitHub: tokens, the App, what they may do and how often. */
import { createPublicKey, generateKeyPairSync, randomBytes, verify } from "node:crypto";
import { FixedWindow } from "../emulator/bucket.ts";
import type { Call, Reply } from "../emulator/emulator.ts";

export type Level = "read" | "write" | "admin";

export interface Token {
  readonly value: string;
  readonly kind: "classic" | "fine-grained" | "installation";
  readonly login: string;
  readonly scopes: readonly string[];
  readonly permissions: Readonly<Record<string, Level>>;
  /** Lower case, `owner/name`. Undefined: all. */
  readonly repositories?: readonly string[];
  readonly bornAt: number;
  readonly endsAt?: number;
  /** Revoked, and still accepted until then. */
  lastsUntil?: number;
}

export type Who =
  | { readonly kind: "nobody" }
  | { readonly kind: "app" }
  | { readonly kind: "token"; readonly token: Token };

export const APP_ID = 123_456;
export const INSTALLATION_ID = 987_654;
const keys = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});
/** As the App's owner downloaded it. */
export const APP_KEY = keys.privateKey;

export interface PeopleOptions {
  /** How long a new installation's token is refused. */
  readonly tokenDelayMs?: number;
  readonly perHour?: number;
  readonly anonymousPerHour?: number;
  /** Requests that change something, for each token. */
  readonly changesPerMinute?: number;
}

export interface NewToken extends Partial<Omit<Token, "value" | "bornAt">> {
  readonly value?: string;
}

const PREFIXES = { classic: "ghp_", "fine-grained": "github_pat_", installation: "ghs_" } as const;

export class People {
  readonly tokens = new Map<string, Token>();
  /** What the installation was granted. */
  granted: Readonly<Record<string, Level>> = {
    administration: "write",
    contents: "read",
    dependabot_secrets: "write",
    environments: "write",
    metadata: "read",
    organization_dependabot_secrets: "write",
    organization_secrets: "write",
    secrets: "write",
  };
  suspended = false;
  /** Called when a token is gone for good. */
  onEnd: (token: Token) => void = () => undefined;
  readonly #options: PeopleOptions;
  readonly #windows = new Map<string, { window: FixedWindow; left: number; resetAt: number }>();

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  add(now: number, given: NewToken = {}): Token {
    const { kind = "classic" } = given;
    const value = given.value ?? `${PREFIXES[kind]}${randomBytes(27).toString("base64url").replaceAll(/[_-]/g, "x")}`;
    const defaults = {
      kind,
      login: "octo-bot",
      scopes: kind === "classic" ? ["repo", "admin:org"] : [],
      permissions: {},
    };
    const token: Token = { ...defaults, ...given, value, bornAt: now };
    this.tokens.set(value, token);
    return token;
  }

  isAlive(value: string, now: number): boolean {
    const token = this.tokens.get(value);
    return token !== undefined && now < (token.endsAt ?? Infinity) && now < (token.lastsUntil ?? Infinity);
  }

  end(token: Token, at: number): void {
    token.lastsUntil = Math.min(at, token.lastsUntil ?? Infinity);
    this.onEnd(token);
  }

  /** A reply where the login is refused. */
  who(call: Call): Who | Reply {
    const given = /^(?:bearer|token) (.*)$/i.exec(call.headers.authorization ?? "")?.[1];
    if (given === undefined) return call.headers.authorization === undefined ? { kind: "nobody" } : BAD;
    if (given.split(".").length === 3) return appOf(given, call.now);
    return this.#holder(given, call.now);
  }

  #holder(given: string, now: number): Who | Reply {
    const token = this.tokens.get(given);
    if (!token || !this.isAlive(given, now)) return BAD;
    const young = token.kind === "installation" && now < token.bornAt + (this.#options.tokenDelayMs ?? 0);
    return young ? BAD : { kind: "token", token };
  }

  /** What each answer says of the quota, and the refusal where it is used up. */
  count(call: Call, who: Who): { readonly headers: Record<string, string>; readonly refusal?: Reply } {
    if (call.path === "/rate_limit") return { headers: this.#headers(call, who, 0) };
    const headers = this.#headers(call, who, 1);
    if (headers["x-ratelimit-refused"] !== undefined) {
      delete headers["x-ratelimit-refused"];
      return {
        headers,
        refusal: problem(403, "API rate limit exceeded for user ID 1.", { documentation_url: LIMITS }),
      };
    }
    const secondary = this.#changes(call, who);
    return { headers, ...(secondary ? { refusal: secondary } : {}) };
  }

  #headers(call: Call, who: Who, cost: number): Record<string, string> {
    const limit = this.limitOf(who);
    const { left, resetMs } = this.#window(`hour ${nameOf(who)}`, limit, 3_600_000, call.now, cost);
    const reset = Math.ceil((call.now + resetMs) / 1000);
    return {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": String(Math.max(left, 0)),
      "x-ratelimit-used": String(Math.min(limit, limit - left)),
      "x-ratelimit-reset": String(reset),
      "x-ratelimit-resource": "core",
      ...(left < 0 ? { "x-ratelimit-refused": "yes" } : {}),
    };
  }

  limitOf(who: Who): number {
    const { perHour = 5_000, anonymousPerHour = 60 } = this.#options;
    return who.kind === "nobody" ? anonymousPerHour : perHour;
  }

  #changes(call: Call, who: Who): Reply | undefined {
    if (call.method === "GET") return undefined;
    const size = this.#options.changesPerMinute ?? 80;
    const { left, resetMs } = this.#window(`minute ${nameOf(who)}`, size, 60_000, call.now, 1);
    if (left >= 0) return undefined;
    const wait = { "retry-after": String(Math.ceil(resetMs / 1000)) };
    return {
      ...problem(403, "You have exceeded a secondary rate limit.", { documentation_url: LIMITS }),
      headers: wait,
    };
  }

  /** `cost` 0: only looked at. */
  #window(name: string, size: number, windowMs: number, now: number, cost: number): Quota {
    const counted = this.#windows.get(name) ?? {
      window: new FixedWindow({ size, windowMs }),
      left: size,
      resetAt: -Infinity,
    };
    this.#windows.set(name, counted);
    if (cost > 0) {
      const { left, resetMs } = counted.window.take(now);
      Object.assign(counted, { left, resetAt: now + resetMs });
    }
    return now < counted.resetAt
      ? { left: counted.left, resetMs: counted.resetAt - now }
      : { left: size, resetMs: windowMs };
  }
}

interface Quota {
  readonly left: number;
  readonly resetMs: number;
}

const LIMITS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api";

function nameOf(who: Who): string {
  return who.kind === "token" ? who.token.value : who.kind;
}

function appOf(jwt: string, now: number): Who | Reply {
  const [head = "", claims = "", signature = ""] = jwt.split(".");
  const signed = Buffer.from(`${head}.${claims}`);
  const isSigned = verify("sha256", signed, createPublicKey(keys.publicKey), Buffer.from(signature, "base64url"));
  const { iss, iat, exp } = parsed(claims);
  if (parsed(head)["alg"] !== "RS256" || !isSigned || String(iss) !== String(APP_ID)) {
    return problem(401, "A JSON web token could not be decoded");
  }
  const wrong = wrongTime(Number(iat), Number(exp), now / 1000);
  return wrong === undefined ? { kind: "app" } : problem(401, wrong);
}

function wrongTime(iat: number, exp: number, now: number): string | undefined {
  if (!(iat <= now)) return "'Issued at' claim ('iat') is in the future";
  if (!(exp <= now + 600)) return "'Expiration time' claim ('exp') is too far in the future";
  return exp < now ? "'Expiration time' claim ('exp') has passed" : undefined;
}

function parsed(part: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export function problem(status: number, message: string, more: object = {}): Reply {
  const documentation = { documentation_url: "https://docs.github.com/rest", status: String(status) };
  return { status, body: { message, ...documentation, ...more } };
}

const BAD = problem(401, "Bad credentials");
export const ANONYMOUS = problem(401, "Requires authentication");
export const HIDDEN = problem(404, "Not Found");

export function isReply(thing: Who | Reply): thing is Reply {
  return "status" in thing;
}

export function notAccessible({ kind }: Token): Reply {
  return problem(
    403,
    `Resource not accessible by ${kind === "installation" ? "integration" : "personal access token"}`,
  );
}
