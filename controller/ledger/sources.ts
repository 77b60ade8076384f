import type { Instant } from "../domain/world.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

/** A source of manifests, as its last look left it. */
export interface SourceView {
  readonly name: string;
  readonly kind: "git" | "folder" | "kubernetes";
  /** git: the last processed commit. */
  readonly cursor: string | null;
  /** True once the first sync of this ledger has been done. */
  readonly baseline: boolean;
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
  readonly syncedAt: Instant | null;
  readonly problems: readonly SourceProblemView[];
}

export interface SourceProblemView {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
}

const LIST_SOURCES = statement("list_sources");

export async function listSources(db: Db): Promise<SourceView[]> {
  return db.query<SourceView>(LIST_SOURCES);
}
