-- These looks ($1) have come to their end, each at a credential under a fence: what it saw (null: what the one before saw), how it stands,
-- why not all of it was seen, in how many milliseconds the next one is due, and for how long the claim is kept, where it is not given
-- back. No row back for one: somebody else looks there, or a rotation has begun meanwhile.
update velvet.drift_check c
set facts = coalesce(x.facts, c.facts), state = x.state, postponed = x.postponed,
  lease_until = coalesce(clock_timestamp() + x."keepMs" * interval '1 millisecond', '-infinity'),
  claim = case when x."keepMs" is not null then c.claim end, checked_at = clock_timestamp(),
  next_check_at = clock_timestamp() + x."nextMs" * interval '1 millisecond',
  changed_at = case when c.state = x.state then c.changed_at else clock_timestamp() end
from jsonb_to_recordset($1::jsonb) as x (
  credential uuid, fence bigint, facts jsonb, state text, postponed jsonb, "nextMs" float8, "keepMs" float8)
where c.credential = x.credential and c.fence = x.fence and not exists (
  select from velvet.rotation r where r.credential = x.credential and r.ended_at is null)
returning c.credential
