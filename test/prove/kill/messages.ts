/** What the process that holds the truth and its controllers say to each other. */
import type { EffectPoint } from "../../../controller/engine/deps.ts";
import type { Setup } from "../api.ts";

export interface Start {
  readonly kind: "start";
  readonly replica: string;
  /** The ledger, as the controller's role. */
  readonly ledgerUrl: string;
  /** Where the vendors answer. */
  readonly vendorPort: number;
  readonly leaseMs: number;
  /** By adapter name. */
  readonly setups: Readonly<Record<string, Setup>>;
}

/** The controller may go on from the moment with this number. */
export interface Go {
  readonly kind: "go";
  readonly id: number;
}

/** It has loaded everything and can be started. */
export interface Ready {
  readonly kind: "ready";
}

/** It has come to this moment of a rotation, and waits there. */
export interface Moment {
  readonly kind: "moment";
  readonly id: number;
  /** Absent where it is no rotation's. */
  readonly namespace?: string;
  readonly label: string;
  readonly point: EffectPoint;
}

/** A line of its log. */
export interface Logged {
  readonly kind: "log";
  readonly text: string;
}

export type FromController = Ready | Moment | Logged;

/** One call, as the controllers send it: the account says which vendor is meant. */
export interface Call {
  readonly account: string;
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
}
