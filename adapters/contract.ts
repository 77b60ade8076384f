/**
 * What an adapter promises. Types only.
 *
 * An adapter knows a vendor and nothing of the controller. Every method may be called again after a crash, so each is idempotent
 * or says in its doc comment how it is not. Every method stops when its `signal` aborts. Methods throw only the errors of
 * `errors.ts`; any other error is a bug of the adapter and is treated as `OutcomeUnknown`.
 */
import type { ErrorFacts } from "./errors.ts";
import type { Secret, SecretFields } from "./secret.ts";

/** How an issuer brings a new value into the world, which decides how an ambiguous mint is resolved. */
export type MintClass =
  | "client-supplied" // we choose the value: seal first, then apply; replay the same value
  | "re-readable" // the vendor shows the value again: find by marker, read, seal
  | "markable" // listable by our marker, value shown once: list, revoke ours, tombstone, mint again
  | "unmarked" // listable without a marker, capped: inventory difference against the intent
  | "native-grace" // the vendor keeps the old value alive until a date given at mint
  | "roll-in-place" // minting kills the old one: only with Replace and acceptsDowntime
  | "vendor-distributed" // the vendor writes its own consumers
  | "manual"; // no API: a person supplies the value, sealed

/** What a probe of a credential can say. A guess is never an answer: 429, 5xx and time-outs are `inconclusive`. */
export type Liveness = "alive" | "restricted" | "dead" | "locked" | "needs-human" | "inconclusive";

export interface Verdict {
  readonly liveness: Liveness;
  /** CamelCase, why: `LoginAccepted`, `PasswordRejected`, `RateLimited`. */
  readonly reason: string;
  /** One sentence for a person. No values. */
  readonly message: string;
  /** Do not probe again sooner than this. */
  readonly retryAfterMs?: number;
}

/** The vendor's exact name for one credential, never for a slot that is used again (Postgres: role and generation). At most 200 characters. */
export type KeyId = string;

/**
 * `velvet/<install>/<credential uid>/<attempt id>`. An adapter whose vendor's field is short cuts it from the left and never into the
 * attempt's id: what `list` shows again is an end of the whole marker that holds the attempt's id.
 */
export type Marker = string;

/** One credential as the vendor lists it. Never a value. */
export interface IssuedKey {
  readonly id: KeyId;
  /** Our marker as found at the vendor, whole or shortened. */
  readonly marker?: Marker;
  readonly enabled: boolean;
  readonly createdAt?: string;
  readonly lastUsedAt?: string;
  /** When the vendor ends it by itself, where it has a date (an old value in its grace). */
  readonly expiresAt?: string;
}

export interface IssuerTraits {
  readonly mintClass: MintClass;
  /** Names of the fields of a value, in the order of importance. */
  readonly fields: readonly string[];
  /** Fields that are not secret by themselves and may be shown in a plan: `user`, `host`. */
  readonly publicFields: readonly string[];
  /** True when fields of two values must never be mixed (a key id with another key's secret). */
  readonly breaksWhenMixed: boolean;
  /** `vendor`: `verify` asks the vendor. `acceptors`: nobody but the consumers can tell, and `verify` says `alive` by construction. */
  readonly authority: "vendor" | "acceptors";
  /** False where a wrong value can lock the right one out: then no negative control is made. */
  readonly negativeControl: boolean;
  /** How long a new credential may still be refused after its mint, and how often to look. */
  readonly propagation: { readonly windowMs: number; readonly everyMs: number };
  /** `quarantine`: revoke disables first and can be restored until destroyed. `immediate`: gone at once. `manual`: a person does it. */
  readonly revocation: "quarantine" | "immediate" | "manual";
  /** `value`: the vendor ends a credential only for whoever shows it. Default `id`. */
  readonly revokeNeeds?: "id" | "value";
  /** True where `detect` sees what a person did at the vendor. */
  readonly detects?: boolean;
  /** For `manual`: the vendor ends the old credential as a person makes the new one. Only with Replace and acceptsDowntime. */
  readonly mintEndsOld?: boolean;
  /** How many credentials the vendor allows at once, where it is a hard limit. */
  readonly maxLive?: number;
  /** True where one that is disabled counts against `maxLive` like one that is not. */
  readonly countsDisabled?: boolean;
  /**
   * For `native-grace`: which old values live on when it is minted. `last`: only the one before, so that a second mint kills the one
   * that consumers hold. `all`: every one until its own date.
   */
  readonly graceKeeps?: "last" | "all";
  /**
   * Where the vendor ends every credential by itself, at most so long after its mint, whatever becomes of it. Only then may `list` leave
   * out what nobody can list: what is not found is not there for longer than this. A revoke whose value is lost is asked for all the
   * same, and is `Transient` until the end.
   */
  readonly endsByItselfMs?: number;
}

