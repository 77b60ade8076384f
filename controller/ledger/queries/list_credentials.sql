-- Which Credentials are there, and what would a rotation of each run on? $1 namespace or null, $2 name or null.
select c.namespace, c.name, c.uid, c.generation, c.spec, velvet.instant(clock_timestamp()) as now,
  k.current_id as "currentId", (
    select r.name from velvet.rotation r where r.credential = c.uid and r.ended_at is null) as live, (
    select coalesce(jsonb_object_agg(a.name, jsonb_build_object('generation', a.generation, 'spec', a.spec)), '{}')
    from velvet.object a
    where a.kind = 'VendorAccount' and a.present and a.name in (
      select jsonb_path_query(c.spec, 'strict $.**.account') #>> '{}')) as accounts, (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'vendorId', o.vendor_id, 'rotation', o.rotation, 'state', o.state,
      'destroyAfter', velvet.instant(o.destroy_after))) order by o.changed_at), '[]')
    from velvet.retired o where o.credential = c.uid) as retired, (
    select count(*) from velvet.attempt t
    where t.credential = c.uid and t.state <> 'burned' and t.created_at > clock_timestamp() - interval '24 hours') as "mintsToday"
from velvet.object c
left join velvet.credential k on k.uid = c.uid
where c.kind = 'Credential' and c.present and ($1::text is null or c.namespace = $1) and ($2::text is null or c.name = $2)
order by c.namespace, c.name
