-- Which objects belong to the source $1, or have one of the names ($2 kind, $3 namespace, $4 name) that it shows now?
select o.kind, o.namespace, o.name, o.uid, o.source, encode(o.spec_hash, 'hex') as "specHash", o.origin, o.trust, o.present
  from velvet.object o
 where o.source = $1
    or (o.kind, o.namespace, o.name) in (select * from unnest($2::text[], $3::text[], $4::text[]))
