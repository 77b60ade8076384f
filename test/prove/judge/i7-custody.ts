/** I7: no value, in any form, in what left the controller or in any column but the sealed ones; and those are empty when it is over. */
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import type { LedgerRows } from "./ledger.ts";
import { scan } from "./scan.ts";

export function custody(evidence: Evidence): Violation[] {
  const { fake, outputs = [], ledger } = evidence;
  const texts = [...outputs, ...ledgerTexts(ledger)];
  // A message that told the value would be one more leak.
  const leaks = texts.flatMap(({ where, text }) => {
    const { length } = scan(text, fake.canaries);
    return length > 0 ? [`${length === 1 ? "a value stands" : `${length} values stand`} in ${where}`] : [];
  });
  return [...leaks, ...stillSealed(ledger)].map((message) => ({ invariant: "I7", message }));
}

function ledgerTexts({ audit, ...rows }: LedgerRows): { where: string; text: string }[] {
  return [
    ...Object.entries(rows).map(([table, found]) => ({ where: `the ledger's ${table}`, text: JSON.stringify(found) })),
    {
      where: "the audit chains",
      text: audit.map(({ canonical }) => Buffer.from(canonical, "hex").toString("utf8")).join("\n"),
    },
  ];
}

function stillSealed({ rotations, attempts }: LedgerRows): string[] {
  const ended = new Map(rotations.flatMap(({ id, name, ended_at }) => (ended_at === null ? [] : [[id, name]])));
  return [
    ...rotations.flatMap(({ id, name, sealed }) =>
      sealed && ended.has(id) ? [`${name} has ended and still holds the old value, sealed`] : [],
    ),
    ...attempts.flatMap(({ rotation, number, sealed }) =>
      sealed && ended.has(rotation)
        ? [`attempt ${number} of ${ended.get(rotation)} still holds its value, sealed`]
        : [],
    ),
  ];
}
