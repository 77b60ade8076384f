/** A ledger of many Credentials, each rotated twice, in use by its consumers, and due to be looked at. */
import { fingerprints } from "../controller/custody/fingerprint.ts";
import type { KeyRing } from "../controller/custody/key.ts";
import { valueOf } from "./drift-adapter.ts";
import type { BenchLedger } from "./ledger.ts";
import { document, NAMESPACE, sync } from "./world.ts";

const BATCH = 1_000;
/** Of one account, at once: looks may have half of it. */
const CONCURRENCY = 64;
const PER_MINUTE = 10_000_000;

export async function makeDriftWorld(
  ledger: BenchLedger,
  keys: KeyRing,
  credentials: number,
  consumers: number,
): Promise<void> {
  const names = Array.from({ length: credentials }, (_, index) => `credential-${index}`);
  const limits = { concurrency: CONCURRENCY, requestsPerMinute: PER_MINUTE };
  await sync(ledger.db, [
    document("VendorAccount", "", "vendor", { adapter: "fake", allow: [{ namespaces: ["*"] }], limits }),
    ...names.map((name) => document("Credential", NAMESPACE, name, specOf(name, consumers))),
  ]);
  for (let from = 0; from < names.length; from += BATCH) {
    await rotated(ledger, keys, names.slice(from, from + BATCH), consumers);
  }
  await ledger.pool.query("analyze");
}

function specOf(name: string, consumers: number): object {
  const keys = [{ field: "value", name: "TOKEN" }];
  const block = (place: string) => ({ account: "vendor", fake: { path: `${name}/${place}` }, keys });
  return {
    credentialName: name.toUpperCase(),
    environment: "bench",
    issuer: { account: "vendor", fake: {} },
    custody: block("custody"),
    consumers: Array.from({ length: consumers }, (_, each) => ({ id: `app-${each}`, ...block(`app-${each}`) })),
  };
}

/** As two rotations leave it behind. */
async function rotated(
  { pool }: BenchLedger,
  keys: KeyRing,
  names: readonly string[],
  consumers: number,
): Promise<void> {
  const { rows } = await pool.query<{ uid: string; name: string }>(
    "select uid, name from velvet.object where kind = 'Credential' and name = any ($1)",
    [names],
  );
  const prints = rows.map(({ uid, name }) => {
    const { whole, fields } = fingerprints(keys, uid, { value: valueOf(name) });
    return { uid, name, whole, fields };
  });
  await pool.query(
    `insert into velvet.credential (uid, namespace, name, current_id, fingerprint, fingerprints)
     select x.uid, $2, x.name, 'current', x.whole, x.fields
     from jsonb_to_recordset($1) as x (uid uuid, name text, whole text, fields jsonb)`,
    [JSON.stringify(prints), NAMESPACE],
  );
  await pool.query(
    `with asked as (
       insert into velvet.request (namespace, name, spec, spec_hash, state, deadline)
       select k.namespace, k.name || '-' || n, jsonb_build_object('credentialRef', jsonb_build_object('name', k.name)), '', 'accepted', now()
       from velvet.credential k, generate_series(1, 2) n where k.name = any ($1) returning uid, namespace, name, spec),
     turned as (
       insert into velvet.rotation (id, request, credential, namespace, name, credential_name, flow, expect, state, snapshot,
         snapshot_hash, facts, ended_at)
       select gen_random_uuid(), a.uid, o.uid, a.namespace, a.name, o.name, 'Operational', 'Alive', 'done',
         jsonb_build_object('credential', o.spec), '', '{"entered": [{"state": "init", "at": "2020-01-01T00:00:00.000Z"}]}',
         now() - interval '1 day'
       from asked a join velvet.object o on o.kind = 'Credential' and o.namespace = a.namespace
         and o.name = a.spec #>> '{credentialRef,name}'
       returning id, credential, name)
     insert into velvet.attempt (id, rotation, credential, number, marker, mint_class, state, deadline, vendor_id, fingerprints)
     select gen_random_uuid(), t.id, t.credential, 1, 'velvet/bench/' || t.id, 'client-supplied',
       case when t.name like '%-2' then 'current' else 'revoked' end, now(),
       case when t.name like '%-2' then 'current' else 'old' end, '{"value": "hmac-sha256:k1:0"}'
     from turned t`,
    [names],
  );
  await pool.query(
    `insert into velvet.retired (credential, vendor_id, rotation, state)
     select a.credential, a.vendor_id, a.rotation, 'destroyed' from velvet.attempt a join velvet.credential k on k.uid = a.credential
     where a.state = 'revoked' and k.name = any ($1)`,
    [names],
  );
  await pool.query(
    `insert into velvet.held (credential, place, until, slots_empty)
     select k.uid, p.place, clock_timestamp() - interval '1 day', true from velvet.credential k,
       (select '' as place union all select 'app-' || n from generate_series(0, $1::int - 1) n) p
     where k.name = any ($2)`,
    [consumers, names],
  );
}
