-- What does this ledger say of the Credentials with these uids ($1)? While a rotation of one is under way nothing is concluded about it.
select c.credential, c.namespace, c.name, c.generation, c.spec, statement_timestamp()::text as "readAt", c."currentId", c.fingerprint,
  c.accounts, c.retired, c.live, c.waiting
from velvet.credential_subject c
where c.present and c.credential = any ($1::uuid[]) and c.rotation is null
order by c.namespace, c.name
