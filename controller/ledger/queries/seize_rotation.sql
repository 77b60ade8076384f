-- The live rotation of credential $1, unless it is a Revocation: from now on held under the claim $2 by $3 for $4 milliseconds, whoever held it
-- before. No row back: there is none.
update velvet.rotation
set fence = fence + 1, claim = $2, claimed_by = $3, lease_until = clock_timestamp() + $4 * interval '1 millisecond'
where credential = $1 and ended_at is null and flow <> 'Revocation'
returning id, fence, claim, chain_seq as "chainSeq", chain_hash as "chainHash"
