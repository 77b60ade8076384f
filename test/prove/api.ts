/**
 * What the parts of the proof agree on. Types only.
 *
 * A `Setup` says which vendor and which consumers there are; a `Fake` is that vendor, stateful and adversarial, with the whole truth and
 * a complete history; a `Judge` holds the invariants of the protocol against both; a `Schedule` is one telling of a story with its
 * faults, and can be told again from its text alone.
 */
import type { Adapter, MintClass } from "../../adapters/contract.ts";
import type { CredentialSpec, VendorAccountSpec } from "../../crds/kinds.gen.ts";
import type { SimRunner } from "./sim/runner.ts";

/** How a place keeps its copy, after what real vendors do. */
export type SinkKind =
  | "cas" // readable, versioned, a write can depend on the version seen (Vault KV v2, Kubernetes)
  | "readable" // readable, last write wins (Heroku config vars, SSM)
  | "versioned" // only a version and a date are shown, last write wins (GitHub secrets)
  | "write-only" // only names are shown, last write wins (Workers secrets)
  | "settling" // readable; a write takes effect after a release that can fail (Heroku's release phase)
  | "approval"; // readable; a write is only a request until somebody approves it (Infisical)

export interface ConsumerSetup {
  readonly id: string;
  readonly sink: SinkKind;
  readonly role?: "caller" | "acceptor" | "both";
  /** An acceptor that keeps the old value in a second slot. */
  readonly twoSlots?: boolean;
  readonly wave?: number;
  /** Default: `native` where the sink can be read, else `http` with proof of the credential. */
  readonly check?: "native" | "http" | "manual";
  readonly active?: boolean;
  /** An acceptor that goes on letting in what has ended, for so long after it was first shown that. */
  readonly leaksMs?: number;
  /** Where a rehearsal writes: a place of its own, a key beside the live one, or a place that an endpoint asks. */
  readonly testSlot?: "place" | "key" | "endpoint";
}

export interface Setup {
  readonly mintClass: MintClass;
  readonly consumers: readonly ConsumerSetup[];
  /** `acceptors`: no vendor knows the value, only those who accept it. Only with `client-supplied`. */
  readonly authority?: "vendor" | "acceptors";
  readonly custody?: SinkKind;
  readonly strategy?: "Overlap" | "Replace";
  readonly exclusive?: boolean;
  readonly revocation?: "quarantine" | "immediate" | "manual";
  /** The vendor does not show that a mint landed late: only who verifies the value in use can find out. */
  readonly lateUnseen?: true;
  /** The vendor ends a credential only for whoever shows it (GitHub's tokens). */
  readonly revokeNeeds?: "value";
  /** The vendor lists and shows what people make and end in its dashboard (Postmark). */
  readonly detects?: true;
  /** The vendor names no credential: the manifest names the first one, the ledger all others. */
  readonly namedBy?: "ledger";
  /** The vendor ends each credential so long after its mint, whoever uses it. */
  readonly endsByItselfMs?: number;
  readonly maxLive?: number;
  readonly graceKeeps?: "last" | "all";
  /** A new credential is refused for this long after its mint. */
  readonly propagationMs?: number;
  /** `list` does not show what is younger than this. */
  readonly listLagMs?: number;
  /** Several fields whose mix is refused (key id and secret). */
  readonly fields?: readonly string[];
  readonly gates?: CredentialSpec["gates"];
  readonly twoPerson?: true;
  /** What is done about a consumer that somebody else has written. */
  readonly drift?: "Warn" | "Correct";
  readonly failureBudget?: number;
  readonly quarantine?: string;
  /** How long a release of a `settling` sink takes. */
  readonly releaseMs?: number;
  /** For `vendor-distributed`: how long after the trigger the vendor has written its consumers. */
  readonly vendorWritesMs?: number;
}

/** One call that reached the vendor, or one moment of its own. */
export interface Deed {
  readonly at: number;
  /** `issuer.mint`, `sink.write` and the like, as the engine labels them where it does; `vendor.*` for what happens by itself. */
  readonly label: string;
  /** A key id, or a target. Never a value. */
  readonly target: string;
  readonly outcome: "done" | "refused" | "lost" | "late";
  /** Which replica sent it. */
  readonly by?: string;
  /** What changed, for a person who reads the history: ids and fingerprint-like short names, never a value. */
  readonly note?: string;
}

