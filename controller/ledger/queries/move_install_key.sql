-- The key-encryption key was changed: $1 new check, $2 new public sealing key, $3 the check before. Of several replicas one does it.
update velvet.install set key_check = $1, sealing_key = $2 where key_check = $3 returning id
