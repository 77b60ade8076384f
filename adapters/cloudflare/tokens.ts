/** Tokens as Cloudflare lists and changes them. Never a value, but in the answer to what makes one. */
import { Secret } from "../secret.ts";
import { dateIn, field, notUnderstood, textIn } from "./answer.ts";
import type { Api } from "./api.ts";
import type { TokenRoutes } from "./routes.ts";

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly issuedOn?: string;
  readonly lastUsedOn?: string;
  readonly notBefore?: string;
  readonly expiresOn?: string;
  /** As a new token takes them. */
  readonly policies: readonly object[];
  readonly condition?: object;
}

export interface TokenBody {
  readonly name: string;
  readonly policies: readonly object[];
  readonly condition?: object;
  readonly not_before?: string;
  readonly expires_on?: string;
  readonly status?: string;
}

const PAGE = 50;
const MOST_PAGES = 200;

export interface Tokens {
  /** Every token of the user or account, disabled and expired ones included. */
  list(signal: AbortSignal): Promise<readonly Token[]>;
  /** Undefined where there is none. */
  get(id: string, signal: AbortSignal): Promise<Token | undefined>;
  /** Not to be repeated: each one makes a token. */
  create(
    body: TokenBody,
    signal: AbortSignal,
  ): Promise<{ readonly id: string; readonly value: Secret; readonly issuedOn?: string }>;
  /** Replaces all that Cloudflare lets be changed. False where there is no such token. */
  update(token: Token, change: Partial<TokenBody>, signal: AbortSignal): Promise<boolean>;
  /** A new value in the token's place; the old one is dead at once. Undefined where there is no such token. */
  roll(id: string, signal: AbortSignal): Promise<Secret | undefined>;
  remove(id: string, signal: AbortSignal): Promise<void>;
}

export function tokensOf(api: Api, routes: () => TokenRoutes): Tokens {
  return {
    list: async (signal) => list(api, routes(), signal),
    get: async (id, signal) => {
      const { one, permission } = routes();
      const answer = await api.ask({ method: "GET", path: one(id), effect: "none", permission }, signal);
      return (
        answer && read(answer.result, () => notUnderstood(answer.facts, "none", "the token's id, name and status"))
      );
    },
    create: async (body, signal) => create(api, routes(), body, signal),
    update: async (token, change, signal) => {
      const { one, permission } = routes();
      const json = { id: token.id, ...bodyOf(token), ...change };
      const request = { method: "PUT", path: one(token.id), json, effect: "repeatable", permission } as const;
      return (await api.ask(request, signal)) !== undefined;
    },
    roll: async (id, signal) => {
      const { value, permission } = routes();
      const answer = await api.ask({ method: "PUT", path: value(id), json: {}, effect: "once", permission }, signal);
      if (answer === undefined) return undefined;
      if (typeof answer.result === "string" && answer.result !== "") return Secret.from(answer.result);
      throw notUnderstood(answer.facts, "once", "the new value");
    },
    remove: async (id, signal) => {
      const { one, permission } = routes();
      // The description asks for a body, though there is nothing to say.
      await api.ask({ method: "DELETE", path: one(id), json: {}, effect: "repeatable", permission }, signal);
    },
  };
}

async function list(api: Api, { all, permission }: TokenRoutes, signal: AbortSignal): Promise<readonly Token[]> {
  const found = new Map<string, Token>();
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = { page: String(page), per_page: String(PAGE), direction: "asc", include_expired: "true" };
    const answer = await api.ask({ method: "GET", path: all, query, effect: "none", permission }, signal);
    const result = answer?.result;
    if (answer === undefined || !Array.isArray(result)) {
      const facts = answer?.facts ?? { vendor: "cloudflare", operation: `GET ${all.pattern}`, status: 404 };
      throw notUnderstood(facts, "none", "a list of tokens");
    }
    for (const item of result) {
      const token = read(item, () => notUnderstood(answer.facts, "none", "a token's id, name and status"));
      found.set(token.id, token);
    }
    if (result.length < PAGE) break;
  }
  return [...found.values()];
}

async function create(api: Api, { all, permission }: TokenRoutes, body: TokenBody, signal: AbortSignal) {
  const answer = await api.ask({ method: "POST", path: all, json: body, effect: "once", permission }, signal);
  const facts = answer?.facts ?? { vendor: "cloudflare", operation: `POST ${all.pattern}`, status: 404 };
  const [id, value] = [textIn(answer?.result, "id"), textIn(answer?.result, "value")];
  if (id === undefined || value === undefined) throw notUnderstood(facts, "once", "the new token's id and value");
  const issuedOn = dateIn(answer?.result, "issued_on");
  return { id, value: Secret.from(value), ...(issuedOn === undefined ? {} : { issuedOn }) };
}

function read(item: unknown, failure: () => Error): Token {
  const [id, name, status] = [textIn(item, "id"), textIn(item, "name"), textIn(item, "status")];
  if (id === undefined || name === undefined || status === undefined) throw failure();
  const condition = field(item, "condition");
  return {
    id,
    name,
    status,
    ...dated("issuedOn", dateIn(item, "issued_on")),
    ...dated("lastUsedOn", dateIn(item, "last_used_on")),
    ...dated("notBefore", dateIn(item, "not_before")),
    ...dated("expiresOn", dateIn(item, "expires_on")),
    policies: policiesIn(field(item, "policies")),
    ...(typeof condition === "object" && condition !== null && Object.keys(condition).length > 0 ? { condition } : {}),
  };
}

function dated<Name extends string>(name: Name, date: string | undefined): Partial<Record<Name, string>> {
  return date === undefined ? {} : ({ [name]: date } as Record<Name, string>);
}

/** Only what a request may say: a policy's own id, and the names of permission groups, are Cloudflare's to give. */
function policiesIn(policies: unknown): readonly object[] {
  if (!Array.isArray(policies)) return [];
  return policies.map((policy: unknown) => {
    const groups = field(policy, "permission_groups");
    return {
      effect: field(policy, "effect"),
      resources: field(policy, "resources"),
      permission_groups: Array.isArray(groups) ? groups.map((group: unknown) => ({ id: field(group, "id") })) : [],
    };
  });
}

function bodyOf({ name, policies, condition, notBefore, expiresOn, status }: Token): TokenBody {
  return {
    name,
    policies,
    status,
    ...(condition === undefined ? {} : { condition }),
    ...(notBefore === undefined ? {} : { not_before: notBefore }),
    ...(expiresOn === undefined ? {} : { expires_on: expiresOn }),
  };
}
