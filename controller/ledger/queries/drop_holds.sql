-- The places $1 have found that all is well, or a person has accepted.
delete from velvet.hold where place = any ($1::text[])
