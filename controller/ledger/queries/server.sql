-- Which server is this, and does it take writes?
select current_setting('server_version_num')::integer as version,
       pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as readonly
