import { type Db, statement } from "./db.ts";

const ANSWERS = statement("answers");

/** Resolves when the ledger answers, rejects when it does not. */
export async function ledgerAnswers(db: Db): Promise<void> {
  await db.query(ANSWERS);
}
