-- May we grant rights on the ledger?
select pg_has_role(relowner, 'usage') as owner
  from pg_catalog.pg_class
 where oid = 'velvet.audit'::regclass
