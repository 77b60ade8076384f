-- What has changed since it was last projected? At most $1, the oldest first. Alarms are told by somebody else.
select topic, key, version from velvet.outbox where delivered < version and topic <> 'alarm' order by changed_at limit $1
