/** How the verifier reaches a ledger: its own driver, one snapshot, and nothing but reading. */
import postgres, { type TransactionSql } from "postgres";

export async function readOnly<T>(url: string, work: (tx: TransactionSql) => Promise<T>): Promise<T> {
  const sql = postgres(url, {
    max: 1,
    connect_timeout: 10,
    onnotice: () => undefined,
    connection: { application_name: "velvet audit" },
  });
  try {
    return (await sql.begin("isolation level repeatable read read only", work)) as T;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
