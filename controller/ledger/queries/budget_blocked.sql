-- For how many milliseconds does the vendor of the account $1 want nothing more? Not above zero: it says nothing of the kind.
select extract(epoch from greatest(b.blocked_until, 'epoch'::timestamptz) - clock_timestamp())::float8 * 1000 as "waitMs"
from velvet.account_budget b where b.account = $1
