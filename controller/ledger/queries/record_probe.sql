-- The probe of generation $2 of the account $1 ended: ready $3, reason $4, message $5, remaining $6; the next one is due in $7
-- milliseconds. Answers whether this is news.
with old as (
  select account, ready, reason from velvet.account_status where account = $1 and generation = $2 for update
)
update velvet.account_status s
set ready = $3, reason = $4, message = $5, remaining = $6, probed_at = clock_timestamp(),
  next_probe_at = clock_timestamp() + $7::float8 * interval '1 millisecond',
  changed_at = case when (old.ready, old.reason) is distinct from ($3::boolean, $4) then clock_timestamp() else s.changed_at end
from old
where s.account = old.account
returning (old.ready, old.reason) is distinct from ($3::boolean, $4) as news
