-- Which statements let the roles $1 verify the audit chains, and see nothing sealed? In order.
select format(statement, rolname) as statement
  from pg_catalog.pg_roles,
       (values
         (1, 'grant usage on schema velvet to %I'),
         (2, 'grant select on velvet.audit, velvet.audit_words, velvet.actor, velvet.checkpoint, velvet.checkpoint_head, velvet.lease to %I'),
         (3, 'grant select (id, namespace, name, credential_name, state, created_at, ended_at, chain_seq, chain_hash) on velvet.rotation to %I'),
         (4, 'grant select (id, checkpoint_key) on velvet.install to %I')
       ) as grants (place, statement)
 where rolname = any ($1::text[])
 order by rolname, place
