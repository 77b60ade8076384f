-- The correction $3 of the place $4 of credential $1 is about to be sent, under fence $2, wanted by $5; it can land for $6
-- milliseconds, and the place looked like $7. No row back: a rotation has begun, somebody else looks, or a correction is under way.
with open as (
  insert into velvet.correction (id, credential, place, fence, wanted_by, lands_until, detail)
  select $3, c.credential, $4, $2, $5, clock_timestamp() + $6::float8 * interval '1 millisecond',
    jsonb_build_object('digest', $7::text)
  from velvet.drift_check c
  where c.credential = $1 and c.fence = $2
    and not exists (select from velvet.rotation r where r.credential = $1 and r.ended_at is null)
    and not exists (
      select from velvet.correction o
      where o.credential = $1 and o.place = $4 and o.outcome is null and o.lands_until > clock_timestamp())
  returning credential, place, lands_until
)
update velvet.held h set version = null, until = open.lands_until
from open where h.credential = open.credential and h.place = open.place
returning h.place
