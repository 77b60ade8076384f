-- Holds the retired id $2 of credential $1, which is $3. No row back: it has come to something else meanwhile.
select o.vendor_id as "vendorId" from velvet.retired o where o.credential = $1 and o.vendor_id = $2 and o.state = $3
for update
