-- Writes desired objects ($2, a JSON array) as the source $1 shows them, with the trust $3 where
-- they have none of their own. A uid is kept for ever; a generation counts specs.
insert into velvet.object as o (kind, namespace, name, source, spec, spec_hash, origin, trust)
select kind, namespace, name, $1, spec, decode(hash, 'hex'), origin, coalesce(trust, $3)
  from jsonb_to_recordset($2::jsonb) as shown (kind text, namespace text, name text, spec jsonb, hash text, origin jsonb,
                                               trust text)
on conflict (kind, namespace, name) do update
   set source = excluded.source,
       generation = o.generation + (o.spec_hash <> excluded.spec_hash)::int,
       spec = excluded.spec,
       spec_hash = excluded.spec_hash,
       origin = excluded.origin,
       trust = excluded.trust,
       present = true,
       deleted_at = null,
       changed_at = case when o.present and o.spec_hash = excluded.spec_hash then o.changed_at else clock_timestamp() end
 where o.source = excluded.source or not o.present
returning kind, namespace, name, uid, generation
