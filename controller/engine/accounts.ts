/** Open accounts: one connection per account and generation, shared by all rotations, closed when unused for a while. */
import type {
  AccountHandle,
  Adapter,
  Budget,
  Check,
  CheckEndpoint,
  Clock,
  Connection,
  Health,
  Issuer,
  IssuerTraits,
  Sink,
  SinkTraits,
} from "../../adapters/contract.ts";
import { Terminal } from "../../adapters/errors.ts";
import type { Secret } from "../../adapters/secret.ts";
import type { AccountEndpoint, SecretSource, VendorAccountSpec } from "../../crds/kinds.gen.ts";
import { isAllowed } from "../domain/allow.ts";
import { CUSTODY } from "../domain/consumers.ts";
import { durationMs } from "../domain/duration.ts";
import type { Snapshot } from "../domain/world.ts";
import type { BudgetLimits } from "./budget.ts";

/** Resolves one `auth[]` or `headers[]` source. Undefined where it is not there. */
export type SecretLookup = (source: SecretSource) => Secret | undefined;

/** What an account may send, counted for all replicas. */
export type BudgetMaker = (account: string, limits: BudgetLimits) => Budget;

const IDLE_MS = 600_000;
const DEFAULT_CONCURRENCY = 8;

interface Open {
  readonly adapter: Adapter;
  readonly connection: Connection;
  usedAt: number;
}

interface Block {
  readonly account: string;
  readonly [adapter: string]: unknown;
}

export class Accounts {
  readonly #registry: Readonly<Record<string, Adapter>>;
  readonly #lookup: SecretLookup;
  readonly #clock: Clock;
  readonly #budgets: BudgetMaker | undefined;
  readonly #open = new Map<string, Open>();

  constructor(registry: Readonly<Record<string, Adapter>>, lookup: SecretLookup, clock: Clock, budgets?: BudgetMaker) {
    this.#registry = registry;
    this.#lookup = lookup;
    this.#clock = clock;
    this.#budgets = budgets;
  }

  get registry(): Readonly<Record<string, Adapter>> {
    return this.#registry;
  }

  /** As the adapter declares them: nothing is opened. */
  issuerTraits(snapshot: Snapshot): IssuerTraits {
    const block = snapshot.credential.spec.issuer;
    const adapter = this.#adapter(snapshot, block.account);
    const traits = adapter.issuerTraits?.(block[adapter.name] ?? {});
    if (!traits) throw lacks(adapter.name, "issuer");
    return traits;
  }

  sinkTraits(snapshot: Snapshot, id: string): SinkTraits {
    const block = placeOf(snapshot, id);
    const adapter = this.#adapter(snapshot, block.account);
    const traits = adapter.sinkTraits?.(block[adapter.name] ?? {});
    if (!traits) throw lacks(adapter.name, "sink");
    return traits;
  }

  /** As the adapter tells of a consumer's place, for `allow[]`: nothing is opened. */
  sinkTargets(snapshot: Snapshot, id: string): Readonly<Record<string, string>> {
    const block = placeOf(snapshot, id);
    const adapter = this.#adapter(snapshot, block.account);
    return adapter.targets("sink", block[adapter.name] ?? {});
  }

  /** Throws `Terminal` where the account cannot be opened: its secret is not there, its endpoint is no address. */
  issuer(snapshot: Snapshot): Issuer {
    const { adapter, connection, config } = this.#role(snapshot, "issuer", snapshot.credential.spec.issuer);
    if (!connection.issuer) throw lacks(adapter.name, "issuer");
    return connection.issuer(config);
  }

  /** The sink of a consumer, or of custody. Throws as `issuer` does. */
  sink(snapshot: Snapshot, id: string): Sink {
    const place = placeOf(snapshot, id);
    const { adapter, connection, config } = this.#role(snapshot, "sink", place);
    if (!connection.sink) throw lacks(adapter.name, "sink");
    const restart = id === CUSTODY ? undefined : place["restart"];
    if (restart === undefined) return connection.sink(config);
    if (!adapter.restartTargets) throw lacks(adapter.name, "restart");
    for (const targets of adapter.restartTargets(config, restart)) {
      refuseStrangers(snapshot, accountOf(snapshot, place.account), targets);
    }
    return connection.sink(config, restart);
  }

  check(snapshot: Snapshot, account: string, endpoint: string): Check {
    const { adapter, connection } = this.#connect(accountOf(snapshot, account));
    const found = snapshot.accounts[account]?.spec.endpoints?.find((each) => each.name === endpoint);
    if (!connection.check || !found) throw lacks(adapter.name, `check ${endpoint}`);
    refuseStrangers(snapshot, accountOf(snapshot, account), { endpoint });
    return connection.check(checkEndpoint(found));
  }

  /** Asks the vendor, reading only, whether this account works. Throws as `issuer` does. */
  async probe(account: AccountOf, signal: AbortSignal): Promise<Health> {
    return this.#connect(account).connection.probe(signal);
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(open.map(async ({ connection }) => connection[Symbol.asyncDispose]()));
  }

