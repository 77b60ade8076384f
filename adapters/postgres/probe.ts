/** Can Velvet's own role do its work here? */
import { escapeIdentifier } from "pg";
import type { Health } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import type { Admin } from "./admin.ts";

interface Rights {
  readonly name: string;
  readonly superuser: boolean;
  readonly createsRoles: boolean;
  readonly signals: boolean;
  readonly version: number;
  /** Roles that it has ADMIN OPTION on. */
  readonly administers: number;
  readonly inRecovery: boolean;
}

const RIGHTS = `select rolname::text as name, rolsuper as superuser, rolcreaterole as "createsRoles",
  pg_has_role(oid, 'pg_signal_backend', 'USAGE') as signals, current_setting('server_version_num')::int as version,
  (select count(*)::int from pg_auth_members m where m.member = r.oid and m.admin_option) as administers,
  pg_is_in_recovery() as "inRecovery" from pg_roles r where rolname = current_user`;

export async function probe(admin: Admin, signal: AbortSignal): Promise<Health> {
  try {
    const [rights] = await admin.transaction("read pg_roles", signal, async (session) => session.query<Rights>(RIGHTS));
    return rights === undefined ? notReady("RoleMissing", "Velvet's role is not there.") : judge(rights);
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return notReady(error.reason, [error.message, error.remedy].filter(Boolean).join(" "));
  }
}

function judge(rights: Rights): Health {
  if (rights.version < 140_000) return notReady("VersionUnsupported", "The server is older than PostgreSQL 14.");
  if (rights.inRecovery)
    return notReady("ServerReadOnly", "The endpoint is a standby; roles are changed on the primary.");
  const missing = rights.superuser ? [] : missingRights(rights);
  if (missing.length === 0) return { ready: true, reason: "LoginAccepted", message: `Logged in as ${rights.name}.` };
  return notReady("MissingPrivilege", `${rights.name} lacks rights. As a superuser: ${missing.join(" ")}`);
}

/** The statements that grant them. Which roles it must administer, each Credential says; here it is enough that there are any. */
function missingRights({ name, createsRoles, signals, version, administers }: Rights): readonly string[] {
  const admin = escapeIdentifier(name);
  return [
    ...(createsRoles ? [] : [`ALTER ROLE ${admin} CREATEROLE;`]),
    ...(signals ? [] : [`GRANT pg_signal_backend TO ${admin};`]),
    ...(version < 160_000 || administers > 0
      ? []
      : [`GRANT <role> TO ${admin} WITH ADMIN OPTION; for each role to rotate.`]),
  ];
}

function notReady(reason: string, message: string): Health {
  return { ready: false, reason, message };
}
