/** What a Cloudflare account holds, as the emulator keeps it. Times are milliseconds since 1970. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Call, Reply } from "../emulator/emulator.ts";

export type TokenOwner = "user" | "account";

/** Permission groups of the emulator, by what they allow. */
export const GROUPS = {
  userTokens: "686d18d5ac6c441c867cbf6771e58a0a",
  accountTokens: "5bc3f8b21c554832afc660159ab75fa4",
  access: "a1c0fec57cf94af79479a6d827fa518c",
  workers: "e086da7e2179491d91ee5f35b3ca210a",
  zoneRead: "c8fed203ed3043cba015a93ad1616f1f",
} as const;

export type Permission = keyof typeof GROUPS;

export interface HeldPolicy {
  readonly id: string;
  readonly effect: string;
  readonly resources: object;
  readonly permission_groups: readonly { readonly id: string; readonly name: string }[];
}

export interface HeldToken {
  readonly id: string;
  readonly owner: TokenOwner;
  name: string;
  status: "active" | "disabled";
  value: string;
  /** A new value is refused before. */
  knownFrom: number;
  policies: readonly HeldPolicy[];
  condition: unknown;
  readonly issuedOn: number;
  modifiedOn: number;
  lastUsedOn?: number;
  notBefore?: number;
  expiresOn?: number;
}

export interface HeldServiceToken {
  readonly id: string;
  readonly clientId: string;
  name: string;
  enabled: boolean;
  version: number;
  secret: string;
  knownFrom: number;
  previous?: { readonly secret: string; until: number };
  readonly createdAt: number;
  updatedAt: number;
  expiresAt: number;
}

export interface WorkerVersion {
  readonly id: string;
  readonly number: number;
  readonly secrets: ReadonlyMap<string, string>;
}

export interface HeldWorker {
  readonly versions: WorkerVersion[];
  /** The newest is the last. */
  readonly deployments: {
    readonly id: string;
    readonly at: number;
    readonly by: string;
    readonly shares: readonly { readonly version: string; readonly percentage: number }[];
  }[];
}

export interface State {
  readonly accountId: string;
  readonly tokens: Map<string, HeldToken>;
  readonly serviceTokens: Map<string, HeldServiceToken>;
  readonly workers: Map<string, HeldWorker>;
  /** What Cloudflare's audit log would show. */
  readonly audit: string[];
  quota: Readonly<Record<TokenOwner, number>>;
  propagationMs: number;
  /** How many requests a token may make in five minutes. */
  rate: number;
  /** What Access does with whom it does not let in. */
  refusal: "login" | "forbidden" | "unauthorized" | "firewall" | "elsewhere" | "down";
  readonly blocked: Map<string, { until: number; begun: number; used: number }>;
}

export function newState(): State {
  return {
    accountId: randomBytes(16).toString("hex"),
    tokens: new Map(),
    serviceTokens: new Map(),
    workers: new Map(),
    audit: [],
    quota: { user: 50, account: 500 },
    propagationMs: 0,
    rate: 1_200,
    refusal: "login",
    blocked: new Map(),
  };
}

export function hexId(): string {
  return randomBytes(16).toString("hex");
}

/** Values of the form that Cloudflare gives since it prefixes them. */
export function newTokenValue(owner: TokenOwner): string {
  return `${owner === "user" ? "cfut" : "cfat"}_${randomBytes(24).toString("base64url")}${randomBytes(4).toString("hex")}`;
}

export function newClientSecret(): string {
  return `cfast_${randomBytes(20).toString("hex")}${randomBytes(4).toString("hex")}`;
}

export function addToken(state: State, now: number, given: Partial<HeldToken> & Pick<HeldToken, "owner" | "name">) {
  const token: HeldToken = {
    id: hexId(),
    status: "active",
    value: newTokenValue(given.owner),
    knownFrom: now + state.propagationMs,
    policies: [],
    condition: {},
    issuedOn: now,
    modifiedOn: now,
    ...given,
  };
  state.tokens.set(token.id, token);
  return token;
}

export function addServiceToken(state: State, now: number, name: string): HeldServiceToken {
  const token: HeldServiceToken = {
    id: randomUUID(),
    clientId: `${hexId()}.access`,
    name,
    enabled: true,
    version: 1,
    secret: newClientSecret(),
    knownFrom: 0,
    createdAt: now,
    updatedAt: now,
    expiresAt: now + 8_760 * 3_600_000,
  };
  state.serviceTokens.set(token.id, token);
  return token;
}

export function policyOf(permissions: readonly Permission[], resources: object): HeldPolicy {
  const permission_groups = permissions.map((name) => ({ id: GROUPS[name], name }));
  return { id: hexId(), effect: "allow", resources, permission_groups };
}

export function statusOf(token: HeldToken, now: number): "active" | "disabled" | "expired" {
  return token.expiresOn !== undefined && token.expiresOn <= now ? "expired" : token.status;
}

/** Whether this very moment's request with this value is let in. */
export function isLive(token: HeldToken, now: number): boolean {
  return statusOf(token, now) === "active" && token.knownFrom <= now && (token.notBefore ?? 0) <= now;
}

export function ok(result: unknown, info?: object): Reply {
  const envelope = { success: true, errors: [], messages: [], result };
  return { status: 200, body: info === undefined ? envelope : { ...envelope, result_info: info } };
}

export function no(status: number, code: number, message: string, chain?: object): Reply {
  const error = { code, message, ...(chain === undefined ? {} : { error_chain: [chain] }) };
  return { status, body: { success: false, errors: [error], messages: [], result: null } };
}

/** Cloudflare's dates have no more than seconds where nobody gave more. */
export function date(at: number): string {
  return new Date(at).toISOString().replace(/\.000Z$/, "Z");
}

export function valueIn(call: Call): string | undefined {
  return /^Bearer ([\w-]{40,80})$/.exec(call.headers.authorization ?? "")?.[1];
}

export function property(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? (of as Record<string, unknown>)[name] : undefined;
}

/** Undefined where there is no date of this name. */
export function moment(of: unknown, name: string): number | undefined {
  const found = property(of, name);
  const at = typeof found === "string" ? Date.parse(found) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
