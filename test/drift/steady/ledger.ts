/** What both long runs ask of the ledger, and how they rotate. */
import type { Db } from "../../../controller/ledger/db.ts";
import type { SteadyWorld } from "./world.ts";

const LONGEST_MS = 60_000;

/** Whatever could still land of the ones before has landed, and their mints do not count any more. */
export async function rotate(db: Db, world: SteadyWorld, names: readonly string[]): Promise<number> {
  await run(db, "update velvet.rotation set ended_at = ended_at - interval '1 hour' where ended_at is not null");
  await run(db, "update velvet.attempt set created_at = created_at - interval '25 hours'");
  await world.sync(names);
  const end = performance.now() + LONGEST_MS;
  const open =
    "select count(*)::int as n from velvet.request q left join velvet.rotation r on r.request = q.uid where q.state = 'pending' or r.ended_at is null";
  while ((await number(db, open)) > 0) {
    if (performance.now() > end) throw new Error("a rotation did not end within a minute");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return names.length;
}

export async function number(db: Db, text: string): Promise<number> {
  const [row] = await db.query<{ n: number }>({ name: "", text });
  return row?.n ?? 0;
}

export async function run(db: Db, text: string): Promise<void> {
  await db.query({ name: "", text });
}