/** What becomes of one call. `nth` counts calls with this label from 1. */
export type Fault =
  | { readonly kind: "refuse"; readonly label: string; readonly nth: number; readonly status: 400 | 403 | 404 }
  | {
      readonly kind: "busy";
      readonly label: string;
      readonly nth: number;
      readonly status: 429 | 503;
      readonly retryAfterMs?: number;
    }
  /** The connection breaks before the vendor has seen anything; the caller cannot tell. */
  | { readonly kind: "reset-before"; readonly label: string; readonly nth: number }
  /** It took effect, and the answer is lost. `keys`: of a write that takes one request for each key, only so many were sent. */
  | { readonly kind: "reset-after"; readonly label: string; readonly nth: number; readonly keys?: number }
  /** No answer until the caller's deadline; it takes effect `landsAfterMs` after it was sent (absent: never). */
  | { readonly kind: "hang"; readonly label: string; readonly nth: number; readonly landsAfterMs?: number }
  /** It takes effect, and a second time `landsAfterMs` later. */
  | { readonly kind: "twice"; readonly label: string; readonly nth: number; readonly landsAfterMs: number }
  /** The release of this write fails, or nobody approves it. */
  | { readonly kind: "unsettled"; readonly target: string; readonly nth: number };

/** The time that a schedule runs in. Everything but the proof itself sees only this clock, the ledger's server included. */
export interface SimClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits until `signal` aborts, moving time on to the next deadline that somebody waits for. */
  hang(signal: AbortSignal): Promise<void>;
}

export interface Fake {
  readonly setup: Setup;
  /** Named `fake`, with all three roles. */
  readonly adapter: Adapter;
  readonly account: VendorAccountSpec;
  readonly credential: CredentialSpec;
  /** Whole and in order. */
  readonly history: readonly Deed[];
  /** Every value that ever was, for the search in everything that leaves the controller. */
  readonly canaries: readonly string[];
  /** The replica that sends from now on, for the history. */
  by: string;
  /** From now on these faults happen; each once. */
  arm(faults: readonly Fault[]): void;
  /** Lands what is in flight and due at `now`, and lets propagation, grace and releases come to pass. Called whenever time moves. */
  elapse(now: number): void;
  /** The next moment at which something happens by itself. */
  nextMoment(): number | undefined;
  /** Resolves when another call that is on its way has been answered; undefined when none is. */
  quiet(): Promise<void> | undefined;
  /** For the `manual` class: a person makes a credential in the vendor's dashboard; its value, to be sealed. */
  mintByHand(): Readonly<Record<string, string>>;
  /** For `revocation: manual`: a person ends one in the dashboard. */
  revokeByHand(id: string): void;
  /** For `approval` sinks: somebody approves what waits. */
  approve(target: string): void;
  /** What the vendor has. `owned` are those that were made with our marker or, without one, by our calls. */
  keys(): readonly {
    readonly id: string;
    readonly accepted: boolean;
    readonly ours: boolean;
    /** The marker of the order that made it, where a call did. */
    readonly madeFor?: string;
  }[];
  /** The id of the key whose value this place presents now; undefined where it holds nothing or something unknown. */
  heldBy(target: string): string | undefined;
  /** I1, judged after every change of the truth: consumers that were without an accepted credential, and since when. */
  readonly outages: readonly { readonly consumer: string; readonly at: number; readonly deed: string }[];
}

/** One broken promise. */
export interface Violation {
  /** `I1` to `I12`. */
  readonly invariant: string;
  readonly message: string;
}

export interface Result {
  readonly schedule: string;
  readonly violations: readonly Violation[];
  /** Labels of effects that were passed, `label:before` and `label:after`. */
  readonly labels: ReadonlySet<string>;
  /** Flows that it went through. */
  readonly flows?: readonly string[];
  /** For a person: every deed, crash and record, in order. Made only where there are violations. */
  readonly story?: string;
}

export interface LayerOptions {
  readonly seed: number;
  /** How many at most; absent: all there are. */
  readonly schedules?: number;
  /** This shard of `shards`. */
  readonly shard: number;
  readonly shards: number;
  /** Schedules of this shard that were done before. */
  readonly skip?: number;
  /** Only setups or stories whose name contains this. */
  readonly only?: string;
  /** Only what it wants is told: schedules of layer A, where somebody stands still of layer C. Default: all. */
  readonly wants?: (text: string) => boolean;
}

/** A way of making schedules and of running one. `A`, `B`, `C`, `D`, `E`, `F`. */
export interface Layer {
  readonly name: string;
  readonly about: string;
  /**
   * Every schedule as text that `run` understands, in an order that depends on the options alone. `scout`: who finds out where something
   * can happen; absent, one is opened.
   */
  schedules(options: LayerOptions, scout?: SimRunner): AsyncIterable<string> | Iterable<string>;
  /** A runner with its own database and vendor; used for one schedule after the other. */
  open(): Promise<AsyncDisposable & { run(schedule: string): Promise<Result> }>;
}
