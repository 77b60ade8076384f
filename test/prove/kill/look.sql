-- Nobody has to wait for a look at what is in the namespace $1: it is due now, unless somebody is looking.
update velvet.drift_check c set next_check_at = clock_timestamp()
from velvet.credential k
where k.uid = c.credential and k.namespace = $1 and c.next_check_at > clock_timestamp() and c.lease_until < clock_timestamp()
