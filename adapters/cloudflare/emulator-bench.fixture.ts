/** Cloudflare as a test arranges it: an emulator, and accounts of Velvet's on it. */
import { expect } from "vitest";
import type { CloudflareAccount, CloudflareIssuer } from "../../crds/kinds.gen.ts";
import type { IssuerBench } from "../conformance/issuer-bench.ts";
import { behaving } from "../conformance/wire.ts";
import type { AccountHandle, CheckEndpoint, Clock, Connection, Issuer, Sink } from "../contract.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { cloudflare } from "./cloudflare.ts";
import type { CloudflareEmulator } from "./emulator.ts";
import { openCloudflare } from "./emulator.ts";
import type { HeldServiceToken, HeldToken, Permission, TokenOwner } from "./emulator-state.ts";

export const NAME = "orders-dns";
export const ZONE = "eb78d65290b24279ba6f44721b3ea3c4";

const ALL: readonly Permission[] = ["userTokens", "accountTokens", "access", "workers"];

export interface Arranged extends AsyncDisposable {
  readonly emulator: CloudflareEmulator;
  readonly admin: HeldToken;
  readonly clock: Clock;
  /** Moves the vendor's clock and Velvet's. */
  pass(ms: number): void;
  account(more?: Partial<AccountHandle>): AccountHandle;
  connect(more?: Partial<AccountHandle>): Connection;
  issuer(block: CloudflareIssuer, more?: Partial<AccountHandle>): Issuer;
  sink(script: string, more?: Partial<AccountHandle>): Sink;
}

export interface Arrangement {
  /** Whose token Velvet itself works with. */
  readonly tokenKind?: TokenOwner;
  readonly permissions?: readonly Permission[];
  readonly config?: CloudflareAccount;
}

/** Disposing of it checks that every request and answer was as the official description says. */
export async function arrange({
  tokenKind = "user",
  permissions = ALL,
  config = {},
}: Arrangement = {}): Promise<Arranged> {
  let shift = 0;
  const now = () => Date.now() + shift;
  const emulator = await openCloudflare({ now });
  const admin = emulator.plant(tokenKind, "velvet itself", permissions);
  const clock: Clock = { now: () => new Date(now()), monotonicMs: () => performance.now() + shift };
  const connections: Connection[] = [];
  const account = (more: Partial<AccountHandle> = {}): AccountHandle => ({
    name: "cloudflare",
    generation: 1,
    endpoint: emulator.endpoint,
    config: { accountId: emulator.state.accountId, tokenKind, ...config },
    endpoints: [originEndpoint(`${emulator.origin.url}/health`), zoneEndpoint(emulator.endpoint)],
    secret: () => Secret.from(admin.value),
    headers: () => ({}),
    ...more,
  });
  const connect = (more: Partial<AccountHandle> = {}): Connection => {
    const connection = cloudflare.connect(account(more), clock);
    connections.push(connection);
    return connection;
  };
  return {
    emulator,
    admin,
    clock,
    pass: (ms) => (shift += ms),
    account,
    connect,
    issuer: (block, more) => issuerOn(connect(more), block),
    sink: (script, more) => {
      const sink = connect(more).sink?.({ script });
      if (!sink) throw new Error("no sink");
      return sink;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(connections.map(async (connection) => connection[Symbol.asyncDispose]()));
      await emulator[Symbol.asyncDispose]();
      expect(emulator.strays).toEqual([]);
    },
  };
}

function issuerOn(connection: Connection, block: CloudflareIssuer): Issuer {
  const issuer = connection.issuer?.(block);
  if (!issuer) throw new Error("no issuer");
  return issuer;
}

export function originEndpoint(url: string): CheckEndpoint {
  return {
    name: "origin",
    url,
    method: "GET",
    expectStatus: [200],
    proves: "credential",
    send: { field: "clientSecret", header: "CF-Access-Client-Secret" },
    allowPrivate: true,
    timeoutMs: 3_000,
  };
}

function zoneEndpoint(endpoint: string): CheckEndpoint {
  return {
    ...originEndpoint(`${endpoint}/zones/${ZONE}`),
    name: "zone",
    send: { field: "value", header: "Authorization", prefix: "Bearer " },
  };
}

export function tokenValue(token: HeldToken): SecretFields {
  return { value: Secret.from(token.value) };
}

export function pairOf({ clientId, secret }: HeldServiceToken): SecretFields {
  return { clientId: Secret.from(clientId), clientSecret: Secret.from(secret) };
}

export interface Adoption {
  readonly block: CloudflareIssuer;
  readonly value: SecretFields;
  readonly unknownId: string;
}

/** A bench of the conformance suite. `adopt` plants what was there before Velvet. */
export async function issuerBench(
  adopt: (arranged: Arranged) => Adoption,
  arrangement?: Arrangement,
): Promise<IssuerBench> {
  const arranged = await arrange(arrangement);
  const { block, value, unknownId } = adopt(arranged);
  const { state, api } = arranged.emulator;
  return {
    issuer: arranged.issuer(block),
    other: () => arranged.issuer(block),
    unreachable: async () => {
      const silent = await behaving((socket) => socket.resume());
      const endpoints = [{ ...originEndpoint(`${silent.url}/health`), timeoutMs: 500 }];
      const config = {
        accountId: state.accountId,
        tokenKind: arrangement?.tokenKind ?? "user",
        ...arrangement?.config,
        timeoutSeconds: 1,
      };
      return {
        ...arranged.issuer(block, { endpoint: silent.url, endpoints, config }),
        [Symbol.asyncDispose]: async () => silent[Symbol.asyncDispose](),
      };
    },
    adopted: value,
    unknownId,
    recorded: async () => JSON.stringify([state.audit, api.seen, arranged.emulator.keys().map(({ name }) => name)]),
    [Symbol.asyncDispose]: async () => arranged[Symbol.asyncDispose](),
  };
}
