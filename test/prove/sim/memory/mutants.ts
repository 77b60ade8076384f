/** Mistakes that a double of the ledger could make: each has to be noticed where it is compared with Postgres. */
import { STATEMENTS } from "./ledger.ts";
import type { Run, Statements, Tables } from "./tables.ts";

export interface DoubleMutant {
  readonly name: string;
  readonly instead: Statements;
}

function original(name: string): Run {
  const run = STATEMENTS[name];
  if (!run) throw new Error(`there is no statement ${name}`);
  return run;
}

/** The same with other arguments. */
function given(name: string, change: (values: readonly unknown[], tables: Tables) => readonly unknown[]): Statements {
  const run = original(name);
  return { [name]: (tables, values) => run(tables, change(values, tables)) };
}

function withoutLeases(name: string, table: "rotation" | "retired" | "tombstone"): Statements {
  const run = original(name);
  return {
    [name]: (tables, values) => {
      const rows = tables[table] as Tables["rotation"];
      for (const row of rows.where(() => true)) rows.put(keyOf(row), { ...row, lease_until: -Infinity });
      return run(tables, values);
    },
  };
}

function keyOf(row: object): string {
  const { id, credential, vendor_id } = row as { id?: string; credential?: string; vendor_id?: string };
  return id ?? `${credential} ${vendor_id}`;
}

function wakingNobody(): Statements {
  const run = original("add_decisions");
  return {
    add_decisions: (tables, values) => {
      const before = tables.rotation.where(() => true);
      const rows = run(tables, values);
      for (const row of before) tables.rotation.put(row.id, row);
      return rows;
    },
  };
}

const patched = (change: (patch: Record<string, unknown>) => object): Statements =>
  given("record", (values) => {
    const patch = JSON.parse(String(values[2])) as Record<string, unknown>;
    return values.with(2, JSON.stringify(change(patch)));
  });

export const MUTANTS: readonly DoubleMutant[] = [
  {
    name: "the fence is not checked",
    instead: given("record", (values, { rotation }) => values.with(1, rotation.get(String(values[0]))?.fence)),
  },
  { name: "what arrived meanwhile is not counted", instead: patched((patch) => ({ ...patch, ifWakes: undefined })) },
  { name: "a decision wakes nobody", instead: wakingNobody() },
  { name: "a rotation that is held is claimed", instead: withoutLeases("claim_rotations", "rotation") },
  { name: "sealed values stay", instead: patched((patch) => ({ ...patch, ended: undefined })) },
  { name: "nothing is audited", instead: given("record", (values) => values.with(9, [])) },
  { name: "a tombstone is not written", instead: given("record", (values) => values.with(12, "[]")) },
];
