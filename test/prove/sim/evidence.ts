/** What is judged of one telling. */
import { listRotations } from "../../../controller/ledger/views.ts";
import type { Evidence } from "../judge/evidence.ts";
import type { LedgerRows } from "../judge/ledger.ts";
import type { VendorFake } from "../vendor/fake.ts";
import { simStatement } from "./database.ts";
import type { ToldLedger } from "./database.ts";
import type { Telling } from "./telling.ts";

const ROWS = simStatement("rows");

export interface Told {
  readonly telling: Telling;
  readonly fake: VendorFake;
  readonly ledger: Pick<ToldLedger, "db">;
  readonly now: number;
}

export async function evidenceOf({ telling, fake, ledger, now }: Told): Promise<Evidence> {
  const [found] = await ledger.db.query<{ rows: Omit<LedgerRows, "views"> }>(ROWS, [telling.namespace]);
  if (!found) throw new Error("the ledger has no rows");
  const views = await listRotations(ledger.db, { namespace: telling.namespace, all: true });
  return {
    fake,
    ledger: { ...found.rows, views },
    now,
    exceptions: telling.excuses,
    outputs: [{ where: "the log", text: telling.logged.join("\n") }],
  };
}
