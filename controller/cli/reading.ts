/**
 * What the commands that look ask, whoever answers: the ledger, where the controller runs, or the resources of a cluster, for a person
 * who has kubectl and no way to the ledger.
 */
import type { RotationStatus } from "../domain/status.ts";
import type { HistoryFilter } from "../ledger/credentials.ts";
import type { HoldView } from "../ledger/holds.ts";
import type { ListFilter, RequestView } from "../ledger/views.ts";
import type { DescribeReport } from "./describe-report.ts";
import type { DriftEntry } from "./drift-report.ts";
import type { PastRotation } from "./history.ts";
import type { StatusPage } from "./status-text.ts";

export interface ReadFilter extends ListFilter {
  /** On a cluster: in every namespace, and not only in the context's. The ledger has no namespace of its own. */
  readonly everywhere?: boolean;
}

/** Rotations, and the requests that have none, each of them once. */
export interface Asked {
  readonly rotations: readonly RotationStatus[];
  readonly requests: readonly RequestView[];
  /** Why nothing is started, where that is told with them and not beside them. */
  readonly holds?: readonly HoldView[];
}

export interface Following {
  /** How often to look where nobody tells about changes. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

export interface Reading {
  /** As it begins a sentence: `The ledger`. */
  readonly name: string;
  /** What to do where it knows no request of a name: one or two sentences. */
  readonly whereElse: string;
  /** Newest first. */
  asked(filter: ReadFilter): Promise<Asked>;
  /** What `asked` says: at once, then whenever it may have changed and now and then, until the signal aborts. At least once. */
  follow(filter: ReadFilter, following: Following): AsyncIterable<Asked>;
  /** What stands around rotations and keeps them from going on. */
  surroundings(filter: ReadFilter): Promise<Pick<StatusPage, "sources" | "accounts" | "holds" | "drifted" | "overdue">>;
  /** Credentials as they stand between rotations. */
  drift(filter: Pick<ReadFilter, "namespace" | "name" | "everywhere">): Promise<readonly DriftEntry[]>;
  described(filter: ReadFilter): Promise<DescribeReport>;
  /** Those that have ended, the last one first. */
  history(filter: HistoryFilter & { readonly everywhere?: boolean }): Promise<readonly PastRotation[]>;
}
