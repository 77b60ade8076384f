-- Takes over "suspend", the only field of a request that may change. $1 a JSON array of {uid, suspend}.
update velvet.request r
   set spec = r.spec || jsonb_build_object('suspend', shown.suspend),
       next_look_at = clock_timestamp(),
       changed_at = clock_timestamp()
  from jsonb_to_recordset($1::jsonb) as shown (uid uuid, suspend boolean)
 where r.uid = shown.uid
