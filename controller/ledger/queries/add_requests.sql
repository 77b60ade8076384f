-- Records requests ($1, a JSON array) that were never seen before, with the trust $2 where they have none of their own. A request known by its name is left as it is.
insert into velvet.request (uid, namespace, name, spec, spec_hash, origin, trust, state, reason, message, deadline)
select coalesce(uid, gen_random_uuid()), namespace, name, spec, decode(hash, 'hex'), origin, coalesce(trust, $2), state, reason, message,
       coalesce(deadline, clock_timestamp() + interval '7 days')
  from jsonb_to_recordset($1::jsonb) as shown (uid uuid, namespace text, name text, spec jsonb, hash text, origin jsonb, trust text,
                                               state text, reason text, message text, deadline timestamptz)
on conflict (namespace, name) do nothing
returning namespace, name, uid
