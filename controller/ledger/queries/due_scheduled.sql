-- Which scheduled requests are to be shown as objects? At most $1, the oldest first, with their Credential as the cluster knows it. Nothing is
-- known of a Credential that is gone there: then the request stays in the ledger alone. `seen`: the cluster has or had the object.
select o.topic, o.key, o.version, q.namespace, q.name, q.spec, k.name as credential, k.origin ->> 'uid' as "credentialUid",
  exists (
    select from velvet.object r where r.kind = 'RotationRequest' and r.namespace = q.namespace and r.name = q.name) as seen
from velvet.outbox o
join velvet.request q on q.namespace = split_part(o.key, '/', 1) and q.name = split_part(o.key, '/', 2)
left join velvet.object k on k.uid = (q.origin ->> 'credential')::uuid and k.present
where o.topic = 'Scheduled' and o.delivered < o.version
order by o.changed_at
limit $1
