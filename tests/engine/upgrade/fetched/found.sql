CREATE USER "ann";
SET CLUSTER SETTING server.identity_map.configuration = 'https://staff.example.com ann@example.com ann
cert_map bob bob';
SET CLUSTER SETTING server.jwt_authentication.audience = 'crdb-staff';
