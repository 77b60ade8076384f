-- Whose are these ids ($2) and attempts ($3), among the Credentials that issue through account $1? A mint counts as spent when its rotation is
-- over, its last request cannot land any more, and nobody was given what it made. A vendor's list may lag behind
-- what was ended just now. $4: the residual that marks a rotation which a restored
-- ledger did not see ending.
with mine as (
  select c.uid, c.namespace, c.name from velvet.object c where c.kind = 'Credential' and c.spec #>> '{issuer,account}' = $1
)
select k.current_id as id, null::uuid as attempt, 'current' as owner, m.namespace, m.name
from velvet.credential k join mine m on m.uid = k.uid where k.current_id = any ($2::text[])
union all
select o.vendor_id, null, case
    when o.state not in ('destroyed', 'manual') then 'retired'
    when o.changed_at > clock_timestamp() - interval '10 minutes' then 'watched'
    else 'ended' end, m.namespace, m.name
from velvet.retired o join mine m on m.uid = o.credential where o.vendor_id = any ($2::text[])
union all
select a.vendor_id, a.id, case
    when r.ended_at is null then 'open'
    when exists (select from velvet.tombstone t where t.attempt = a.id and t.state = 'watching') then 'watched'
    when a.state in ('burned', 'lost') and a.deadline < clock_timestamp()
      and not coalesce(r.facts -> 'residual' @> jsonb_build_array(jsonb_build_object('kind', $4::text)), false) then 'spent'
    when a.state = 'revoked' then case when a.changed_at > clock_timestamp() - interval '10 minutes' then 'watched' else 'ended' end
    else 'left' end, m.namespace, m.name
from velvet.attempt a join mine m on m.uid = a.credential join velvet.rotation r on r.id = a.rotation
where a.id = any ($3::uuid[]) or a.vendor_id = any ($2::text[])
