-- Since when is anything held? When must a look be from to be fresh enough, $1 milliseconds old at most?
select velvet.instant(greatest(min(found_at), clock_timestamp() - $1::bigint * interval '1 millisecond')) as since from velvet.hold
having count(*) > 0
