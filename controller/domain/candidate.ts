/** A request that wants to become a rotation, and the answers to it. */
import type { Adapter } from "../../adapters/contract.ts";
import type { CredentialSpec, RotationRequestSpec } from "../../crds/kinds.gen.ts";
import type { Unreachable } from "./revocation.ts";
import type { LeftOut } from "./rehearsal.ts";
import type { Neighbour } from "./rehearsal-places.ts";
import type { Instant, Snapshot } from "./world.ts";

export interface Candidate {
  readonly request: {
    readonly namespace: string;
    readonly name: string;
    readonly spec: RotationRequestSpec;
    readonly deadline: Instant;
  };
  readonly credential: { readonly uid: string; readonly generation: number; readonly spec: CredentialSpec } | undefined;
  readonly accounts: Snapshot["accounts"];
  /** The name of the rotation that is live for this credential. */
  readonly live: string | undefined;
  /** Only of requests for a Revocation. */
  readonly revocations?: Revocations;
}

/** What a Revocation is admitted by, besides what every request is. */
export interface Revocations {
  /** The rotation that is live for this credential is a Revocation itself. */
  readonly live: boolean;
  /** How many began within the last hour, of this credential and of its issuer's account. */
  readonly ofCredential: number;
  readonly ofAccount: number;
}

/** A login that Velvet itself needs: to its ledger. */
export interface BootstrapLogin {
  /** As `hostName` of `bootstrap.ts` writes it. */
  readonly host: string;
  readonly port: string;
  readonly role: string;
}

export interface AdmissionContext {
  readonly environment: string;
  readonly rotationOn: boolean;
  readonly registry: Readonly<Record<string, Adapter>>;
  /** Velvet's own logins, which no Credential may name. */
  readonly bootstrap?: readonly BootstrapLogin[];
  /** For a rehearsal: every Credential of the ledger, so that it keeps off their places. */
  readonly neighbours?: readonly Neighbour[];
}

export type Admission =
  | {
      readonly verdict: "accept";
      readonly snapshot: Snapshot;
      readonly unreachable?: readonly Unreachable[];
      readonly left?: readonly LeftOut[];
    }
  | { readonly verdict: "refuse" | "expire"; readonly reason: string; readonly message: string }
  /** Looked at again at `until`, or a little later when absent. */
  | { readonly verdict: "later"; readonly reason: string; readonly message: string; readonly until?: Instant };

export type No = Exclude<Admission, { verdict: "accept" }>;

export function refuse(reason: string, message: string): No {
  return { verdict: "refuse", reason, message };
}

export function later(reason: string, message: string): { verdict: "later"; reason: string; message: string } {
  return { verdict: "later", reason, message };
}
