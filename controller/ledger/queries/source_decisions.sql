-- Which of these decisions ($1 namespace, $2 name) does the ledger know?
select namespace, name, uid, encode(spec_hash, 'hex') as "specHash"
  from velvet.decision
 where (namespace, name) in (select * from unnest($1::text[], $2::text[]))
