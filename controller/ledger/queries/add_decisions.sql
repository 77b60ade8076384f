-- Records decisions ($1, a JSON array) that were never seen before, with the trust $2 where they have none of their own. A decision known by its name is left as it is.
insert into velvet.decision (uid, namespace, name, request_name, credential_name, spec, spec_hash, origin, trust, state, reason, message)
select coalesce(uid, gen_random_uuid()), namespace, name, spec #>> '{requestRef,name}', spec #>> '{credentialRef,name}', spec,
       decode(hash, 'hex'), origin, coalesce(trust, $2), state, reason, message
  from jsonb_to_recordset($1::jsonb) as shown (uid uuid, namespace text, name text, spec jsonb, hash text, origin jsonb, trust text,
                                               state text, reason text, message text)
on conflict (namespace, name) do nothing
returning namespace, name, uid