/** What an issuer needs to choose a value and a place for it. */
export interface ProposeOrder {
  readonly inventory: readonly IssuedKey[];
  /** The id of the credential in use, where known. */
  readonly currentId?: KeyId;
  /** The value in use, complete as far as it is known. */
  readonly current?: SecretFields;
  /** Uniformly random bytes. */
  readonly random: (bytes: number) => Buffer;
}

export interface MintOrder {
  readonly marker: Marker;
  /** The sealed proposal, for `client-supplied`. */
  readonly proposed?: SecretFields;
  /** What `list` answered when the intent was written: a slot that changed since then is not touched (`SlotChanged`). */
  readonly inventory: readonly IssuedKey[];
  /** The id of the credential in use, where known: what is rolled, or what the new one's rights are cloned from. */
  readonly currentId?: KeyId;
  /** For `native-grace`: until when the vendor shall keep the old value alive. RFC 3339. */
  readonly graceUntil?: string;
}

export interface Minted {
  readonly id: KeyId;
  readonly value: SecretFields;
  readonly issuedAt?: string;
  readonly expiresAt?: string;
}

/** Something that outlives a revoke, to be shown to a person. */
export interface Residual {
  /** CamelCase: `OpenSession`, `ReleaseHistory`. */
  readonly kind: string;
  readonly message: string;
  readonly remedy?: string;
}

export interface Usage {
  /** Uses that go on now, where the vendor can count them (sessions). */
  readonly active?: number;
  /** RFC 3339, in the vendor's clock. */
  readonly lastUsedAt?: string;
}

/** What a person does at the vendor's own pages, where no API does it. */
export interface Instructions {
  /** Plain text, at most 2,000 characters. No values. */
  readonly text: string;
  /** Where: https, at most 500 characters. */
  readonly link?: string;
  /** How long it usually takes. Whoever has not done it by then is reminded. */
  readonly expectedMs: number;
}

/** What a person did at the vendor, held against what `list` said before. Never a value. */
export interface Detection {
  /** Ids that were not there before. */
  readonly appeared: readonly KeyId[];
  /** Ids that were there before, and are not any more. */
  readonly gone: readonly KeyId[];
}

/** What a vendor that issues credentials promises, for one Credential's configuration. */
export interface Issuer {
  readonly traits: IssuerTraits;
  /** Read-only; never a secret value. Every credential that could be attributed to this configuration, disabled ones included. */
  list(signal: AbortSignal): Promise<readonly IssuedKey[]>;
  /** Asks the vendor, on a fresh connection. May be given fewer fields than the issuer declares, as far as `complete` can fill them. */
  verify(value: SecretFields, signal: AbortSignal): Promise<Verdict>;
  /** A value that is certainly wrong and like the given one in form, for the negative control. Pure. */
  mutate(value: SecretFields): SecretFields;
  /** Whose value is this? How credentials that existed before Velvet are adopted. */
  identify(value: SecretFields, signal: AbortSignal): Promise<KeyId | undefined>;
  /** Fills in the fields that follow from the others (a URL holds user and password). Pure; unknown stays out. */
  complete(value: SecretFields): SecretFields;
  /** The next value, for `client-supplied`. Pure but for `random`. Throws `Terminal` where no place is free. */
  propose?(order: ProposeOrder): SecretFields;
  /**
   * Mints once, with every retry of the client's own switched off. Returns only when the vendor has said yes. `Transient` and
   * `Terminal` mean: certainly not minted. Anything else is `OutcomeUnknown`. For `client-supplied`, the same order again has the same
   * outcome. Never asked of a `manual` issuer.
   */
  mint(order: MintOrder, signal: AbortSignal): Promise<Minted>;
  /** What a person is told to do, where `traits` says that one mints or revokes: each on its own. */
  readonly instructions?: { readonly mint?: Instructions; readonly revoke?: Instructions };
  /**
   * Needed where `traits.detects`. What changed at the vendor since `before` was listed. Read-only, and asked again and again while a
   * person is waited for. A value that appeared is read with `read`, where there is one; else the person hands it in.
   */
  detect?(before: readonly IssuedKey[], signal: AbortSignal): Promise<Detection>;
  /** The value of this id, shown again. Needed for `re-readable` and `vendor-distributed`. Read-only. */
  read?(id: KeyId, signal: AbortSignal): Promise<SecretFields>;
  /** Moves the date on which the vendor ends this old value. Needed for `native-grace`. Already gone is `Terminal` `AlreadyGone`. */
  moveGrace?(id: KeyId, until: string, signal: AbortSignal): Promise<void>;
  /**
   * Ends exactly this id: disables it where `traits.revocation` is `quarantine`. Already gone is success. Returns what outlives it.
   * `value`: this id's own, given where `traits.revokeNeeds` asks for it, else never; lost only where `traits.endsByItselfMs` is set.
   */
  revoke(id: KeyId, signal: AbortSignal, value?: SecretFields): Promise<readonly Residual[]>;
  /** Removes a quarantined id for good. Already gone is success. */
  destroy(id: KeyId, signal: AbortSignal): Promise<readonly Residual[]>;
  /** Brings a quarantined id back to life with its old value, where the vendor can. */
  restore?(id: KeyId, signal: AbortSignal): Promise<void>;
  /** Who still uses it, where the vendor can tell. */
  usage?(id: KeyId, signal: AbortSignal): Promise<Usage>;
}

