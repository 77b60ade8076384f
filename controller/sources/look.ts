/** What a source is, and what it hands to the ledger. Types only. */
import type { Kind } from "../../crds/kinds.gen.ts";

/** Who vouches for what a source shows: a name in a file, a signature, the git host, or the API server. */
export type Trust = "claimed" | "signed" | "host" | "admission";

export interface Problem {
  readonly path: string;
  /** From 1; 0 where the problem is the file's as a whole. */
  readonly line: number;
  readonly column: number;
  /** CamelCase. */
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string;
}

/** Where a document came from: the last change that touched its file. */
export interface Origin {
  readonly commit?: string;
  readonly path: string;
  readonly line: number;
  /** `Name <address>`, as claimed by the commit. */
  readonly author?: string;
  readonly committer?: string;
  /** Kubernetes: which object this is; another one of the same name has another. */
  readonly uid?: string;
  /** Kubernetes: `metadata.generation` of what was read. */
  readonly generation?: number;
}

export interface DesiredDocument {
  readonly kind: Kind;
  /** Empty for a VendorAccount. */
  readonly namespace: string;
  readonly name: string;
  readonly spec: unknown;
  readonly origin: Origin;
  /** Where it is not that of the whole look. */
  readonly trust?: Trust;
  /** RFC 3339: when it appeared at its source, where that tells. A request's deadline is reckoned from then. */
  readonly appearedAt?: string;
}

/** The name of an object; `namespace` is empty for a VendorAccount. */
export interface ObjectName {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** One look at a source: everything that it shows; with `only`, what changed. */
export interface SourceLook {
  readonly source: string;
  readonly kind: "git" | "folder" | "kubernetes";
  /** Git: the commit that was read. */
  readonly cursor?: string;
  readonly trust: Trust;
  readonly documents: readonly DesiredDocument[];
  /** A path with a problem keeps what it held before: a broken edit removes nothing. */
  readonly problems: readonly Problem[];
  /** Nothing else is said of what the source shows: it stays as it is. `paths` are those that `problems` speaks for. */
  readonly only?: {
    readonly gone: readonly ObjectName[];
    readonly paths: readonly string[];
    /**
     * It is a part of the first look, which is too large to be held: a new ledger records what all its parts show and executes none of it.
     * Only with the last one the look is taken.
     */
    readonly first?: "part" | "last";
  };
  /** Something else is wrong with the source, which its row goes on to say. */
  readonly ill?: boolean;
}

/** A source of desired objects. One at a time looks at it. */
export interface Source {
  readonly name: string;
  readonly kind: SourceLook["kind"];
  /**
   * Looks once. `cursor` is the ledger's. Returns nothing when the source is certainly as it was at this object's last look that
   * was written to the ledger at that cursor. Throws `SourceFailure` when it cannot look.
   */
  look(cursor: string | undefined, signal: AbortSignal): Promise<SourceLook | undefined>;
  /** Called when a look stands in the ledger, so that the next one may say that nothing changed. */
  accepted(look: SourceLook): void;
  /** Calls `wake` when something may have changed. Only a hint: the source is polled as well. Stops on `signal`. */
  watch?(wake: () => void, signal: AbortSignal): void;
}

/** The manifest reader, as far as a source needs it. */
export interface ReadDocument {
  readonly kind: Kind;
  readonly name: string;
  readonly namespace?: string;
  readonly spec: unknown;
  readonly line: number;
}

export type ReadManifests = (
  file: { path: string; text: string },
  context: { tree: "tenant" | "platform"; environment?: string },
) => { readonly documents: readonly ReadDocument[]; readonly problems: readonly Problem[] };
