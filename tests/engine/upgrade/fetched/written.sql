CREATE USER "ann";
CREATE USER "web";
INSERT INTO "crdb_sso"."public"."meta" VALUES ('cluster_id', '64ef60dd-f0f7-4951-9fda-27e09085ecc3');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('schema_version', '2');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written security.provisioning.jwt.enabled', '{"at": "2026-11-26T13:51:55.718813+00:00", "now": "b5bea41b6c623f7c09f1", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.identity_map.configuration', '{"at": "2026-11-26T13:51:55.718813+00:00", "now": "de4ebd3a66b46a7ee0c1", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.audience', '{"at": "2026-11-26T13:51:55.718813+00:00", "now": "a24d3c011f5cc7b0273a", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.authorization.enabled', '{"at": "2026-11-26T13:51:55.718813+00:00", "now": "b5bea41b6c623f7c09f1", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.claim', '{"at": "2026-11-26T13:51:55.718813+00:00", "now": "82244417f956ac7c599f", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.client.timeout', '{"at": "2026-11-26T13:51:55.718813+00:00", "now": "93e3d8c5b10657d2884f", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.enabled', '{"at": "2026-11-26T13:51:55.718813+00:00", "now": "b5bea41b6c623f7c09f1", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.group_claim', '{"at": "2026-11-26T13:51:55.718813+00:00", "now": "fadff6cf8575b7b140b3", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.issuers.configuration', '{"at": "2026-11-26T13:51:55.718813+00:00", "now": "0da9edc1d06a9e18277a", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.issuers.custom_ca', '{"at": "2026-11-26T13:51:55.718813+00:00", "now": "b52d1635c1993c8b96b3", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.jwks_auto_fetch.enabled', '{"at": "2026-11-26T13:51:55.718813+00:00", "now": "b5bea41b6c623f7c09f1", "before": []}');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('audience', 'crdb-partners', 'organization/shop/test/platform/sso', 'crdb-partners', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('audience', 'crdb-staff', 'organization/shop/test/platform/sso', 'crdb-staff', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('certificate', '3c28f8ac8c169fb88cfc63e746360c1b90cab0e1dad1ab72692d2e4543b900b4', 'organization/shop/test/platform/sso', '-----BEGIN CERTIFICATE-----
MIIBVDCB+6ADAgECAhRvuniDXBpn4d2ncUDGTG5A6Ry5uTAKBggqhkjOPQQDAjAf
MR0wGwYDVQQDDBRwcml2YXRlIENBIG9mIGEgdGVzdDAgFw0yNjAxMDEwMDAwMDBa
GA8yMTI2MDEwMTAwMDAwMFowHzEdMBsGA1UEAwwUcHJpdmF0ZSBDQSBvZiBhIHRl
c3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATPhnnSamFXZbwpY0a2nWSHuo1+
1mLP7pzYyg/EfK06bVwAZVM8l1AtHnZES6CtAsCL15iV4Q8NTKqcYgmpBaRgoxMw
ETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCICtTmsjqf5jeyW0D
/0GFbg2Zlsnqu+Sf1DW9bVCBdULtAiEAq+AiyzVeZsrTjfxTTSve028hnnqheZXC
lpgmZbPXxa4=
-----END CERTIFICATE-----', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('issuer', 'https://partners.example.com', 'organization/shop/test/platform/sso', 'https://keys.partners.example.com/jwks.json', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('issuer', 'https://staff.example.com', 'organization/shop/test/platform/sso', 'https://staff.example.com/keys', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://partners.example.com web@partners.example.com web', 'organization/shop/test/platform/sso', 'https://partners.example.com web@partners.example.com web', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://staff.example.com ann@example.com ann', 'organization/shop/test/platform/sso', 'https://staff.example.com ann@example.com ann', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://staff.example.com web@example.com web', 'organization/shop/test/platform/sso', 'https://staff.example.com web@example.com web', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'security.provisioning.jwt.enabled', 'organization/shop/test/platform/sso', 'true', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.authorization.enabled', 'organization/shop/test/platform/sso', 'true', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.claim', 'organization/shop/test/platform/sso', 'email', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.client.timeout', 'organization/shop/test/platform/sso', '5s', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.enabled', 'organization/shop/test/platform/sso', 'true', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.group_claim', 'organization/shop/test/platform/sso', 'teams', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.jwks_auto_fetch.enabled', 'organization/shop/test/platform/sso', 'true', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.userinfo_group_key', 'organization/shop/test/platform/sso', 'groups', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'ann', 'organization/shop/test/platform/sso', 'LOGIN', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'web', 'organization/shop/test/platform/sso', 'LOGIN', false, '2026-11-26 13:51:55.218633+00:00');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('security.provisioning.jwt.enabled', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.identity_map.configuration', 'https://staff.example.com ann@example.com ann
cert_map bob bob');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.audience', 'crdb-staff');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.authorization.enabled', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.claim', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.client.timeout', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.enabled', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.group_claim', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.issuers.configuration', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.issuers.custom_ca', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.jwks_auto_fetch.enabled', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.userinfo_group_key', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('user ann', 'LOGIN');
SET CLUSTER SETTING security.provisioning.jwt.enabled = true;
SET CLUSTER SETTING server.identity_map.configuration = 'https://staff.example.com ann@example.com ann
cert_map bob bob
https://staff.example.com web@example.com web
https://partners.example.com web@partners.example.com web
';
SET CLUSTER SETTING server.jwt_authentication.audience = '["crdb-staff","crdb-partners"]';
SET CLUSTER SETTING server.jwt_authentication.authorization.enabled = true;
SET CLUSTER SETTING server.jwt_authentication.claim = 'email';
SET CLUSTER SETTING server.jwt_authentication.client.timeout = '5s';
SET CLUSTER SETTING server.jwt_authentication.enabled = true;
SET CLUSTER SETTING server.jwt_authentication.group_claim = 'teams';
SET CLUSTER SETTING server.jwt_authentication.issuers.configuration = '{"issuer_jwks_map":{"https://partners.example.com":"https://keys.partners.example.com/jwks.json","https://staff.example.com":"https://staff.example.com/keys"}}';
SET CLUSTER SETTING server.jwt_authentication.issuers.custom_ca = '-----BEGIN CERTIFICATE-----
MIIBVDCB+6ADAgECAhRvuniDXBpn4d2ncUDGTG5A6Ry5uTAKBggqhkjOPQQDAjAf
MR0wGwYDVQQDDBRwcml2YXRlIENBIG9mIGEgdGVzdDAgFw0yNjAxMDEwMDAwMDBa
GA8yMTI2MDEwMTAwMDAwMFowHzEdMBsGA1UEAwwUcHJpdmF0ZSBDQSBvZiBhIHRl
c3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATPhnnSamFXZbwpY0a2nWSHuo1+
1mLP7pzYyg/EfK06bVwAZVM8l1AtHnZES6CtAsCL15iV4Q8NTKqcYgmpBaRgoxMw
ETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCICtTmsjqf5jeyW0D
/0GFbg2Zlsnqu+Sf1DW9bVCBdULtAiEAq+AiyzVeZsrTjfxTTSve028hnnqheZXC
lpgmZbPXxa4=
-----END CERTIFICATE-----
';
SET CLUSTER SETTING server.jwt_authentication.jwks_auto_fetch.enabled = true;
