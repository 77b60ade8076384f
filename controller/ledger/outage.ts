/** Classes of SQLSTATE that pass by themselves: connection, resources, shutdown, deadlock, a standby's read-only phase, I/O. */
const PASSING = /^(08|40|53|55|57|58)|^25006$/;

/** True for what may be over in a moment: the server is away, restarts, is full or read-only. Not for a statement that it refuses. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  // Node's own errors (ECONNRESET) and the client's (connection terminated, no code) are never the statement's.
  if (code === undefined) return /connect|terminat|timeout|socket/i.test(error.message);
  return /^E[A-Z]/.test(code) || PASSING.test(code);
}
