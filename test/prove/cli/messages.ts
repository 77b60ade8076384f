/** What the process that a person started and its workers say to each other. Plain: it crosses as JSON. */
import type { LayerOptions, Violation } from "../api.ts";
import type { FlowTally } from "../flows.ts";

export interface Job {
  readonly kind: "job";
  readonly module: string;
  readonly options: LayerOptions;
  readonly lanes: number;
  /** Only this one, as often as it stands here. */
  readonly replay?: readonly string[];
  /** Stops by itself after so many violations. */
  readonly mostViolations: number;
}

/** Finish what runs and begin nothing new. */
export interface Stop {
  readonly kind: "stop";
}

/** A schedule that broke a promise, or that could not be told to its end. */
export interface Found {
  readonly schedule: string;
  readonly violations: readonly Violation[];
  readonly story?: string;
}

export interface Progress {
  readonly kind: "progress";
  /** Schedules since the last message. */
  readonly done: number;
  /** Labels that were not in a message before. */
  readonly labels: readonly string[];
  /** Of the schedules since the last message. */
  readonly flows: FlowTally;
  readonly found: readonly Found[];
}

export interface End {
  readonly kind: "end";
  /** False where it was stopped before its last schedule. */
  readonly complete: boolean;
}

export type FromWorker = Progress | End;
