/** What the ledger knows of Credentials and of the requests that wait for them: what a plan is made of. */
import type { CredentialSpec, RotationRequestSpec } from "../../crds/kinds.gen.ts";
import type { Instant, RetiredRow, Snapshot } from "../domain/world.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";
import type { ListFilter, RotationView, WorldRow } from "./views.ts";
import { viewOf } from "./views.ts";

export interface CredentialView {
  readonly now: Instant;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly spec: CredentialSpec;
  /** The vendor's id of the one in use. */
  readonly currentId: string | null;
  /** The request of the rotation that is under way. */
  readonly live: string | null;
  /** Those that its blocks name and that are there. */
  readonly accounts: Snapshot["accounts"];
  readonly retired: readonly RetiredRow[];
  /** Mints of the last 24 hours. */
  readonly mintsToday: number;
}

export interface WaitingRequest {
  readonly namespace: string;
  readonly name: string;
  readonly spec: RotationRequestSpec;
  readonly deadline: Instant;
}

const CREDENTIALS = statement("list_credentials");
const WAITING = statement("waiting_requests");
const HISTORY = statement("list_history");
const INSTALL = statement("get_install");

const CURRENT = statement("hold_current");

/** In a transaction: the vendor's id of the one in use, which stays so until the end. */
export async function currentOf(tx: Db, credential: string): Promise<string | undefined> {
  const [row] = await tx.query<{ currentId: string | null }>(CURRENT, [credential]);
  return row?.currentId ?? undefined;
}

type Named = Pick<ListFilter, "namespace" | "name">;

/** By namespace and name. */
export async function listCredentials(db: Db, { namespace, name }: Named = {}): Promise<CredentialView[]> {
  return db.query<CredentialView>(CREDENTIALS, [namespace ?? null, name ?? null]);
}

/** Whose ledger this is; undefined before a controller has begun on it. */
export async function installOf(
  db: Db,
): Promise<{ readonly id: string; readonly environment: string; readonly sealingKey: string } | undefined> {
  const [found] = await db.query<{ id: string; environment: string; sealingKey: string }>(INSTALL);
  return found;
}

/** Oldest first. */
export async function waitingRequests(db: Db, { namespace, name }: Named = {}): Promise<WaitingRequest[]> {
  return db.query<WaitingRequest>(WAITING, [namespace ?? null, name ?? null]);
}

export interface HistoryFilter {
  readonly namespace?: string;
  readonly credential?: string;
  readonly limit: number;
}

/** Rotations that have ended, the last one first. */
export async function listHistory(db: Db, filter: HistoryFilter): Promise<RotationView[]> {
  const rows = await db.query<WorldRow>(HISTORY, [filter.namespace ?? null, filter.credential ?? null, filter.limit]);
  return rows.map(viewOf);
}
