-- How far has the chain of the rotation $1 come?
select r.chain_seq::int as written from velvet.rotation r where r.id = $1
