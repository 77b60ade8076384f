-- What became of attempt $1?
select state, vendor_id as "vendorId" from velvet.attempt where id = $1
