/** A rehearsal: the way of a rotation with a throwaway credential, in places of its own. Pure. */
import type { Adapter, IssuerTraits, SinkTraits } from "../../adapters/contract.ts";
import type { ConsumerCheck, ConsumerKey, ConsumerSpec, CredentialSpec, CustodySpec } from "../../crds/kinds.gen.ts";
import type { Instant, Snapshot } from "./world.ts";

/** Something that a rehearsal leaves out, and why: for people. */
export interface LeftOut {
  readonly part: "consumer" | "custody" | "check" | "restart" | "second-slot" | "strategy" | "revoke";
  /** The consumer's; absent where the whole rotation is meant. */
  readonly id?: string;
  readonly why: string;
}

/** How far one place came before it was put back. */
export interface SlotResult {
  /** `custody` for consumer zero. */
  readonly id: string;
  readonly outcome: "proven" | "unproven" | "failed" | "skipped" | "not-reached";
  readonly message: string;
}

export interface RehearsalFacts {
  readonly left: readonly LeftOut[];
  /** What stood in the places before: the names of keys by consumer id. Their values are sealed beside the rotation. */
  readonly slots?: { readonly at: Instant; readonly held: Readonly<Record<string, readonly string[]>> };
  /** From now on everything is taken back. `complete`: nothing is left to be rehearsed; else `because` says what stopped it. */
  readonly removal?: {
    readonly at: Instant;
    readonly complete: boolean;
    readonly because?: string;
    readonly results: readonly SlotResult[];
  };
  /** The vendor was told to end the throwaway. */
  readonly ended?: { readonly at: Instant; readonly attempt: string; readonly vendorId: string };
  /** It was looked for everywhere and is not there. */
  readonly gone?: { readonly at: Instant; readonly message: string };
}

/** Velvet's own words in a `testSlot`; everything else in it is in the words of the adapter. */
export const SLOT_WORDS: readonly string[] = ["keySuffix", "endpoint"];

/** What stands behind each of custody's key names while it is rehearsed. */
export const CUSTODY_SUFFIX = "_REHEARSAL";

const KEY_SUFFIX = /^[A-Za-z0-9_.-]{0,32}$/;

type Registry = Readonly<Record<string, Adapter>>;

