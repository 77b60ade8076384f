-- Which request and which Credential do these rotations ($1) belong to?
select id, namespace, name, credential_name as "credentialName" from velvet.rotation where id = any ($1::uuid[])
