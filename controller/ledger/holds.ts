/** Why nothing is started: a ledger that is behind what was published, or a published checkpoint that is not this ledger's. */
import type { Instant } from "../domain/world.ts";
import { type Db, statement } from "./db.ts";

const LIST_HOLDS = statement("list_holds");
const REPORT_HOLD = statement("report_hold");
const DROP_HOLDS = statement("drop_holds");

export type HoldReason = "LedgerRollback" | "CheckpointForged" | "CheckpointForeign" | "CheckpointUnreadable";

/** What the published checkpoint says of itself, as far as it can be read. */
export interface HeldCheckpoint {
  /** Of its statement, or of the whole text where it holds none. */
  readonly hash?: string;
  readonly size?: number;
  readonly at?: Instant;
  readonly heads?: number;
}

export interface Hold {
  readonly reason: HoldReason;
  /** What is missing or wrong: one or two sentences. */
  readonly message: string;
  readonly published: HeldCheckpoint;
}

export interface HoldView extends Hold {
  /** Whose checkpoint: `<host>:<path>`. */
  readonly place: string;
  readonly foundAt: Instant;
}

/** Nothing: rotations may begin. */
export async function listHolds(db: Pick<Db, "query">): Promise<HoldView[]> {
  return db.query<HoldView>(LIST_HOLDS);
}

export async function reportHold(db: Db, place: string, { reason, message, published }: Hold): Promise<void> {
  await db.query(REPORT_HOLD, [place, reason, message, JSON.stringify(published)]);
}

export async function dropHolds(db: Db, places: readonly string[]): Promise<void> {
  await db.query(DROP_HOLDS, [places]);
}
