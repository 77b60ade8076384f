-- Which of these requests ($1 namespace, $2 name) does the ledger know?
select namespace, name, uid, encode(spec_hash, 'hex') as "specHash",
       coalesce((spec ->> 'suspend')::boolean, false) as suspend
  from velvet.request
 where (namespace, name) in (select * from unnest($1::text[], $2::text[]))
