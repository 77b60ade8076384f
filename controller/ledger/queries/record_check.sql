-- The look at credential $1 under fence $2 has come to its end: what it saw ($3), how it stands ($4), why not all of it was seen ($5),
-- and the next one is due in $6 milliseconds. The claim is kept for $7 milliseconds, or given back where that is null. No row back:
-- somebody else looks, or a rotation has begun meanwhile.
update velvet.drift_check c
set facts = $3, state = $4, postponed = $5,
  lease_until = coalesce(clock_timestamp() + $7::float8 * interval '1 millisecond', '-infinity'),
  claim = case when $7::float8 is not null then c.claim end, checked_at = clock_timestamp(),
  next_check_at = clock_timestamp() + $6::float8 * interval '1 millisecond',
  changed_at = case when c.state = $4 then c.changed_at else clock_timestamp() end
where c.credential = $1 and c.fence = $2 and not exists (
  select from velvet.rotation r where r.credential = $1 and r.ended_at is null)
returning c.credential
