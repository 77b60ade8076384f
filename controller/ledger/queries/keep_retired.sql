-- The vendor's $2 of credential $1 is owned from now on, in state $3, and nothing ends it by itself. It stands for the last rotation of the
-- Credential; where there was none, no row: nothing is known that it could be ended with.
insert into velvet.retired as o (credential, vendor_id, rotation, state)
select $1, $2, r.id, $3 from velvet.rotation r where r.credential = $1 order by r.created_at desc limit 1
on conflict (credential, vendor_id) do update
  set state = excluded.state, destroy_after = null, next_action_at = null, wish = 'destroy', tries = 0, error = null,
    fence = o.fence + 1, changed_at = clock_timestamp()
returning vendor_id
