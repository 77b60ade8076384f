/** Where a person decides: at the ledger, or on a cluster. It knows what is decided on, and takes the decision. */
import type { OpenGate } from "../domain/status.ts";
import type { DriftQuestion } from "../domain/drift/decide.ts";
import type { RetiredQuestion } from "../domain/retired.ts";
import type { Instant, RetiredRow, Trust, World } from "../domain/world.ts";
import type { ExitCode } from "./command.ts";
import type { DecisionManifest, DecisionOptions } from "./decision.ts";

/** One rotation that a person decides on. */
export interface Subject {
  readonly namespace: string;
  readonly name: string;
  /** The Credential's own name. */
  readonly credential: string;
  /** What people call the credential. */
  readonly credentialName: string;
  /** For a person: `validated`. */
  readonly state: string;
  readonly ended: boolean;
  readonly gate?: OpenGate;
  readonly now: Instant;
  /** What the engine's rules are asked with; undefined where it cannot be known here, and only the controller can say. */
  readonly world: World | undefined;
  /** Whether a refusal for this reason is certain, from what is known here. */
  readonly isCertain: (reason: string) => boolean;
}

/** One Credential whose old ones a person decides on. */
export interface RetiredSubject extends Omit<RetiredQuestion, "spec" | "trust" | "state" | "canRestore"> {
  readonly namespace: string;
  readonly name: string;
  readonly credentialName: string;
  readonly retired: readonly Pick<RetiredRow, "vendorId" | "state">[];
}

/** One Credential whose drift a person decides on. */
export interface DriftSubject extends Omit<DriftQuestion, "spec" | "trust"> {
  readonly namespace: string;
  readonly name: string;
}

export interface Desk {
  /** How much a name counts that is given here. */
  trustOf(options: Pick<DecisionOptions, "now">): Trust;
  /** Throws `CommandFailure` where there is none. */
  subject(request: string, namespace: string | undefined): Promise<Subject>;
  retired(credential: string, namespace: string | undefined): Promise<RetiredSubject>;
  drift(credential: string, namespace: string | undefined): Promise<DriftSubject>;
  /** Who decides, where nobody is named. */
  whoami(): Promise<string>;
  /** Writes, records or creates it, as the options say. */
  take(manifest: DecisionManifest, options: DecisionOptions): Promise<ExitCode>;
}

/** Opens the desk when it is needed, and closes it after the work. Throws `NoLedger` where nothing can be looked up. */
export type DeskAccess = <T>(work: (desk: Desk) => Promise<T>) => Promise<T>;
