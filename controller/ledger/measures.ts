import type { State } from "../domain/world.ts";
import { type Db, statement } from "./db.ts";

/** What the whole installation has under way, for whoever watches it with numbers. */
export interface Measures {
  /** Live ones, by their state. */
  readonly rotations: Readonly<Partial<Record<State, number>>>;
  readonly stalled: number;
  /** Gates that wait for a person. */
  readonly gates: number;
  /** Rotations, requests and fights over a place whose person has not answered for so long that the alarm was told. */
  readonly unanswered: number;
  /** Rotations that could go on and that no replica holds. */
  readonly waiting: number;
  readonly requests: number;
  readonly credentials: number;
  readonly due: number;
  readonly orphans: number;
  /** By the last sweep of each account. */
  readonly unaccounted: number;
  readonly retired: number;
  readonly toShow: number;
  readonly holds: number;
  readonly accounts: readonly {
    readonly name: string;
    readonly ready: boolean;
    readonly remaining: number | null;
  }[];
  readonly sources: readonly {
    readonly name: string;
    readonly ready: boolean;
    /** Seconds since 1970. */
    readonly syncedAt: number | null;
  }[];
}

const MEASURES = statement("measures");

export async function readMeasures(db: Db): Promise<Measures> {
  const [row] = await db.query<Measures>(MEASURES);
  if (row === undefined) throw new Error("the ledger counts nothing");
  return row;
}
