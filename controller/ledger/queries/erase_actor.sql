-- Erases who the person $1 is. Their id stays in the chains, and is nobody's any more.
update velvet.actor set salt = null, name = null where name = $1 returning encode(id, 'hex') as id
