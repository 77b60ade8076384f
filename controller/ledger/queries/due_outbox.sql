-- What has changed since it was last projected? At most $1, the oldest first; not those whose key is among $2.
select topic, key, version from velvet.outbox
where delivered < version and not (topic || ' ' || key = any ($2::text[]))
order by changed_at
limit $1
