/** What the server knows of the roles, and the lock under which one of them is compared and altered. */
import { escapeIdentifier } from "pg";
import type { Admin, Session } from "./admin.ts";
import { failed } from "./failure.ts";
import { type Generation, readComment } from "./slots.ts";

export interface Role extends Generation {
  readonly name: string;
  readonly canLogin: boolean;
  readonly connectionLimit: number;
  /** SUPERUSER or REPLICATION, which a member does not get from the role that it acts as. */
  readonly powerful: boolean;
  /** Velvet may alter it. */
  readonly administrable: boolean;
}

interface RoleRow {
  readonly name: string;
  readonly canLogin: boolean;
  readonly connectionLimit: number;
  readonly powerful: boolean;
  readonly administrable: boolean;
  readonly comment: string | null;
}

/** Up to PostgreSQL 15 CREATEROLE is enough for any role that is no superuser; from 16 on it takes ADMIN OPTION on each. */
const ROLES = `select r.rolname::text as name, r.rolcanlogin as "canLogin", r.rolconnlimit as "connectionLimit",
  r.rolsuper or r.rolreplication as powerful, shobj_description(r.oid, 'pg_authid') as comment,
  me.rolsuper or (me.rolcreaterole and not r.rolsuper and (current_setting('server_version_num')::int < 160000
    or pg_has_role(me.oid, r.oid, 'MEMBER WITH ADMIN OPTION'))) as administrable
  from pg_roles r, pg_roles me where me.rolname = current_user and r.rolname = any($1)`;

/** By name; a role that does not exist is not in it. */
export async function readRoles(session: Session, names: readonly string[]): Promise<ReadonlyMap<string, Role>> {
  const rows = await session.query<RoleRow>(ROLES, [names]);
  return new Map(rows.map(({ comment, ...row }) => [row.name, { ...row, ...readComment(comment) }]));
}

export async function readRole(session: Session, name: string): Promise<Role | undefined> {
  return (await readRoles(session, [name])).get(name);
}

/** `member` has the rights of `group`, or is it. Both must exist. */
export async function isMember(session: Session, member: string, group: string): Promise<boolean> {
  const rows = await session.query<{ member: boolean }>("select pg_has_role($1::name, $2::name, 'MEMBER') as member", [
    member,
    group,
  ]);
  return rows[0]?.member === true;
}

/**
 * Runs `work` while nobody else can alter the role, and gives it the role as it is under that lock; undefined where there is none.
 *
 * The advisory lock lets replicas of Velvet wait for each other in turn, but holds in one database only, while roles belong to the whole
 * cluster. So the role's row is locked too: an ALTER ROLE without options changes nothing, waits for any other writer, and then either
 * fails (`tuple concurrently updated`, tried again later) or leaves the row locked until this transaction ends.
 */
export async function withSlot<T>(
  admin: Admin,
  { name, operation, signal }: { readonly name: string; readonly operation: string; readonly signal: AbortSignal },
  work: (session: Session, role: Role | undefined) => Promise<T>,
): Promise<T> {
  return admin.transaction(operation, signal, async (session) => {
    await session.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`velvet/postgres/${name}`]);
    const before = await readRole(session, name);
    if (before === undefined) return work(session, undefined);
    if (!before.administrable) throw adminOptionMissing(admin.server.admin, name);
    await session.query(`alter role ${escapeIdentifier(name)}`);
    return work(session, await readRole(session, name));
  });
}

export function adminOptionMissing(admin: string, role: string): Error {
  const [quotedAdmin, quotedRole] = [escapeIdentifier(admin), escapeIdentifier(role)];
  return failed("ALTER ROLE", {
    reason: "MissingPrivilege",
    message: `${admin} may not alter the role ${role}.`,
    remedy: `As a superuser: ALTER ROLE ${quotedAdmin} CREATEROLE; GRANT ${quotedRole} TO ${quotedAdmin} WITH ADMIN OPTION.`,
  });
}
