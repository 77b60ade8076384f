-- Where does the chain of rotation $1 end under fence $2? No row: somebody else holds it.
select chain_seq as "chainSeq", chain_hash as "chainHash" from velvet.rotation where id = $1 and fence = $2
