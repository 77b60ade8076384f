-- Which statements make the missing roles ($1: {role: password}) and the missing database $2 of owner $3? In order.
select statement
  from (
    select 1 as place, role.key as name, format('create role %I login password %L', role.key, role.value) as statement
      from json_each_text($1::json) as role
     where not exists (select from pg_catalog.pg_roles where rolname = role.key)
    union all
    select 2, $2::text, format('create database %I owner %I', $2::text, $3::text)
     where not exists (select from pg_catalog.pg_database where datname = $2::text)
    union all
    select 3, $2::text, format('revoke connect, temporary on database %I from public', $2::text)
     where not exists (select from pg_catalog.pg_database where datname = $2::text)
    union all
    select 4, role.key, format('grant connect on database %I to %I', $2::text, role.key)
      from json_each_text($1::json) as role
  ) as statements
 order by place, name
