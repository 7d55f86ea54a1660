CREATE USER "app_legacy" NOLOGIN;
CREATE USER "app_near";
CREATE USER "ops";
CREATE USER "readers" NOLOGIN;
CREATE USER "writers" NOLOGIN;
GRANT "readers" TO "app_legacy";
GRANT "readers" TO "app_near";
INSERT INTO "crdb_sso"."public"."meta" VALUES ('cluster_id', 'd9c71d6e-f84c-4e43-bfd3-5c1d7afdc5d2');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('schema_version', '2');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.identity_map.configuration', '{"at": "2026-11-26T13:50:26.581739+00:00", "now": "dea9540d9d2d468fffa9", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.audience', '{"at": "2026-11-26T13:50:26.581739+00:00", "now": "85144c9038c25efe12ff", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.enabled', '{"at": "2026-11-26T13:50:26.581739+00:00", "now": "b5bea41b6c623f7c09f1", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.issuers.configuration', '{"at": "2026-11-26T13:50:26.581739+00:00", "now": "903ce5118b873d95745c", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.jwks', '{"at": "2026-11-26T13:50:26.581739+00:00", "now": "dedfa099893166642fa8", "before": []}');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('audience', 'crdb-one', 'organization/shop/neighbour/sso', 'crdb-one', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('issuer', 'https://one.example.com/', 'organization/shop/neighbour/sso', '', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('key', 'one-2026', 'organization/shop/neighbour/sso', '{"alg":"ES256","crv":"P-256","kid":"one-2026","kty":"EC","use":"sig","x":"k87nfXgyY6TDLSjbboXg6GHZOQ_WQMnPVji2wj03wpA","y":"axC0keNzCauaGdC3sM7pRUIprpW6p_kTEIr6jMW-hS4"}', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://one.example.com/ near app_near', 'organization/shop/neighbour/sso', 'https://one.example.com/ near app_near', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('membership', 'readers app_near', 'organization/shop/neighbour/sso', '', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.enabled', 'organization/shop/neighbour/sso', 'true', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'app_near', 'organization/shop/neighbour/sso', 'LOGIN', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.identity_map.configuration',  E'# theirs

https://theirs.example.com/	/^(.*)@theirs$  \\1 # people
https://one.example.com/  legacy  app_legacy
');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.audience', '["theirs" , "others"]');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.enabled', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.issuers.configuration', 'https://theirs.example.com/');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.jwks', ' {"keys" : [ {"kty":"EC", "crv":"P-256","kid":"theirs-2024","use":"sig","alg":"ES256","x":"gIelRlyu7P5NyZCZnJ_5JMo31Ca4_TAi9qGKnPEOTr4",
"y":"AdCNy8fx_Rw3WGUwEBSB4azxCbfBbhPk9DJedoAWfrA"}]} ');
SET CLUSTER SETTING server.identity_map.configuration =  E'# theirs

https://theirs.example.com/	/^(.*)@theirs$  \\1 # people
https://one.example.com/  legacy  app_legacy
https://one.example.com/ near app_near
';
SET CLUSTER SETTING server.jwt_authentication.audience = '["theirs","others","crdb-one"]';
SET CLUSTER SETTING server.jwt_authentication.enabled = true;
SET CLUSTER SETTING server.jwt_authentication.issuers.configuration = '["https://theirs.example.com/","https://one.example.com/"]';
SET CLUSTER SETTING server.jwt_authentication.jwks = '{"keys":[{"kty":"EC", "crv":"P-256","kid":"theirs-2024","use":"sig","alg":"ES256","x":"gIelRlyu7P5NyZCZnJ_5JMo31Ca4_TAi9qGKnPEOTr4",
"y":"AdCNy8fx_Rw3WGUwEBSB4azxCbfBbhPk9DJedoAWfrA"},{"alg":"ES256","crv":"P-256","kid":"one-2026","kty":"EC","use":"sig","x":"k87nfXgyY6TDLSjbboXg6GHZOQ_WQMnPVji2wj03wpA","y":"axC0keNzCauaGdC3sM7pRUIprpW6p_kTEIr6jMW-hS4"}]}';
SET CLUSTER SETTING server.host_based_authentication.configuration = '# people
host all all all cert-password';
