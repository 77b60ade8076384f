-- The old $2 of credential $1 is enabled again at the vendor, or somebody holds it: nothing ends it by itself.
update velvet.retired
set state = 'restored', destroy_after = null, next_action_at = null, wish = 'destroy', fence = fence + 1, changed_at = clock_timestamp()
where credential = $1 and vendor_id = $2 and state in ('quarantined', 'live')
returning vendor_id
