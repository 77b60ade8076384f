import type { Db } from "./db.ts";
import { statement } from "./db.ts";

const TOUCH = statement("touch_stuck");

/** Has those rotations projected again that have stood still for `quietMs`, each once for as long as it lasts. Returns how many. */
export async function touchStuck(db: Db, quietMs: number): Promise<number> {
  return (await db.query(TOUCH, [quietMs])).length;
}
