CREATE USER "app_batch";
CREATE USER "app_billing" NOLOGIN;
CREATE USER "app_legacy";
CREATE USER "app_near";
CREATE USER "app_orders";
CREATE USER "ops";
CREATE USER "readers" NOLOGIN;
CREATE USER "reports";
CREATE USER "writers" NOLOGIN;
GRANT "readers" TO "app_batch";
GRANT "readers" TO "app_legacy";
GRANT "readers" TO "app_near";
GRANT "readers" TO "app_orders";
GRANT "writers" TO "app_orders";
INSERT INTO "crdb_sso"."public"."meta" VALUES ('cluster_id', 'd9c71d6e-f84c-4e43-bfd3-5c1d7afdc5d2');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('schema_version', '2');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.host_based_authentication.configuration', '{"at": "2026-11-26T13:50:37.441237+00:00", "now": "b8a035275b2970f5101c", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.identity_map.configuration', '{"at": "2026-11-26T13:50:37.441237+00:00", "now": "a2662dbb710eecc3f3aa", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.audience', '{"at": "2026-11-26T13:50:37.441237+00:00", "now": "e39800ebfdbb16191f2d", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.enabled', '{"at": "2026-11-26T13:50:26.581739+00:00", "now": "b5bea41b6c623f7c09f1", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.issuers.configuration', '{"at": "2026-11-26T13:50:37.441237+00:00", "now": "4276773ab673933fad49", "before": []}');
INSERT INTO "crdb_sso"."public"."meta" VALUES ('written server.jwt_authentication.jwks', '{"at": "2026-11-26T13:50:37.441237+00:00", "now": "303a99b56546f5ae48df", "before": []}');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('audience', 'crdb-one', 'organization/shop/neighbour/sso', 'crdb-one', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('audience', 'crdb-one', 'organization/shop/test/sso', 'crdb-one', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('audience', 'crdb-two', 'organization/shop/test/sso', 'crdb-two', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('issuer', 'https://one.example.com/', 'organization/shop/neighbour/sso', '', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('issuer', 'https://one.example.com/', 'organization/shop/test/sso', '', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('issuer', 'https://two.example.com', 'organization/shop/test/sso', 'https://two.example.com/keys', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('key', 'one-2025', 'organization/shop/test/sso', '{"crv":"Ed25519","kid":"one-2025","kty":"OKP","x":"tQW7tWdmzLZ86Du3EILUv1G5JfLWB5_xm_0jswBOyDw"}', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('key', 'one-2026', 'organization/shop/neighbour/sso', '{"alg":"ES256","crv":"P-256","kid":"one-2026","kty":"EC","use":"sig","x":"k87nfXgyY6TDLSjbboXg6GHZOQ_WQMnPVji2wj03wpA","y":"axC0keNzCauaGdC3sM7pRUIprpW6p_kTEIr6jMW-hS4"}', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('key', 'one-2026', 'organization/shop/test/sso', '{"alg":"ES256","crv":"P-256","kid":"one-2026","kty":"EC","use":"sig","x":"k87nfXgyY6TDLSjbboXg6GHZOQ_WQMnPVji2wj03wpA","y":"axC0keNzCauaGdC3sM7pRUIprpW6p_kTEIr6jMW-hS4"}', false, '2026-11-26 13:50:44.991491+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('key', 'two-2026', 'organization/shop/test/sso', '{"e":"AQAB","kid":"two-2026","kty":"RSA","n":"jWxG-KWChZLUxpAtlnhtP2q7ODD-dlLBbaA9K7mYHVGtcp_qBxrLWfJa3Wr2441cB6Lj-WVYijgWUtv7dhyRocoePtv1j_bpGGfk9ydEAUErJ5MfT2jJPMuG80A95_cSevM1J1BsHVm1D68e1UWLZXOYG7TyMCOW2WE0DAyrHXYsi7WDY_7XXFwqJPngu0h4FGuLOIndxpogl3idUM7MtVsXhbmcAJ8cOZMv_So2Z0MkwgLqBNv0knUlZaW-mqQ2K8eThP1LOLlxFWrvNBA5mvmiuRhaCTSgXkU8HAShMC_mt1H-UtZHRZu7JsySSxcbuDIRoKssc1zZla2MHNGkoQ","use":"sig"}', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://one.example.com/ /^orders-pr-[0-9]+$ app_orders', 'organization/shop/test/sso', 'https://one.example.com/ /^orders-pr-[0-9]+$ app_orders', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://one.example.com/ batch app_batch', 'organization/shop/test/sso', 'https://one.example.com/ batch app_batch', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://one.example.com/ billing app_billing', 'organization/shop/test/sso', 'https://one.example.com/ billing app_billing', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://one.example.com/ legacy app_legacy', 'organization/shop/test/sso', 'https://one.example.com/ legacy app_legacy', true, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://one.example.com/ near app_near', 'organization/shop/neighbour/sso', 'https://one.example.com/ near app_near', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://one.example.com/ orders app_orders', 'organization/shop/test/sso', 'https://one.example.com/ orders app_orders', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('map line', 'https://one.example.com/ reports-job reports', 'organization/shop/test/sso', 'https://one.example.com/ reports-job reports', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('membership', 'readers app_batch', 'organization/shop/test/sso', '', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('membership', 'readers app_legacy', 'organization/shop/test/sso', '', true, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('membership', 'readers app_near', 'organization/shop/neighbour/sso', '', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('membership', 'readers app_orders', 'organization/shop/test/sso', '', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('membership', 'writers app_orders', 'organization/shop/test/sso', '', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.host_based_authentication.configuration', 'organization/shop/test/sso', '# crdb-sso: from here on tokens only
hostssl all ops 10.0.0.0/8 cert
host all all all reject
local all all reject
# crdb-sso: end', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.enabled', 'organization/shop/neighbour/sso', 'true', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('setting', 'server.jwt_authentication.enabled', 'organization/shop/test/sso', 'true', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'app_batch', 'organization/shop/test/sso', 'LOGIN', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'app_billing', 'organization/shop/test/sso', 'NOLOGIN', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'app_legacy', 'organization/shop/test/sso', 'LOGIN', true, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'app_near', 'organization/shop/neighbour/sso', 'LOGIN', false, '2026-11-26 13:50:26.407848+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'app_orders', 'organization/shop/test/sso', 'LOGIN', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."claims" VALUES ('user', 'reports', 'organization/shop/test/sso', 'LOGIN', false, '2026-11-26 13:50:37.319638+00:00');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.host_based_authentication.configuration', '# people
host all all all cert-password');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.identity_map.configuration',  E'# theirs

https://theirs.example.com/	/^(.*)@theirs$  \\1 # people
https://one.example.com/  legacy  app_legacy
');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.audience', '["theirs" , "others"]');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.enabled', NULL);
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.issuers.configuration', 'https://theirs.example.com/');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('server.jwt_authentication.jwks', ' {"keys" : [ {"kty":"EC", "crv":"P-256","kid":"theirs-2024","use":"sig","alg":"ES256","x":"gIelRlyu7P5NyZCZnJ_5JMo31Ca4_TAi9qGKnPEOTr4",
"y":"AdCNy8fx_Rw3WGUwEBSB4azxCbfBbhPk9DJedoAWfrA"}]} ');
INSERT INTO "crdb_sso"."public"."found_text" VALUES ('user app_legacy', 'NOLOGIN');
INSERT INTO "crdb_sso"."public"."retiring" VALUES ('one-2025', 'organization/shop/test/sso', '2099-01-01 00:00:00+00:00');
SET CLUSTER SETTING server.identity_map.configuration =  E'# theirs

https://theirs.example.com/	/^(.*)@theirs$  \\1 # people
https://one.example.com/  legacy  app_legacy
https://one.example.com/ near app_near
https://one.example.com/ batch app_batch
https://one.example.com/ billing app_billing
https://one.example.com/ /^orders-pr-[0-9]+$ app_orders
https://one.example.com/ orders app_orders
https://one.example.com/ reports-job reports
';
SET CLUSTER SETTING server.jwt_authentication.audience = '["theirs","others","crdb-one","crdb-two"]';
SET CLUSTER SETTING server.jwt_authentication.enabled = true;
SET CLUSTER SETTING server.jwt_authentication.issuers.configuration = '["https://theirs.example.com/","https://one.example.com/","https://two.example.com"]';
SET CLUSTER SETTING server.jwt_authentication.jwks = '{"keys":[{"kty":"EC", "crv":"P-256","kid":"theirs-2024","use":"sig","alg":"ES256","x":"gIelRlyu7P5NyZCZnJ_5JMo31Ca4_TAi9qGKnPEOTr4",
"y":"AdCNy8fx_Rw3WGUwEBSB4azxCbfBbhPk9DJedoAWfrA"},{"alg":"ES256","crv":"P-256","kid":"one-2026","kty":"EC","use":"sig","x":"k87nfXgyY6TDLSjbboXg6GHZOQ_WQMnPVji2wj03wpA","y":"axC0keNzCauaGdC3sM7pRUIprpW6p_kTEIr6jMW-hS4"},{"crv":"Ed25519","kid":"one-2025","kty":"OKP","x":"tQW7tWdmzLZ86Du3EILUv1G5JfLWB5_xm_0jswBOyDw"},{"e":"AQAB","kid":"two-2026","kty":"RSA","n":"jWxG-KWChZLUxpAtlnhtP2q7ODD-dlLBbaA9K7mYHVGtcp_qBxrLWfJa3Wr2441cB6Lj-WVYijgWUtv7dhyRocoePtv1j_bpGGfk9ydEAUErJ5MfT2jJPMuG80A95_cSevM1J1BsHVm1D68e1UWLZXOYG7TyMCOW2WE0DAyrHXYsi7WDY_7XXFwqJPngu0h4FGuLOIndxpogl3idUM7MtVsXhbmcAJ8cOZMv_So2Z0MkwgLqBNv0knUlZaW-mqQ2K8eThP1LOLlxFWrvNBA5mvmiuRhaCTSgXkU8HAShMC_mt1H-UtZHRZu7JsySSxcbuDIRoKssc1zZla2MHNGkoQ","use":"sig"}]}';
SET CLUSTER SETTING server.host_based_authentication.configuration = '# people
# crdb-sso: from here on tokens only
hostssl all ops 10.0.0.0/8 cert
host all all all reject
local all all reject
# crdb-sso: end
host all all all cert-password';