export interface SinkTraits {
  /** What can be seen of what is there. */
  readonly grade: "value" | "version" | "presence" | "none";
  /** True when all keys of one consumer change at once. */
  readonly atomic: boolean;
  /** True when a write can be made to depend on the version that was observed. */
  readonly conditional: boolean;
  /**
   * True when more keys can stand beside those that are in use, and nothing takes notice of them: no release, no restart, no new version
   * of the others. Only there can a rehearsal write keys beside live ones, custody's among them.
   */
  readonly freeKeys?: boolean;
}

export interface ObservedKey {
  readonly present: boolean;
  /** Only where the grade is `value`. */
  readonly value?: Secret;
}

/** What is read in place of a key, by whoever reads the place. */
export interface Shadow {
  /** For people: `the secret of the environment production`. */
  readonly by: string;
  /** As `targets` tells of a sink that writes there, where one can: another copy of the same Credential hides nothing. */
  readonly targets?: Readonly<Record<string, string>>;
}

export interface Observed {
  readonly keys: Readonly<Record<string, ObservedKey>>;
  /** The sink's version of the target as a whole (ETag, resourceVersion, content hash keyed by nothing secret). */
  readonly version?: string;
  /** RFC 3339, where the sink tells. */
  readonly changedAt?: string;
  /** Who changed it, where the sink tells. */
  readonly changedBy?: string;
}

export interface WriteOrder {
  /** Key name to value; `null` removes a key of ours. Keys that are not named are never touched. */
  readonly keys: Readonly<Record<string, Secret | null>>;
  /** Write only if the target still has this version; otherwise `Transient` with reason `VersionConflict`. Ignored by sinks without `conditional`. */
  readonly ifVersion?: string;
}

export interface Written {
  readonly version?: string;
  /** False where the target already held exactly this, and nothing was written. */
  readonly changed: boolean;
}

export type Settled =
  | { readonly state: "settled" }
  | { readonly state: "pending"; readonly message: string; readonly retryAfterMs: number }
  | { readonly state: "failed"; readonly reason: string; readonly message: string };

