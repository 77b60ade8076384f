-- Which attempts does this ledger know by these ids ($1), whose are they, and which ones of credential $2 made these vendor ids ($3)?
-- Does anybody still watch for what came of them?
select a.id, a.credential, a.state, a.vendor_id as "vendorId", exists (
    select from velvet.tombstone t where t.attempt = a.id and t.state = 'watching') as watched
from velvet.attempt a
where a.id = any ($1::uuid[]) or (a.credential = $2 and a.vendor_id = any ($3::text[]))
