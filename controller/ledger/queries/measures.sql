-- What is there to be counted, in one look? Live rotations, what waits for a person, what is due, what is left to show.
select (
    select coalesce(jsonb_object_agg(x.state, x.count), '{}')
    from (select state, count(*) from velvet.rotation where ended_at is null group by state) x) as rotations, (
    select count(*) from velvet.rotation r
    where r.ended_at is null and (r.facts -> 'failure' ->> 'stalled' = 'true'
      or jsonb_path_exists(r.facts, '$.revocation.ids[*].failure ? (@.stalled == true)')
      or (r.state in ('verified', 'minting') and r.facts #>> '{assisted,mint,trouble,stalled}' = 'true')
      or (r.state = 'validated' and r.facts #>> '{assisted,revoke,trouble,stalled}' = 'true')
      or exists (
        select from velvet.consumer c
        where c.rotation = r.id and c.state not in ('working', 'skipped', 'inactive')
          and c.facts -> 'failure' ->> 'stalled' = 'true'))) as stalled, (
    select count(*) from velvet.rotation r, jsonb_each(coalesce(r.facts -> 'gates', '{}')) g
    where r.ended_at is null and not g.value ? 'approved') as gates, (
    select count(*) from velvet.rotation r
    where r.ended_at is null and (jsonb_path_exists(r.facts, '$.awaited.*.escalatedAt')
      or (r.facts -> 'assisted' -> 'revoke' ? 'escalatedAt' and not r.facts ? 'revoked')
      or (r.facts -> 'assisted' -> 'mint' ? 'escalatedAt' and r.state in ('verified', 'minting')))) + (
    select count(*) from velvet.wait where escalated_at is not null) as unanswered, (
    select count(*) from velvet.rotation r
    where r.ended_at is null and r.next_action_at <= clock_timestamp() and r.lease_until < clock_timestamp()) as waiting, (
    select count(*) from velvet.request where state = 'pending') as requests, (
    select count(*) from velvet.object where kind = 'Credential' and present) as credentials, (
    select count(*) from velvet.schedule s join velvet.object c on c.uid = s.credential and c.present where s.due) as due, (
    select count(*) from velvet.tombstone where state = 'orphan-suspected') as orphans, (
    select coalesce(sum(jsonb_array_length(w.found)), 0)::bigint from velvet.sweep w) as unaccounted, (
    select count(*) from velvet.retired where state in ('quarantined', 'live')) as retired, (
    select count(*) from velvet.outbox where delivered < version) as "toShow", (
    select count(*) from velvet.hold) as holds, (
    select coalesce(jsonb_agg(jsonb_build_object('name', a.account, 'ready', coalesce(a.ready, false), 'remaining', a.remaining)), '[]')
    from (select s.* from velvet.account_status s join velvet.object o
            on o.kind = 'VendorAccount' and o.name = s.account and o.present and o.generation = s.generation
          order by s.account limit 500) a) as accounts, (
    select coalesce(jsonb_agg(jsonb_build_object('name', s.name, 'ready', s.ready,
      'syncedAt', extract(epoch from s.synced_at))), '[]')
    from (select * from velvet.source order by name limit 100) s) as sources
