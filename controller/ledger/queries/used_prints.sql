-- Fingerprints of the values that this credential had when its rotations began, newest first.
select r.facts #>> '{verify,previousFingerprint}' as fingerprint from velvet.rotation r
where r.credential = $1 and r.facts #>> '{verify,previousFingerprint}' is not null
order by r.created_at desc limit 1000
