/**
 * A vendor in memory, for the engine's tests and its bench: an issuer that takes the value from us, sinks that can be read, and
 * a check. It keeps the whole truth (`live`, `stored`) and a history of every call, so that a test can judge what happened.
 */
import type {
  Adapter,
  CheckResult,
  Connection,
  Health,
  Issuer,
  IssuedKey,
  IssuerTraits,
  MintOrder,
  Observed,
  ObservedKey,
  Shadow,
  Sink,
  SinkTraits,
  Verdict,
} from "../../adapters/contract.ts";
import { Transient } from "../../adapters/errors.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import { Secret } from "../../adapters/secret.ts";

export interface VendorKey {
  value: string;
  marker: string | undefined;
  enabled: boolean;
  /** Which credential of the vendor's it is one of: an issuer lists only its own. */
  family?: string;
}

export interface Call {
  readonly label: string;
  readonly target: string;
}

/** Thrown, awaited or ignored before or after a call takes effect. */
export type Fault = (call: Call, point: "before" | "after") => Promise<void> | void;

/** Keys by id that can also be found by their value, however many there are. */
class Keys extends Map<string, VendorKey> {
  readonly #byValue = new Map<string, string>();
  readonly #byFamily = new Map<string, Set<string>>();

  override set(id: string, key: VendorKey): this {
    // The constructor of Map does not call it here: keys are only ever added one by one.
    this.#byValue.set(key.value, id);
    const family = key.family ?? "";
    this.#byFamily.set(family, (this.#byFamily.get(family) ?? new Set()).add(id));
    return super.set(id, key);
  }

  of(family: string): [string, VendorKey][] {
    return [...(this.#byFamily.get(family) ?? [])].flatMap((id) => {
      const key = this.get(id);
      return key ? [[id, key] as [string, VendorKey]] : [];
    });
  }

  idOf(value: string): string | undefined {
    const id = this.#byValue.get(value);
    return id !== undefined && this.get(id)?.value === value ? id : undefined;
  }
}

export class FakeVendor {
  readonly keys = new Keys();
  /** By sink target: key name to value. */
  readonly stored = new Map<string, Map<string, string>>();
  readonly history: Call[] = [];
  fault: Fault = () => undefined;
  /** Called when a sink is opened; may throw, as an account without its secret does. */
  onOpen: (target: string) => void = () => undefined;
  /** Milliseconds of every call. */
  latencyMs = 0;
  /** Uses of the old credential that go on. */
  active = 0;
  maxLive: number | undefined;
  /** Disabled ones count against `maxLive`. */
  countsDisabled = false;
  /** What a probe of the account answers; it may throw. */
  health: () => Health = () => ({ ready: true, reason: "Ready", message: "" });
  sinkTraits: SinkTraits = { grade: "value", atomic: true, conditional: false };
  /** Of single targets, where they differ from the others. */
  readonly traitsOf = new Map<string, SinkTraits>();
  versions = 0;
  /** What every check answers; undefined: as it is. */
  check: (() => CheckResult) | undefined;
  /** By target: when and by whom it was last written, as a sink of the grade `version` tells it. */
  readonly written = new Map<string, { version: string; at: string; by: string }>();
  /** By target and key: what hides it. */
  readonly shadows = new Map<string, string | Shadow>();
  /** By the vendor's id. */
  readonly dates = new Map<string, Partial<Pick<IssuedKey, "createdAt" | "expiresAt" | "lastUsedAt">>>();
  /** Targets that must hold a value that the vendor accepts, at every instant (I1); what was seen otherwise. */
  readonly required = new Set<string>();
  readonly outages: string[] = [];

  /** True when the vendor accepts this value now. */
  accepts(value: string): boolean {
    const id = this.keys.idOf(value);
    return id !== undefined && this.keys.get(id)?.enabled === true;
  }

  held(target: string, key = "TOKEN"): string | undefined {
    return this.stored.get(target)?.get(key);
  }

  put(target: string, key: string, value: string): void {
    const place = this.stored.get(target) ?? new Map<string, string>();
    this.stored.set(target, place.set(key, value));
  }

  /** Somebody else than Velvet writes there. */
  overwrite(target: string, value: string | undefined, { key = "TOKEN", by = "mallory" } = {}): void {
    if (value === undefined) this.stored.get(target)?.delete(key);
    else this.put(target, key, value);
    this.stamp(target, by);
  }

  stamp(target: string, by: string): string {
    this.versions += 1;
    const version = String(this.versions);
    this.written.set(target, { version, at: this.now().toISOString(), by });
    return version;
  }

  traitsAt(target: string): SinkTraits {
    return this.traitsOf.get(target) ?? this.sinkTraits;
  }

  /** The vendor's own clock. */
  now: () => Date = () => new Date();

  judge(): void {
    for (const target of this.required) {
      const value = this.held(target);
      if (value === undefined || !this.accepts(value)) {
        this.outages.push(`${target} after ${this.history.at(-1)?.label ?? "nothing"}`);
      }
    }
  }

  calls(label: string): Call[] {
    return this.history.filter((call) => call.label === label);
  }

  async call<T>(label: string, target: string, act: () => T): Promise<T> {
    const call = { label, target };
    if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
    await this.fault(call, "before");
    this.history.push(call);
    const result = act();
    this.judge();
    await this.fault(call, "after");
    return result;
  }
}

const REFUSED: Verdict = { liveness: "dead", reason: "Refused", message: "the vendor refuses it" };
const ACCEPTED: Verdict = { liveness: "alive", reason: "Accepted", message: "the vendor accepts it" };

