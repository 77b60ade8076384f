-- Request $1 is looked at again $2 milliseconds from now at the latest, for this reason ($3, $4).
update velvet.request
set next_look_at = least(clock_timestamp() + $2 * interval '1 millisecond', deadline), reason = $3, message = $4,
  changed_at = case when reason = $3 and message = $4 then changed_at else clock_timestamp() end
where uid = $1 and state = 'pending'
