-- Which attempts does this ledger know by the ids that each credential of $1 asks for, whose are they, and which ones of that credential
-- made these vendor ids? Does anybody still watch for what came of them?
select asked.credential as asker, a.id, a.credential, a.state, a.vendor_id as "vendorId", exists (
    select from velvet.tombstone t where t.attempt = a.id and t.state = 'watching') as watched
from jsonb_to_recordset($1::jsonb) as asked (credential uuid, ids uuid[], "vendorIds" text[])
cross join lateral (
  select n.id, n.credential, n.state, n.vendor_id from velvet.attempt n where n.id = any (asked.ids)
  union
  select m.id, m.credential, m.state, m.vendor_id from velvet.attempt m
  where m.credential = asked.credential and m.vendor_id = any (asked."vendorIds")) a
