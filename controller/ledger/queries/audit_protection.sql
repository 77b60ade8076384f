-- Is role $1 kept from changing audit rows by its rights, and not by the triggers alone?
select not (pg_has_role($1::name, relowner, 'member')
         or (select rolsuper from pg_catalog.pg_roles where rolname = $1::name)
         or has_table_privilege($1::name, oid, 'update, delete, truncate')) as protected
  from pg_catalog.pg_class
 where oid = 'velvet.audit'::regclass
