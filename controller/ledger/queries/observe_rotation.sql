-- What does rotation $1 look like under fence $2, sealed values included? No row: somebody else holds it.
select w.document, r.wakes, encode(r.sealed_previous, 'base64') as "sealedPrevious", (
    select jsonb_object_agg(a.id, encode(a.sealed, 'base64'))
    from velvet.attempt a where a.rotation = r.id and a.sealed is not null) as "sealedAttempts"
from velvet.rotation r join velvet.rotation_world w on w.id = r.id
where r.id = $1 and w.id = $1 and r.fence = $2 and r.ended_at is null
