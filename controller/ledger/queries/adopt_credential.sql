-- Credential $1 is, at the vendor, $2 (of attempt $5, where the ledger knows it), with these fingerprints ($3, $4), issued at $6. Its places
-- ($7) hold that since now. An old one that is in use again is not destroyed.
with known as (
  insert into velvet.credential as k (uid, namespace, name, current_id, current_attempt, fingerprint, fingerprints, issued_at)
  select c.uid, c.namespace, c.name, $2, $5::uuid, $3, $4::jsonb, coalesce($6::timestamptz, clock_timestamp())
  from velvet.object c where c.uid = $1
  on conflict (uid) do update
    set current_id = excluded.current_id, current_attempt = excluded.current_attempt, fingerprint = excluded.fingerprint,
      fingerprints = excluded.fingerprints, issued_at = excluded.issued_at, changed_at = clock_timestamp()
), spared as (
  update velvet.retired set state = 'restored', destroy_after = null, next_action_at = null, fence = fence + 1, changed_at = clock_timestamp()
  where credential = $1 and vendor_id = $2 and state in ('quarantined', 'live')
)
insert into velvet.held as h (credential, place, version, until, attempt, slots_empty)
select $1, x.place, x.version, clock_timestamp(), $5::uuid, false
from jsonb_to_recordset($7::jsonb) as x (place text, version text)
on conflict (credential, place) do update
  set version = excluded.version, until = excluded.until, attempt = excluded.attempt, slots_empty = excluded.slots_empty
