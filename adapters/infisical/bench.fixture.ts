/** An Infisical with a clock that is moved by hand, and the adapter opened on it. */
import type { AccountHandle, Clock, Connection, Issuer, Sink } from "../contract.ts";
import { Secret, type SecretFields } from "../secret.ts";
import type { InfisicalEmulator, InfisicalOptions } from "./emulator.ts";
import { openInfisical } from "./emulator.ts";
import type { Identity, UniversalAuthSettings } from "./emulator-auth.ts";
import { infisical } from "./infisical.ts";

export const never: AbortSignal = new AbortController().signal;

export interface World extends AsyncDisposable {
  readonly vendor: InfisicalEmulator;
  readonly clock: Clock & { move(ms: number): void; nowMs(): number };
  /** Velvet's own identity. */
  readonly admin: Identity;
  /** Whose client secrets are rotated. */
  readonly target: Identity;
  readonly project: string;
  /** A client secret of the target that Velvet did not make. */
  readonly adopted: SecretFields;
  open(more?: Partial<AccountHandle>): Connection;
  issuer(more?: Partial<AccountHandle>): Issuer;
  sink(block?: Readonly<Record<string, unknown>>, more?: Partial<AccountHandle>): Sink;
}

const PLENTY = { read: 100_000, write: 100_000, secrets: 100_000 };

export async function newWorld(
  options: InfisicalOptions = {},
  settings: Partial<UniversalAuthSettings> = {},
): Promise<World> {
  const clock = movable();
  const vendor = await openInfisical({ now: () => clock.nowMs(), limits: PLENTY, ...options });
  const { identities, projects } = vendor;
  const admin = identities.add();
  const own = identities.addSecret(admin, clock.nowMs());
  const target = identities.add(settings);
  const first = identities.addSecret(target, clock.nowMs(), { description: "made by hand" });
  const project = projects.addProject(["prod", "dev"]);
  const opened: Connection[] = [];
  const auth: Readonly<Record<string, string>> = { clientId: admin.clientId, clientSecret: own.value };
  const open = (more: Partial<AccountHandle> = {}): Connection => {
    const account = accountOf(vendor.url, auth, more);
    const connection = infisical.connect(account, clock);
    opened.push(connection);
    return connection;
  };
  return {
    vendor,
    clock,
    admin,
    target,
    project,
    adopted: fields(target, first.value),
    open,
    issuer: (more) => got(open(more).issuer?.({ identity: target.id })),
    sink: (block = {}, more = {}) =>
      got(open(more).sink?.({ project, environment: "prod", path: "/orders/api", ...block })),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map(async (connection) => connection[Symbol.asyncDispose]()));
      await vendor[Symbol.asyncDispose]();
    },
  };
}

export function fields({ clientId }: Identity, value: string): SecretFields {
  return { clientId: Secret.from(clientId), clientSecret: Secret.from(value) };
}

function accountOf(url: string, auth: Readonly<Record<string, string>>, more: Partial<AccountHandle>): AccountHandle {
  return {
    name: "infisical",
    generation: 1,
    endpoint: url,
    config: {},
    endpoints: [],
    secret: (name) => Secret.from(auth[name] ?? ""),
    headers: () => ({}),
    ...more,
  };
}

function movable(): World["clock"] {
  let now = Date.parse("2026-11-01T00:00:00Z");
  return {
    now: () => new Date(now),
    monotonicMs: () => now,
    nowMs: () => now,
    move: (ms) => {
      now += ms;
    },
  };
}

function got<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error("the adapter lacks this role");
  return thing;
}
