-- Has this database been migrated before, and may we read by what?
select oid is not null as there,
       case when oid is null then false
            else has_schema_privilege(namespace, 'usage') and has_table_privilege(oid, 'select') end as usable
  from (values (1)) as always
  left join (select c.oid, n.oid as namespace
               from pg_catalog.pg_class c
               join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where n.nspname = 'velvet' and c.relname = 'migration') as found on true
