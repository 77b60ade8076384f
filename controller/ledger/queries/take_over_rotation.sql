-- The live rotation $1, to be ended in this transaction: whoever worked on it is fenced.
update velvet.rotation set fence = fence + 1, claim = null, lease_until = '-infinity'
where id = $1 and ended_at is null
returning id, fence, chain_seq as "chainSeq", chain_hash as "chainHash", facts, velvet.instant(clock_timestamp()) as now
