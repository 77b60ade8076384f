-- When was a Credential last rotated? Every look asks that; without this it reads all rotations there ever were.
create index rotation_of_credential on velvet.rotation (credential, ended_at);
