/** Where every Credential of the ledger has its copies: what a rehearsal keeps off. */
import type { Neighbour } from "../domain/rehearsal-places.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

const LIVE_PLACES = statement("live_places");

/** Of Credentials that are there, and of rotations that run on an earlier spec of theirs. `adapters`: only those with a copy there. */
export async function readNeighbours(db: Db, adapters: readonly string[]): Promise<readonly Neighbour[]> {
  return db.query<Neighbour>(LIVE_PLACES, [adapters]);
}