interface Slot {
  readonly keySuffix: string;
  readonly endpoint?: string;
  /** Fields of the adapter's block, in place of the live ones. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The parts of a `testSlot`, or what is wrong with Velvet's own words in it. */
export function slotIn(consumer: ConsumerSpec): Slot | { readonly problem: string } | undefined {
  if (consumer.testSlot === undefined) return undefined;
  const { keySuffix = "", endpoint, ...fields } = consumer.testSlot;
  if (typeof keySuffix !== "string" || !KEY_SUFFIX.test(keySuffix)) {
    return { problem: "keySuffix has at most 32 letters, digits, dots, hyphens or underscores" };
  }
  if (endpoint === undefined) return { keySuffix, fields };
  if (typeof endpoint !== "string") return { problem: "endpoint is the name of an endpoint" };
  if (consumer.check?.type === "http") return { keySuffix, endpoint, fields };
  return { problem: "endpoint needs a check of type http, whose account has it" };
}

/** The consumer with its test slot for its place. Undefined where it has none, or one whose own words are wrong. */
export function atSlot(consumer: ConsumerSpec, adapter: Adapter): ConsumerSpec | undefined {
  const slot = slotIn(consumer);
  if (slot === undefined || "problem" in slot) return undefined;
  // What is restarted is live, and the value in use belongs into no test slot.
  const { testSlot: _, restart: __, check, ...rest } = consumer;
  const block: unknown = consumer[adapter.name];
  const config = { ...(block as object | undefined), ...slot.fields };
  return {
    ...rest,
    [adapter.name]: config,
    keys: beside(consumer.keys, slot.keySuffix),
    check: slotCheck(check, slot.endpoint, adapter.sinkTraits?.(config)),
  };
}

/** The check of the live consumer says nothing of the slot: what is read back does, or an endpoint that the slot names. */
function slotCheck(
  live: ConsumerCheck | undefined,
  endpoint: string | undefined,
  sink: SinkTraits | undefined,
): ConsumerCheck {
  if (endpoint !== undefined && live?.account !== undefined) return { type: "http", account: live.account, endpoint };
  return { type: sink?.grade === "value" ? "native" : "manual" };
}

function beside(keys: readonly ConsumerKey[], suffix: string): readonly ConsumerKey[] {
  return keys.map(({ field, name }) => ({ field, name: `${name}${suffix}` }));
}

export interface Rehearsal {
  /** What the rotation runs on: nothing in it is live, but for the issuer. */
  readonly spec: CredentialSpec;
  readonly left: readonly LeftOut[];
}

/** `live` with the test slots for its consumers. */
export function rehearsalOf(live: CredentialSpec, accounts: Snapshot["accounts"], registry: Registry): Rehearsal {
  const adapterOf = (account: string): Adapter | undefined => registry[accounts[account]?.spec.adapter ?? ""];
  const consumers = live.consumers.flatMap((consumer) => {
    const adapter = adapterOf(consumer.account);
    const slot = adapter && consumer.active !== false ? atSlot(consumer, adapter) : undefined;
    return slot ? [slot] : [];
  });
  const issuer = adapterOf(live.issuer.account);
  const traits = issuer?.issuerTraits?.(live.issuer[issuer.name] ?? {});
  const custody = custodyBeside(live.custody, adapterOf(live.custody?.account ?? ""), traits);
  const { custody: _, readFrom: __, ...rest } = live;
  return {
    spec: {
      ...rest,
      consumers,
      ...(custody ? { custody } : {}),
      gates: { mint: live.gates?.mint ?? "Automatic", revoke: "Automatic" },
      ...(live.rotation ? { rotation: { ...live.rotation, strategy: "Overlap", overlap: "0s" } } : {}),
    },
    left: leftOut(live, consumers, custody),
  };
}

/** Keys beside the live ones, where nobody takes notice of more keys. */
function custodyBeside(
  custody: CustodySpec | undefined,
  adapter: Adapter | undefined,
  traits: IssuerTraits | undefined,
): CustodySpec | undefined {
  if (!custody || !adapter || !traits) return undefined;
  if (adapter.sinkTraits?.(custody[adapter.name] ?? {}).freeKeys !== true) return undefined;
  const keys = custody.keys ?? traits.fields.map((name) => ({ field: name, name }));
  return { ...custody, keys: beside(keys, CUSTODY_SUFFIX) };
}

function leftOut(
  live: CredentialSpec,
  slots: readonly ConsumerSpec[],
  custody: CustodySpec | undefined,
): readonly LeftOut[] {
  return [
    ...(live.custody && !custody
      ? [
          {
            part: "custody",
            why: "its sink takes notice of every key, so that none can stand beside the live ones",
          } as const,
        ]
      : []),
    ...live.consumers.flatMap((consumer) =>
      leftOfConsumer(
        consumer,
        slots.find(({ id }) => id === consumer.id),
      ),
    ),
    ...(live.rotation?.strategy === "Replace"
      ? [{ part: "strategy", why: "the credential in use is not ended first: it is not touched at all" } as const]
      : []),
    { part: "revoke", why: "the credential in use is not revoked: only the throwaway is" },
  ];
}

function leftOfConsumer(live: ConsumerSpec, slot: ConsumerSpec | undefined): readonly LeftOut[] {
  const { id } = live;
  if (!slot) return [{ part: "consumer", id, why: live.active === false ? "it is inactive" : "it has no testSlot" }];
  return [
    ...leftOfCheck(live, slot),
    ...(live.restart ? [{ part: "restart", id, why: "what would be restarted is live" } as const] : []),
    ...(live.keys.some(({ previousKey }) => previousKey !== undefined)
      ? [{ part: "second-slot", id, why: "it would be given the value in use" } as const]
      : []),
  ];
}

function leftOfCheck({ id, check }: ConsumerSpec, slot: ConsumerSpec): readonly LeftOut[] {
  if (check?.type !== "http" || slot.check?.type === "http") return [];
  return [{ part: "check", id, why: `its endpoint ${check.endpoint ?? ""} asks the live consumer` }];
}

/** What is read to verify the credential in use: always the live places, never a test slot. */
export function readingSnapshot(snapshot: Snapshot): Snapshot {
  const { live, ...rest } = snapshot;
  return live === undefined ? snapshot : { ...rest, credential: { ...snapshot.credential, spec: live } };
}
