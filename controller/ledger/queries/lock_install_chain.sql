-- Where does the install chain end, and what time is it? Holds the chain until the transaction ends.
select (facts ->> 'seq')::bigint as seq,
       facts ->> 'hash' as hash,
       to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
  from velvet.lease
 where name = 'install-chain'
   for update