  #role(
    snapshot: Snapshot,
    role: "issuer" | "sink",
    block: Block,
  ): { adapter: Adapter; connection: Connection; config: unknown } {
    const account = accountOf(snapshot, block.account);
    const { adapter, connection } = this.#connect(account);
    const config = block[adapter.name] ?? {};
    refuseStrangers(snapshot, account, adapter.roles.includes(role) ? adapter.targets(role, config) : {});
    return { adapter, connection, config };
  }

  #connect(account: AccountOf): Open {
    const { name, generation, spec } = account;
    const adapter = this.#adapterOf(spec.adapter);
    const now = this.#clock.monotonicMs();
    const key = `${name}@${generation}`;
    const found = this.#open.get(key);
    if (found) {
      found.usedAt = now;
      return found;
    }
    this.#closeIdle(now);
    const opened = { adapter, connection: adapter.connect(this.#handle(account, adapter), this.#clock), usedAt: now };
    this.#open.set(key, opened);
    return opened;
  }

  #adapter(snapshot: Snapshot, account: string): Adapter {
    return this.#adapterOf(accountOf(snapshot, account).spec.adapter);
  }

  #adapterOf(name: string): Adapter {
    const adapter = Object.hasOwn(this.#registry, name) ? this.#registry[name] : undefined;
    if (adapter) return adapter;
    throw new Terminal(
      { reason: "AdapterUnknown", message: `This version has no adapter ${name}.` },
      { vendor: "velvet", operation: "open" },
    );
  }

  /** An older generation stays open for the rotations that run on it. */
  #closeIdle(now: number): void {
    for (const [key, open] of this.#open) {
      if (now - open.usedAt < IDLE_MS) continue;
      this.#open.delete(key);
      void Promise.allSettled([open.connection[Symbol.asyncDispose]()]);
    }
  }

  #handle({ name, generation, spec }: AccountOf, adapter: Adapter): AccountHandle {
    const budget = this.#budgets?.(name, limitsOf(spec, adapter));
    const resolve = (source: SecretSource): Secret => {
      const secret = this.#lookup(source);
      if (secret) return secret;
      throw new Terminal(
        {
          reason: "AccountSecretMissing",
          message: `The secret ${source.name} of account ${name} is not there: ${describe(source)}.`,
          remedy: "Set it for the controller and try again.",
        },
        { vendor: spec.adapter, operation: "read the account's secret" },
      );
    };
    return {
      name,
      generation,
      ...(spec.endpoint === undefined ? {} : { endpoint: spec.endpoint }),
      config: spec[spec.adapter] ?? {},
      endpoints: (spec.endpoints ?? []).map(checkEndpoint),
      secret: (wanted) => resolve(spec.auth?.find((source) => source.name === wanted) ?? { name: wanted }),
      headers: () => Object.fromEntries((spec.headers ?? []).map((source) => [source.name, resolve(source)])),
      ...(budget === undefined ? {} : { budget }),
    };
  }
}

function limitsOf({ limits = {} }: VendorAccountSpec, adapter: Adapter): BudgetLimits {
  return {
    concurrency: limits.concurrency ?? DEFAULT_CONCURRENCY,
    perMinute: limits.requestsPerMinute ?? adapter.requestsPerMinute ?? null,
  };
}

/** A VendorAccount in one generation. */
export interface AccountOf {
  readonly name: string;
  readonly generation: number;
  readonly spec: VendorAccountSpec;
}

/** Once more where it is used: what admission let in and what is called here are read from the same snapshot. */
function refuseStrangers(
  { credential: { namespace, name } }: Snapshot,
  { name: account, spec }: AccountOf,
  targets: Readonly<Record<string, string>>,
): void {
  if (isAllowed(spec, { namespace, credential: name }, targets)) return;
  throw new Terminal(
    {
      reason: "NotAllowed",
      message: `The account ${account} does not allow ${namespace}/${name} this use of it.`,
      remedy: "The platform team decides that in its allow[].",
    },
    { vendor: spec.adapter, operation: "open" },
  );
}

function accountOf(snapshot: Snapshot, name: string): AccountOf {
  const account = snapshot.accounts[name];
  if (!account) throw new Error(`the snapshot has no account ${name}`);
  return { name, generation: account.generation, spec: account.spec };
}

function placeOf(snapshot: Snapshot, id: string): Block {
  const { custody, consumers } = snapshot.credential.spec;
  const block = id === CUSTODY ? custody : consumers.find((consumer) => consumer.id === id);
  if (!block) throw new Error(`the snapshot has no consumer ${id}`);
  return { ...block };
}

function describe(source: SecretSource): string {
  if (source.env !== undefined) return `the environment has no ${source.env}`;
  if (source.file !== undefined) return `the accounts directory has no ${source.file}`;
  if (source.secretRef !== undefined) {
    return `the controller's namespace has no Secret ${source.secretRef.name} with the key ${source.secretRef.key}, or it may not be read`;
  }
  return "auth[] has no such name";
}

function lacks(adapter: string, role: string): Terminal {
  return new Terminal(
    { reason: "RoleUnsupported", message: `The adapter ${adapter} has no ${role}.` },
    { vendor: adapter, operation: "open" },
  );
}

function checkEndpoint(endpoint: AccountEndpoint): CheckEndpoint {
  return {
    name: endpoint.name,
    url: endpoint.url,
    method: endpoint.method ?? "GET",
    expectStatus: endpoint.expectStatus ?? [200],
    proves: endpoint.proves,
    ...(endpoint.send === undefined ? {} : { send: endpoint.send }),
    allowPrivate: endpoint.allowPrivate ?? false,
    timeoutMs: durationMs(endpoint.timeout ?? "10s"),
  };
}
