-- Which of these requests ($1 namespace, $2 name) does the ledger know, and which of them did the scheduler ask for?
select namespace, name, uid, encode(spec_hash, 'hex') as "specHash",
       coalesce((spec ->> 'suspend')::boolean, false) as suspend,
       case when origin ->> 'kind' = 'schedule' then spec end as scheduled
  from velvet.request
 where (namespace, name) in (select * from unnest($1::text[], $2::text[]))
