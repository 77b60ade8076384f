-- A Credential or an account that pending requests may wait for has changed: they are looked at again now. $1 namespaces of changed
-- Credentials; $2: an account has changed.
update velvet.request set next_look_at = clock_timestamp()
where state = 'pending' and next_look_at > clock_timestamp() and ($2 or namespace = any ($1::text[]))
