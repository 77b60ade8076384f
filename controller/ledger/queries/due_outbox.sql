-- What has changed since it was last projected? At most $1, the oldest first. Alarms are told, and scheduled requests made, by somebody else.
select topic, key, version from velvet.outbox where delivered < version and topic not in ('alarm', 'Scheduled') order by changed_at limit $1
