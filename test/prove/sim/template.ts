/** A ledger in virtual time is made once for a server, and copied from then on: making one takes several times as long as a copy. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { migrate, ownMigrations } from "../../../controller/ledger/migrate.ts";
import type { TestServer } from "../../support/server.ts";
import { asSuperuser } from "../server.ts";
import { BEGINNING } from "./clock.ts";

const SETTINGS = [
  "search_path = sim, pg_catalog",
  `"sim.now" = '${new Date(BEGINNING).toISOString()}'`,
  `"sim.telling" = '00000000'`,
  "jit = off",
  "synchronous_commit = off",
  // Tables are emptied again and again: a plan must not depend on how full they were when it was made.
  "plan_cache_mode = force_generic_plan",
  "enable_seqscan = off",
  "max_parallel_workers_per_gather = 0",
];
/** No telling outlives its server, so nothing of it is logged ahead. Whoever refers to a table comes before it. */
const UNLOGGED =
  "restored drift_check held finding correction shared_print tombstone retired attempt consumer rotation credential request schedule object effect decision audit audit_words actor outbox source_problem source lease";
/**
 * Snapshots never change: kept apart, a rotation's row stays small however often it is written. The trigger that guards the audit rows is
 * for the controller's role: whoever begins a telling may remove them. (To switch triggers off for a moment would throw away every plan.)
 */
const FITTED = `alter table velvet.rotation alter column snapshot set storage external;
alter table velvet.rotation set (toast_tuple_target = 256);
drop trigger audit_rows_stay on velvet.audit;
create trigger audit_rows_stay before update or delete on velvet.audit for each row when (current_user = 'velvet_app')
  execute function velvet.refuse_audit_change();
drop trigger audit_words_rows_stay on velvet.audit_words;
create trigger audit_words_rows_stay before update or delete on velvet.audit_words for each row when (current_user = 'velvet_app')
  execute function velvet.refuse_all_but_erasing();
drop trigger actor_rows_stay on velvet.actor;
create trigger actor_rows_stay before update or delete on velvet.actor for each row when (current_user = 'velvet_app')
  execute function velvet.refuse_all_but_erasing();`;
const SIM = readFileSync(new URL("./sim.sql", import.meta.url), "utf8");
/** Of this number is the lock that whoever makes a template holds. */
const LOCK = 0x51_3d;

/** A migrated ledger without connections, whose clock is `sim.now`. */
export async function makeSimDatabase(server: TestServer, name: string): Promise<void> {
  const template = await templateOf(server);
  // Settings of a database are not copied with it.
  await asSuperuser(server, `create database ${name} template ${template} owner velvet_owner`);
  await asSuperuser(server, settingsOf(name));
}

function settingsOf(name: string): string {
  return SETTINGS.map((setting) => `alter database ${name} set ${setting};`).join("\n");
}

/** Named by all that it is made of: a process whose migrations were changed on purpose makes one of its own. */
async function templateOf(server: TestServer): Promise<string> {
  const texts = JSON.stringify([ownMigrations(), SIM, SETTINGS, FITTED, UNLOGGED]);
  const name = `sim_template_${createHash("sha256").update(texts).digest("hex").slice(0, 16)}`;
  const client = new Client({ connectionString: server.superuserUrl });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    const { rows } = await client.query("select from pg_database where datname = $1", [name]);
    if (rows.length === 0) await makeTemplate(server, name);
  } finally {
    await client.end();
  }
  return name;
}

/** It has its name only when it is whole. */
async function makeTemplate(server: TestServer, whole: string): Promise<void> {
  const name = `${whole}_half`;
  await asSuperuser(server, `drop database if exists ${name} with (force)`);
  await asSuperuser(server, `create database ${name} owner velvet_owner`);
  await asSuperuser(server, SIM, name);
  // In force before anything is made: defaults, views and functions bind to the first function of that name.
  await asSuperuser(server, settingsOf(name));
  const { host, port, passwords } = server;
  const migrationUrl = `postgres://velvet_owner:${passwords.velvet_owner}@${host}:${port}/${name}`;
  await migrate({ migrationUrl, appRole: "velvet_app", auditorRoles: ["velvet_auditor"] });
  await refuseOtherClocks(server, name);
  await asSuperuser(server, FITTED, name);
  const unlogged = UNLOGGED.split(" ").map((table) => `alter table velvet.${table} set unlogged;`);
  await asSuperuser(server, unlogged.join("\n"), name);
  await asSuperuser(server, `alter database ${name} rename to ${whole}`);
}

/** Every default of the ledger's tables is this clock's, or tellings would live in two times. */
async function refuseOtherClocks(server: TestServer, database: string): Promise<void> {
  const rows = await asSuperuser<{ name: string }>(
    server,
    `select attrelid::regclass || '.' || attname as name from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid::regclass::text like 'velvet.%' and a.attrelid <> 'velvet.migration'::regclass
        and pg_get_expr(d.adbin, d.adrelid) ~ 'clock_timestamp|now|uuid' and not exists (
          select from pg_depend p join pg_proc f on f.oid = p.refobjid join pg_namespace n on n.oid = f.pronamespace
          where p.classid = 'pg_attrdef'::regclass and p.objid = d.oid and n.nspname = 'sim')`,
    database,
  );
  if (rows.length > 0) throw new Error(`not in virtual time: ${rows.map(({ name }) => name).join(", ")}`);
}
