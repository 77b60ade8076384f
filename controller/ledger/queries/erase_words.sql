-- Erases the texts beside audit rows that name $1, and tells which.
update velvet.audit_words set salt = null, text = null
 where text is not null and velvet.says(text, $1)
returning chain, seq, field
