-- These objects ($1 uids) are no longer shown by their source.
update velvet.object
   set present = false, deleted_at = clock_timestamp(), changed_at = clock_timestamp()
 where uid = any ($1::uuid[]) and present
