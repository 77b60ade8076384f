-- Which alarms has nobody been told of? At most $1, the oldest first.
select topic, key, version from velvet.outbox
where topic = 'alarm' and delivered < version
order by changed_at
limit $1