/** A place that holds a copy. */
export interface Sink {
  readonly traits: SinkTraits;
  /** Read-only. A missing target is an empty observation, or `Terminal` `TargetGone` where the sink cannot create it. */
  observe(keys: readonly string[], signal: AbortSignal): Promise<Observed>;
  /** Idempotent: the same order again is a success. Writes only the keys of the order. */
  write(order: WriteOrder, signal: AbortSignal): Promise<Written>;
  /** Has the write taken effect at the target? Read-only, to be asked again while `pending`. */
  settle(written: Written, signal: AbortSignal): Promise<Settled>;
  /**
   * Which of these keys are hidden, by key. Read-only, asked between rotations. With the rights that the sink has anyway: what may not be
   * seen is left out, and a request that it costs is counted like any other.
   */
  shadows?(keys: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, Shadow>>>;
  /** What keeps the old value readable after it was overwritten (release history, old versions). */
  residual?(signal: AbortSignal): Promise<readonly Residual[]>;
}

/** What a pass of a check proves: that the consumer works with this credential, or only that it is up. */
export type Proof = "credential" | "liveness";

export interface CheckResult {
  /** `unauthorized` is a 401 or 403 from the consumer itself. `inconclusive` counts as neither pass nor lock-out. */
  readonly outcome: "pass" | "fail" | "unauthorized" | "inconclusive";
  readonly reason: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** A question to a consumer: do you work? */
export interface Check {
  readonly proves: Proof;
  /** On a fresh connection. `value` is sent only where the account's endpoint says which field goes into which header. */
  run(value: SecretFields, signal: AbortSignal): Promise<CheckResult>;
}

/** An account's share of what its vendor allows: one for all replicas. */
export interface Budget {
  /**
   * Before each request; what it returns is disposed of after the answer. Throws `Transient` where too many are under way, or the next
   * one would not be let through soon: certainly not sent.
   */
  enter(facts: ErrorFacts, signal: AbortSignal): Promise<Disposable>;
  /** The vendor said to send nothing for so long: nobody does. */
  block(ms: number): void;
}

/** What the platform team configured, with the secrets resolved by name. */
export interface AccountHandle {
  readonly name: string;
  readonly generation: number;
  /** Base URL; only ever from the VendorAccount. */
  readonly endpoint?: string;
  /** The adapter's own block, already validated against `config.schema.yaml`. */
  readonly config: unknown;
  /** `spec.endpoints[]`, for checks. */
  readonly endpoints: readonly CheckEndpoint[];
  /** Resolves `spec.auth[].name`. Throws `Terminal` `AccountSecretMissing`. */
  secret(name: string): Secret;
  /** Resolved `spec.headers[]`. */
  headers(): Readonly<Record<string, Secret>>;
  /** Absent where nobody counts. For `openHttp`. */
  readonly budget?: Budget;
}

export interface CheckEndpoint {
  readonly name: string;
  readonly url: string;
  readonly method: "GET" | "HEAD" | "POST";
  readonly expectStatus: readonly number[];
  readonly proves: Proof;
  readonly send?: { readonly field: string; readonly header: string; readonly prefix?: string };
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
}

export interface Clock {
  /** Wall clock, for people and for the vendor's dates. Nothing that safety rests on. */
  now(): Date;
  /** Monotonic milliseconds, for deadlines. */
  monotonicMs(): number;
}

export interface Health {
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
  /** Remaining quota, where the vendor tells. */
  readonly remaining?: number;
}

/** An open account: cheap to make, connects when first used, closed when the account's generation changes or Velvet stops. */
export interface Connection extends AsyncDisposable {
  /** A read-only probe with the admin credential. */
  probe(signal: AbortSignal): Promise<Health>;
  /** Absent where the adapter has no such role. `config` is the adapter's own block, already validated. */
  issuer?(config: unknown): Issuer;
  /** `restart`: how the consumer is made to take up what was written; only where the adapter has `restartTargets`, and validated as well. */
  sink?(config: unknown, restart?: unknown): Sink;
  check?(endpoint: CheckEndpoint): Check;
}

/** One folder, one registry line. */
export interface Adapter {
  /** Equals the folder's name and the registry's key. */
  readonly name: string;
  readonly roles: readonly ("issuer" | "sink" | "check")[];
  /** Whether an account of this adapter needs `endpoint`, and what it looks like, for messages. */
  readonly endpoint: "required" | "optional" | "none";
  /** What the vendor allows one account in a minute, where its account does not say otherwise. Default: as its answers say. */
  readonly requestsPerMinute?: number;
  /**
   * The fields of an issuer or sink block that say *what* is touched, as flat text, for the account's `allow[].targets` globs:
   * `{ role: "orders" }`, `{ path: "orders/.env" }`. Pure.
   */
  targets(role: "issuer" | "sink", config: unknown): Readonly<Record<string, string>>;
  /**
   * What a consumer's `restart` touches, one entry for each thing: the account's `allow[]` must let every one of them. Absent: the adapter
   * restarts nothing, and a `restart` is refused. A `write` then makes sure that the restart was asked for, and `settle` waits for its end.
   */
  restartTargets?(config: unknown, restart: unknown): readonly Readonly<Record<string, string>>[];
  /** Declared without an account, for planning and validation. Pure. */
  issuerTraits?(config: unknown): IssuerTraits;
  sinkTraits?(config: unknown): SinkTraits;
  connect(account: AccountHandle, clock: Clock): Connection;
}
