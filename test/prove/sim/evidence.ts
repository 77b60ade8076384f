/** What is judged of one telling. */
import { Secret } from "../../../adapters/secret.ts";
import { fingerprints } from "../../../controller/custody/fingerprint.ts";
import { listRotations } from "../../../controller/ledger/views.ts";
import type { Evidence } from "../judge/evidence.ts";
import type { LedgerRows } from "../judge/ledger.ts";
import type { VendorFake } from "../vendor/fake.ts";
import { simStatement } from "./database.ts";
import type { ToldLedger } from "./database.ts";
import { KEYS } from "./keys.ts";
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
  const rows: LedgerRows = { ...found.rows, views };
  return {
    fake: fake.setup.namedBy === "ledger" ? fake.named((value) => idInLedger(rows, value)) : fake,
    ledger: rows,
    now,
    stops: telling.stops,
    exceptions: telling.excuses,
    outputs: [{ where: "the log", text: telling.logged.join("\n") }],
  };
}

/** By value: the ledger keeps the fingerprint of each that it named. */
function idInLedger({ attempts }: LedgerRows, value: Readonly<Record<string, string>>): string | undefined {
  const fields = Object.fromEntries(Object.entries(value).map(([field, text]) => [field, Secret.from(text)]));
  const named = attempts.find(
    ({ credential, fingerprint }) => fingerprint === fingerprints(KEYS, credential, fields).whole,
  );
  return named?.vendor_id ?? undefined;
}
