-- Which objects have one of the names ($2 kind, $3 namespace, $4 name) that the source $1 shows now, or, with $5, belong to it at all?
select o.kind, o.namespace, o.name, o.uid, o.source, encode(o.spec_hash, 'hex') as "specHash", o.origin, o.trust, o.present
  from velvet.object o
 where ($5 and o.source = $1)
    or (o.kind, o.namespace, o.name) in (select * from unnest($2::text[], $3::text[], $4::text[]))
