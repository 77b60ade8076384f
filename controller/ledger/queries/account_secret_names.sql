-- Which Secrets of the controller's own namespace do vendor accounts name?
select distinct jsonb_path_query(spec, 'strict $.**.secretRef.name') #>> '{}' as name
from velvet.object
where kind = 'VendorAccount' and present
