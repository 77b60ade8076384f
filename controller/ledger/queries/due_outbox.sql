-- What has changed since it was last projected? At most $1, the oldest first.
select topic, key, version from velvet.outbox where delivered < version order by changed_at limit $1