export function fakeAdapter(vendor: FakeVendor): Adapter {
  const traits = (): IssuerTraits => ({
    mintClass: "client-supplied",
    fields: ["value"],
    publicFields: [],
    breaksWhenMixed: false,
    authority: "vendor",
    negativeControl: true,
    propagation: { windowMs: 1_000, everyMs: 50 },
    revocation: "quarantine",
    ...(vendor.maxLive === undefined ? {} : { maxLive: vendor.maxLive }),
    ...(vendor.countsDisabled ? { countsDisabled: true } : {}),
  });
  return {
    name: "fake",
    roles: ["issuer", "sink", "check"],
    endpoint: "none",
    targets: (_role, config) => ({ path: (config as { path?: string }).path ?? "issuer" }),
    issuerTraits: traits,
    sinkTraits: (config) => vendor.traitsAt((config as { path?: string }).path ?? ""),
    connect: (): Connection => ({
      probe: async () => vendor.health(),
      issuer: (config) => issuer(vendor, traits(), (config as { family?: string }).family ?? ""),
      sink: (config) => {
        const { path } = config as { path: string };
        vendor.onOpen(path);
        return sink(vendor, path);
      },
      check: (endpoint) => ({
        proves: endpoint.proves,
        run: async (value): Promise<CheckResult> =>
          vendor.call(
            "check.run",
            endpoint.name,
            () =>
              vendor.check?.() ??
              (vendor.accepts(valueOf(value)) && vendor.held(endpoint.name) === valueOf(value)
                ? { outcome: "pass", reason: "Works", message: "works" }
                : { outcome: "fail", reason: "DoesNotWork", message: "it does not work with the new credential" }),
          ),
      }),
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
}

function valueOf(value: SecretFields): string {
  return value["value"]?.reveal() ?? "";
}

function issuer(vendor: FakeVendor, traits: IssuerTraits, family: string): Issuer {
  return {
    traits,
    list: async () =>
      vendor.call("issuer.list", "", () =>
        vendor.keys.of(family).map(([id, key]): IssuedKey => ({
          id,
          enabled: key.enabled,
          ...(key.marker === undefined ? {} : { marker: key.marker }),
          ...vendor.dates.get(id),
        })),
      ),
    verify: async (value) =>
      vendor.call("issuer.verify", "", () => (vendor.accepts(valueOf(value)) ? ACCEPTED : REFUSED)),
    mutate: (value) => ({ value: Secret.from(`${valueOf(value)}x`) }),
    identify: async (value) => vendor.call("issuer.identify", "", () => vendor.keys.idOf(valueOf(value))),
    complete: (value) => value,
    propose: (order) => ({ value: Secret.from(order.random(24).toString("base64url")) }),
    mint: async (order) => mint(vendor, family, order),
    revoke: async (id) =>
      vendor.call("issuer.revoke", id, () => {
        const key = vendor.keys.get(id);
        if (key) key.enabled = false;
        return [];
      }),
    destroy: async (id) =>
      vendor.call("issuer.destroy", id, () => {
        vendor.keys.delete(id);
        return [];
      }),
    restore: async (id) =>
      vendor.call("issuer.restore", id, () => {
        const key = vendor.keys.get(id);
        if (key) key.enabled = true;
      }),
    usage: async (id) => vendor.call("issuer.usage", id, () => ({ active: vendor.active })),
  };
}

async function mint(vendor: FakeVendor, family: string, order: MintOrder) {
  const value = order.proposed ?? {};
  return vendor.call("issuer.mint", order.marker, () => {
    const id = `key-${order.marker.slice(-36)}`;
    vendor.keys.set(id, { value: valueOf(value), marker: order.marker, enabled: true, family });
    return { id, value };
  });
}

function sink(vendor: FakeVendor, path: string): Sink {
  const traits = vendor.traitsAt(path);
  return {
    traits,
    observe: async (keys) => vendor.call("sink.observe", path, () => observed(vendor, path, keys)),
    write: async (order) =>
      vendor.call("sink.write", path, () => {
        if (
          traits.conditional &&
          order.ifVersion !== undefined &&
          order.ifVersion !== vendor.written.get(path)?.version
        ) {
          throw new Transient(
            { reason: "VersionConflict", message: "somebody else wrote it meanwhile" },
            { vendor: "fake", operation: "write" },
          );
        }
        let changed = false;
        for (const [key, secret] of Object.entries(order.keys)) {
          const before = vendor.held(path, key);
          const after = secret?.reveal();
          if (before === after) continue;
          changed = true;
          if (after === undefined) vendor.stored.get(path)?.delete(key);
          else vendor.put(path, key, after);
        }
        return { changed, version: vendor.stamp(path, "velvet") };
      }),
    shadows: async (keys) =>
      Object.fromEntries(
        keys.flatMap((key) => {
          const by = vendor.shadows.get(`${path} ${key}`);
          return by === undefined ? [] : [[key, typeof by === "string" ? { by } : by] as const];
        }),
      ),
    settle: async () => vendor.call("sink.settle", path, () => ({ state: "settled" as const })),
  };
}

function observed(vendor: FakeVendor, path: string, keys: readonly string[]): Observed {
  const { grade, conditional } = vendor.traitsAt(path);
  const last = vendor.written.get(path);
  const seen = keys.map((key): [string, ObservedKey] => {
    const value = vendor.held(path, key);
    return [
      key,
      {
        present: value !== undefined,
        ...(value !== undefined && grade === "value" ? { value: Secret.from(value) } : {}),
      },
    ];
  });
  return {
    keys: Object.fromEntries(seen),
    ...(last && (grade === "version" || conditional)
      ? { version: last.version, changedAt: last.at, changedBy: last.by }
      : {}),
  };
}
