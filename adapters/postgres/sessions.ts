/** Sessions outlive the password that opened them: NOLOGIN and a new password end none. */
import { setTimeout as delay } from "node:timers/promises";
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Clock, Residual, Usage } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import type { Admin } from "./admin.ts";
import { withSlot } from "./roles.ts";

export interface Ended {
  readonly role: string;
  readonly generation: string;
}

/** Backends that are asked to end do so within milliseconds, unless they are stuck in the kernel. */
const END_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 100;

const END = `select count(pg_terminate_backend(pid))::int as count
  from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()`;

/**
 * Ends the sessions of a role that may no longer log in, until two looks in a row find none: a session that passed its login check just
 * before NOLOGIN shows up a moment later. Each look holds the role's lock, and ends nothing where the role may log in again or has a new
 * generation, whose sessions are not ours.
 */
export async function endSessions(
  { admin, clock }: { readonly admin: Admin; readonly clock: Clock },
  ended: Ended,
  signal: AbortSignal,
): Promise<readonly Residual[]> {
  const until = clock.monotonicMs() + END_WITHIN_MS;
  let left = 0;
  for (let quiet = 0; quiet < 2 && clock.monotonicMs() < until; quiet = left === 0 ? quiet + 1 : 0) {
    if (quiet > 0 || left > 0) await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    const look = await endOnce(admin, ended, signal);
    if (look === "refused") return [await openSessions(admin, ended, signal)];
    left = look;
  }
  return left === 0 ? [] : [await openSessions(admin, ended, signal)];
}

async function endOnce(admin: Admin, { role, generation }: Ended, signal: AbortSignal): Promise<number | "refused"> {
  try {
    return await withSlot(admin, { name: role, operation: "pg_terminate_backend", signal }, async (session, found) => {
      if (found === undefined || found.canLogin || found.generation !== generation) return 0;
      return (await session.query<{ count: number }>(END, [role]))[0]?.count ?? 0;
    });
  } catch (error) {
    if (isAdapterError(error) && error.facts.code === "42501") return "refused";
    throw error;
  }
}

const ACTIVE = `select count(*)::int as active, to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as now
  from pg_stat_activity where usename = $1`;

async function openSessions(admin: Admin, { role }: Ended, signal: AbortSignal): Promise<Residual> {
  const { active } = await usageOf(admin, role, signal);
  return {
    kind: "OpenSession",
    message: `${active ?? 0} sessions of ${role} are still open; they last until they are closed.`,
    remedy:
      `GRANT pg_signal_backend TO ${escapeIdentifier(admin.server.admin)} and retry the revoke, or as a superuser: ` +
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${escapeLiteral(role)}.`,
  };
}

/** Sessions that are open now. The server keeps no time of the last login, so without one there is no `lastUsedAt`. */
export async function usageOf(admin: Admin, role: string, signal: AbortSignal): Promise<Usage> {
  const [row] = await admin.transaction("read pg_stat_activity", signal, async (session) =>
    session.query<{ active: number; now: string }>(ACTIVE, [role]),
  );
  const { active = 0, now } = row ?? {};
  return active > 0 && now !== undefined ? { active, lastUsedAt: now } : { active };
}

const STANDBYS = "select count(*)::int as count from pg_stat_replication";

/** A primary neither sees nor ends the sessions on its standbys. */
export async function standbyResidual(admin: Admin, role: string, signal: AbortSignal): Promise<readonly Residual[]> {
  const rows = await admin.transaction("read pg_stat_replication", signal, async (session) =>
    session.query<{ count: number }>(STANDBYS),
  );
  const count = rows[0]?.count ?? 0;
  if (count === 0) return [];
  return [
    {
      kind: "StandbySession",
      message: `The server has ${count} replication clients; sessions of ${role} on a standby are not seen from here.`,
      remedy: "End them on each standby with pg_terminate_backend, or restart its pooler.",
    },
  ];
}
