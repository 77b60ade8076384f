/** How an adapter is written down: its blocks typed, its roles following from what it declares. */
import type {
  AccountHandle,
  Adapter,
  Check,
  CheckEndpoint,
  Clock,
  Connection,
  Health,
  Issuer,
  IssuerTraits,
  Sink,
  SinkTraits,
} from "./contract.ts";

/** An account whose `config` is the adapter's own block. */
export interface TypedAccount<AccountBlock> extends AccountHandle {
  readonly config: AccountBlock;
}

export interface TypedConnection<IssuerBlock, SinkBlock, RestartBlock = never> extends AsyncDisposable {
  readonly probe: (signal: AbortSignal) => Promise<Health>;
  readonly issuer?: (block: IssuerBlock) => Issuer;
  readonly sink?: (block: SinkBlock, restart?: RestartBlock) => Sink;
  readonly check?: (endpoint: CheckEndpoint) => Check;
}

interface DeclaredRole<Block, Traits> {
  /** Every field of the block that says what is touched, defaults filled in: what is left out here no account can forbid. Pure. */
  targets(block: Block): Readonly<Record<string, string>>;
  /** Pure. */
  traits(block: Block): Traits;
}

/** The type parameters are the blocks of `config.schema.yaml`, as generated in `crds/kinds.gen.ts`. */
export interface AdapterDefinition<AccountBlock, IssuerBlock, SinkBlock, RestartBlock = never> {
  /** Equals the folder's name and the registry's key. */
  readonly name: string;
  readonly endpoint: Adapter["endpoint"];
  readonly requestsPerMinute?: number;
  readonly issuer?: DeclaredRole<IssuerBlock, IssuerTraits>;
  readonly sink?: DeclaredRole<SinkBlock, SinkTraits>;
  /** What a `restart` beside a sink's block touches, entry by entry. Absent: `restart` is refused. Pure. */
  readonly restartTargets?: (block: SinkBlock, restart: RestartBlock) => readonly Readonly<Record<string, string>>[];
  /** True where `connect` gives a `check`. */
  readonly check?: boolean;
  connect(account: TypedAccount<AccountBlock>, clock: Clock): TypedConnection<IssuerBlock, SinkBlock, RestartBlock>;
}

/**
 * Turns a typed definition into the contract's `Adapter`. The casts are here and nowhere else: a block reaches an adapter only after it
 * was validated against the very schema that its type is generated from. A block that was left out is an empty one.
 */
export function defineAdapter<AccountBlock, IssuerBlock = never, SinkBlock = never, RestartBlock = never>(
  definition: AdapterDefinition<AccountBlock, IssuerBlock, SinkBlock, RestartBlock>,
): Adapter {
  const { name, endpoint, issuer, sink, restartTargets } = definition;
  const roles = (["issuer", "sink", "check"] as const).filter((role) => Boolean(definition[role]));
  return {
    name,
    roles,
    endpoint,
    ...(definition.requestsPerMinute === undefined ? {} : { requestsPerMinute: definition.requestsPerMinute }),
    targets: (role, config) => {
      if (role === "issuer" && issuer) return issuer.targets((config ?? {}) as IssuerBlock);
      if (role === "sink" && sink) return sink.targets((config ?? {}) as SinkBlock);
      throw new Error(`the adapter ${name} is no ${role}`);
    },
    ...(restartTargets
      ? {
          restartTargets: (config, restart) =>
            restartTargets((config ?? {}) as SinkBlock, (restart ?? {}) as RestartBlock),
        }
      : {}),
    ...(issuer ? { issuerTraits: (config) => issuer.traits((config ?? {}) as IssuerBlock) } : {}),
    ...(sink ? { sinkTraits: (config) => sink.traits((config ?? {}) as SinkBlock) } : {}),
    connect: (account, clock) => untyped(definition.connect(typed<AccountBlock>(account), clock)),
  };
}

function typed<AccountBlock>(account: AccountHandle): TypedAccount<AccountBlock> {
  return {
    name: account.name,
    generation: account.generation,
    ...(account.endpoint === undefined ? {} : { endpoint: account.endpoint }),
    config: (account.config ?? {}) as AccountBlock,
    endpoints: account.endpoints,
    secret: (name) => account.secret(name),
    headers: () => account.headers(),
    ...(account.budget === undefined ? {} : { budget: account.budget }),
  };
}

function untyped<IssuerBlock, SinkBlock, RestartBlock>(
  connection: TypedConnection<IssuerBlock, SinkBlock, RestartBlock>,
): Connection {
  const { issuer, sink, check } = connection;
  return {
    probe: async (signal) => connection.probe(signal),
    ...(issuer ? { issuer: (config) => issuer((config ?? {}) as IssuerBlock) } : {}),
    ...(sink
      ? { sink: (config, restart) => sink((config ?? {}) as SinkBlock, restart as RestartBlock | undefined) }
      : {}),
    ...(check ? { check } : {}),
    [Symbol.asyncDispose]: async () => connection[Symbol.asyncDispose](),
  };
}
