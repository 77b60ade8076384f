-- What is in the namespace $1 is looked at no more: its vendor is gone.
update velvet.drift_check c set next_check_at = 'infinity'
from velvet.credential k
where k.uid = c.credential and k.namespace = $1
