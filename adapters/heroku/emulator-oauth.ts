/** The emulated user, and what was authorized in the user's name. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Call, Reply, Route } from "../emulator/emulator.ts";
import { failed, FORBIDDEN, invalid, iso, notFound, paged, UNAUTHORIZED } from "./emulator-replies.ts";

const SCOPES = ["global", "identity", "read", "write", "read-protected", "write-protected"];

export interface Authorization {
  readonly id: string;
  readonly description: string;
  readonly scope: readonly string[];
  readonly token: string;
  readonly tokenId: string;
  readonly createdAt: number;
  readonly expiresIn: number | null;
  /** A token may be refused for a moment after it was made. */
  readonly worksFrom: number;
}

/** What may be wrong with a user, whatever the token. */
export type Hold = "two_factor" | "suspended" | "delinquent";

const HOLDS: Readonly<Record<Hold, Reply>> = {
  two_factor: failed(
    403,
    "two_factor",
    "A second authentication factor or pre-authorization is required for your account.",
  ),
  suspended: failed(403, "suspended", "Your account has been suspended."),
  delinquent: failed(402, "delinquent", "Please resolve your outstanding balance."),
};

export interface OAuthOptions {
  /** Lists show the tokens, as single authorizations always do. Default true. */
  readonly listShowsTokens?: boolean;
  /** How long a new token is refused. Default 0. */
  readonly worksAfterMs?: number;
}

export class OAuth {
  readonly user = { id: randomUUID(), email: "robot@orders.example", full_name: "Robot" };
  readonly all = new Map<string, Authorization>();
  hold: Hold | undefined;
  readonly #options: OAuthOptions;

  constructor(options: OAuthOptions) {
    this.#options = options;
  }

  make(now: number, wanted: Partial<Authorization> = {}): Authorization {
    const made: Authorization = {
      id: randomUUID(),
      description: "",
      scope: ["global"],
      token: `HRKU-${randomBytes(30).toString("base64url")}`,
      tokenId: randomUUID(),
      createdAt: now,
      expiresIn: null,
      worksFrom: now,
      ...wanted,
    };
    this.all.set(made.id, made);
    return made;
  }

  holder(token: string | undefined, now: number): Authorization | undefined {
    const found = [...this.all.values()].find((each) => each.token === token);
    if (found === undefined || now < found.worksFrom) return undefined;
    return found.expiresIn !== null && now >= found.createdAt + found.expiresIn * 1000 ? undefined : found;
  }

  /** Undefined where the bearer may go on. */
  refuses(token: string | undefined, now: number): Reply | undefined {
    if (this.holder(token, now) === undefined) return UNAUTHORIZED;
    return this.hold === undefined ? undefined : HOLDS[this.hold];
  }

  routes(): readonly Route[] {
    const global = (handle: Route["handle"]): Route["handle"] => {
      return (call) => (this.#scopes(call).includes("global") ? handle(call) : FORBIDDEN);
    };
    return [
      { method: "GET", pattern: "/account", handle: () => this.#account() },
      { method: "GET", pattern: "/oauth/authorizations", handle: global((call) => this.#list(call)) },
      { method: "POST", pattern: "/oauth/authorizations", handle: global((call) => this.#create(call)) },
      { method: "GET", pattern: "/oauth/authorizations/{id}", handle: global((call) => this.#info(call)) },
      { method: "DELETE", pattern: "/oauth/authorizations/{id}", handle: global((call) => this.#remove(call)) },
    ];
  }

  #scopes(call: Call): readonly string[] {
    return this.holder(bearerOf(call), call.now)?.scope ?? [];
  }

  #account(): Reply {
    const { id, email, full_name: name } = this.user;
    return { status: 200, body: { id, email, name, verified: true, two_factor_authentication: false } };
  }

  #list(call: Call): Reply {
    const items = [...this.all.values()].map((each) => {
      const shown = this.#show(each);
      return this.#options.listShowsTokens === false ? { ...shown, access_token: { id: each.tokenId } } : shown;
    });
    return paged(call, items, "id");
  }

  #create({ json, now }: Call): Reply {
    const { description = "", scope, expires_in: expiresIn = null } = (json ?? {}) as Record<string, unknown>;
    if (!isScope(scope)) return invalid("Invalid scope.");
    if (!isExpiry(expiresIn)) return invalid("Invalid expiry.");
    const worksFrom = now + (this.#options.worksAfterMs ?? 0);
    const made = this.make(now, { description: String(description), scope, expiresIn, worksFrom });
    return { status: 201, body: this.#show(made) };
  }

  #info({ params }: Call): Reply {
    const found = this.all.get(params["id"] ?? "");
    return found ? { status: 200, body: this.#show(found) } : notFound("authorization");
  }

  #remove({ params }: Call): Reply {
    const found = this.all.get(params["id"] ?? "");
    if (!found) return notFound("authorization");
    this.all.delete(found.id);
    return { status: 200, body: this.#show(found) };
  }

  #show({ id, description, scope, createdAt, tokenId, token, expiresIn }: Authorization) {
    return {
      id,
      description,
      scope,
      created_at: iso(createdAt),
      updated_at: iso(createdAt),
      access_token: { id: tokenId, token, expires_in: expiresIn },
      client: null,
      grant: null,
      refresh_token: null,
      session: null,
      user: this.user,
    };
  }
}

export function bearerOf({ headers }: Pick<Call, "headers">): string | undefined {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1];
}

function isScope(scope: unknown): scope is string[] {
  return Array.isArray(scope) && scope.length > 0 && scope.every((each) => SCOPES.includes(String(each)));
}

function isExpiry(expiresIn: unknown): expiresIn is number | null {
  return expiresIn === null || (Number.isInteger(expiresIn) && Number(expiresIn) > 0);
}
