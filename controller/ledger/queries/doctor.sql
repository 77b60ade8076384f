-- Which server and role is this, and do its commits wait for the disk?
select current_setting('server_version') as version,
       current_user as role,
       current_setting('fsync')::boolean and current_setting('synchronous_commit') <> 'off' as commits_wait
