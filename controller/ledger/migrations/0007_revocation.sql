-- How many Revocations have begun within the last hour: asked of each one that is requested.
create index rotation_revocations on velvet.rotation (created_at) where flow = 'Revocation';
