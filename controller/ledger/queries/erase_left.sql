-- Where does $1 still stand: in audit rows from before such texts stood beside them ($2, as it stands in JSON), and in what sources show?
select (select count(*) from velvet.audit where position(convert_to($2, 'UTF8') in canonical) > 0)::integer as "inClear",
  (select coalesce(json_agg(kind || ' ' || namespace || '/' || name order by kind, namespace, name), '[]') from (
    select kind, namespace, name from velvet.object
     where present and (spec <> velvet.without_word(spec, $1) or origin <> velvet.without_word(origin, $1))
     order by 1, 2, 3 limit 20) o) as shown
