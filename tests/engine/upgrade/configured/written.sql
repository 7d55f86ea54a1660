CREATE USER "app_batch";
CREATE USER "app_billing" NOLOGIN;
CREATE USER "app_orders";
CREATE USER "readers" NOLOGIN;
GRANT "readers" TO "app_batch";
GRANT "readers" TO "app_orders";
INSERT INTO "crdb_sso"."public"."meta" VALUES ('cluster_id', '31c78372-d797-4faa-8849-58788463d3c0');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('schema_version', '2');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.host_based_authentication.configuration', '{"at": "2026-11-26T13:51:26.410689+00:00", "now": "e8f5a029a14d4d6878c4", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.identity_map.configuration', '{"at": "2026-11-26T13:51:26.410689+00:00", "now": "11b4294ca6dd8867d7d5", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.audience', '{"at": "2026-11-26T13:51:26.410689+00:00", "now": "8b74249a93a02dcbe61f", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.claim', '{"at": "2026-11-26T13:51:26.410689+00:00", "now": "65904271c7f48ee638a6", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.enabled', '{"at": "2026-11-26T13:51:26.410689+00:00", "now": "b5bea41b6c623f7c09f1", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.issuers.configuration', '{"at": "2026-11-26T13:51:26.410689+00:00", "now": "ab92dafa8a06fe7277e2", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.jwks', '{"at": "2026-11-26T13:51:26.410689+00:00", "now": "359d44e625cfb1930a9f", "before": []}');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('audience', 'crdb', 'organization/shop/test/sso', 'crdb', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('issuer', 'https://idp.example.com/realms/shop', 'organization/shop/test/sso', '', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('key', 'idp-2026', 'organization/shop/test/sso', '{"alg":"ES256","crv":"P-256","kid":"idp-2026","kty":"EC","use":"sig","x":"5HtNVIWupyskagl521bGZyurVVgou9mmv-YxqYWk8x8","y":"mjkBlb1WU1BImtc2xI31jc9m-JIwGTDODmbhF4rrKPc"}', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://idp.example.com/realms/shop /^orders-pr-[0-9]+$ app_orders', 'organization/shop/test/sso', 'https://idp.example.com/realms/shop /^orders-pr-[0-9]+$ app_orders', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://idp.example.com/realms/shop batch app_batch', 'organization/shop/test/sso', 'https://idp.example.com/realms/shop batch app_batch', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://idp.example.com/realms/shop billing app_billing', 'organization/shop/test/sso', 'https://idp.example.com/realms/shop billing app_billing', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://idp.example.com/realms/shop orders app_orders', 'organization/shop/test/sso', 'https://idp.example.com/realms/shop orders app_orders', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('membership', 'readers app_batch', 'organization/shop/test/sso', '', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('membership', 'readers app_orders', 'organization/shop/test/sso', '', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.host_based_authentication.configuration', 'organization/shop/test/sso', '# crdb-sso: from here on tokens only
hostssl all backup_svc all cert-password
host all all all reject
local all all reject
# crdb-sso: end', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.claim', 'organization/shop/test/sso', 'client_id', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.enabled', 'organization/shop/test/sso', 'true', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'app_batch', 'organization/shop/test/sso', 'LOGIN', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'app_billing', 'organization/shop/test/sso', 'NOLOGIN', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'app_orders', 'organization/shop/test/sso', 'LOGIN', false, '2026-11-26 13:51:26.215490+00:00');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.host_based_authentication.configuration', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.identity_map.configuration', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.audience', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.claim', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.enabled', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.issuers.configuration', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.jwks', NULL);
SET CLUSTER SETTING server.identity_map.configuration = 'https://idp.example.com/realms/shop batch app_batch
https://idp.example.com/realms/shop billing app_billing
https://idp.example.com/realms/shop /^orders-pr-[0-9]+$ app_orders
https://idp.example.com/realms/shop orders app_orders
';
SET CLUSTER SETTING server.jwt_authentication.audience = '["crdb"]';
SET CLUSTER SETTING server.jwt_authentication.claim = 'client_id';
SET CLUSTER SETTING server.jwt_authentication.enabled = true;
SET CLUSTER SETTING server.jwt_authentication.issuers.configuration = '["https://idp.example.com/realms/shop"]';
SET CLUSTER SETTING server.jwt_authentication.jwks = '{"keys":[{"alg":"ES256","crv":"P-256","kid":"idp-2026","kty":"EC","use":"sig","x":"5HtNVIWupyskagl521bGZyurVVgou9mmv-YxqYWk8x8","y":"mjkBlb1WU1BImtc2xI31jc9m-JIwGTDODmbhF4rrKPc"}]}';
SET CLUSTER SETTING server.host_based_authentication.configuration = '# crdb-sso: from here on tokens only
hostssl all backup_svc all cert-password
host all all all reject
local all all reject
# crdb-sso: end
';
