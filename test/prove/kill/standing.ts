/** Where one credential's rotations stand, in an ordinary ledger. */
import { readFileSync } from "node:fs";
import type { Db } from "../../../controller/ledger/db.ts";
import type { Agenda } from "../sim/agenda.ts";

/** The agenda, and how many decisions wait for their answer. */
export interface Standing extends Agenda {
  readonly unanswered: number;
}

const AGENDA = { name: "kill_agenda", text: readFileSync(new URL("./agenda.sql", import.meta.url), "utf8") };

export async function readStanding(db: Db, namespace: string): Promise<Standing> {
  const [row] = await db.query<Standing>(AGENDA, [namespace]);
  if (!row) throw new Error("an aggregate has a row");
  return row;
}
