-- What SHOW prints, and the system catalogs as CockroachDB fills them.

CREATE OR REPLACE VIEW emulator.user_roles AS
    SELECT a.oid, a.rolname, a.rolsuper,
        NOT EXISTS (
            SELECT FROM emulator.role_option o
            WHERE o.role = a.rolname AND o.option IN ('NOLOGIN', 'NOSQLLOGIN')
        ) AND a.rolname <> 'admin' AS can_login
    FROM pg_catalog.pg_authid a WHERE a.rolname <> 'node' AND a.rolname NOT LIKE 'pg\_%';

CREATE OR REPLACE VIEW emulator.show_role_grants AS
    SELECT g.rolname::text AS role_name, m.rolname::text AS member, a.admin_option AS is_admin
    FROM pg_catalog.pg_auth_members a
    JOIN emulator.user_roles g ON g.oid = a.roleid JOIN emulator.user_roles m ON m.oid = a.member
    ORDER BY 1, 2;

CREATE OR REPLACE FUNCTION emulator.users_and_options()
RETURNS TABLE (username text, options text[], member_of text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT emulator.is_admin(session_user) THEN
        CALL emulator.fail('42501', format(
            'user %s does not have SELECT privilege on relation users', session_user));
    END IF;
    RETURN QUERY SELECT r.rolname::text,
        ARRAY(SELECT o.option || coalesce('=' || o.value, '') FROM emulator.role_option o
              WHERE o.role = r.rolname ORDER BY 1),
        ARRAY(SELECT g.role_name FROM emulator.show_role_grants g WHERE g.member = r.rolname)
    FROM emulator.user_roles r ORDER BY r.rolname;
END $$;

-- Only what was granted: admin's membership gives every system privilege without a row here.
CREATE OR REPLACE VIEW emulator.show_system_grants AS
    SELECT grantee, privilege AS privilege_type, grantable AS is_grantable
    FROM emulator.system_grant ORDER BY 1, 2;

CREATE OR REPLACE VIEW emulator.show_database_grants AS
    SELECT name AS database_name, holder AS grantee, 'ALL' AS privilege_type, true AS is_grantable
    FROM emulator.database d,
        LATERAL (SELECT 'admin' UNION SELECT 'root' UNION SELECT d.owner) h(holder)
    UNION ALL SELECT database, grantee, privilege, grantable FROM emulator.database_grant
    ORDER BY 1, 2, 3;

CREATE OR REPLACE VIEW emulator.show_schema_grants AS
    SELECT left(n.nspname, -7) AS database_name, 'public'::text AS schema_name, holder AS grantee,
        'ALL' AS privilege_type, true AS is_grantable
    FROM pg_catalog.pg_namespace n,
        LATERAL (SELECT 'admin' UNION SELECT 'root'
                 UNION SELECT pg_catalog.pg_get_userbyid(n.nspowner)::text) h(holder)
    WHERE n.nspname LIKE '%.public'
    UNION ALL
    SELECT left(n.nspname, -7), 'public', coalesce(g.rolname::text, 'public'), x.privilege_type,
        x.is_grantable
    FROM pg_catalog.pg_namespace n, LATERAL pg_catalog.aclexplode(n.nspacl) x
    LEFT JOIN pg_catalog.pg_authid g ON g.oid = x.grantee
    WHERE n.nspname LIKE '%.public' AND x.grantee <> n.nspowner
    ORDER BY 1, 2, 3, 4;

CREATE OR REPLACE VIEW emulator.user_tables AS
    SELECT c.oid, left(n.nspname, -7) AS database_name, 'public'::text AS schema_name,
        c.relname::text AS table_name, o.rolname::text AS owner, c.relowner, c.relacl
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname LIKE '%.public'
    JOIN pg_catalog.pg_authid o ON o.oid = c.relowner
    WHERE c.relkind = 'r';

CREATE OR REPLACE VIEW emulator.show_table_grants AS
    SELECT database_name, schema_name, table_name, holder AS grantee, 'ALL' AS privilege_type,
        true AS is_grantable
    FROM emulator.user_tables t,
        LATERAL (SELECT 'admin' UNION SELECT 'root' UNION SELECT t.owner) h(holder)
    UNION ALL
    SELECT t.database_name, t.schema_name, t.table_name, coalesce(g.rolname::text, 'public'),
        x.privilege_type, x.is_grantable
    FROM emulator.user_tables t, LATERAL pg_catalog.aclexplode(t.relacl) x
    LEFT JOIN pg_catalog.pg_authid g ON g.oid = x.grantee
    WHERE x.grantee <> t.relowner
    ORDER BY 1, 2, 3, 4, 5;

CREATE OR REPLACE VIEW emulator.show_grants AS
    SELECT database_name, NULL::text AS schema_name, NULL::text AS object_name,
        'database' AS object_type, grantee, privilege_type, is_grantable
    FROM emulator.show_database_grants
    UNION ALL
    SELECT database_name, schema_name, NULL, 'schema', grantee, privilege_type, is_grantable
    FROM emulator.show_schema_grants
    UNION ALL
    SELECT database_name, schema_name, table_name, 'table', grantee, privilege_type, is_grantable
    FROM emulator.show_table_grants
    ORDER BY 1, 2 NULLS FIRST, 3 NULLS FIRST, 4, 5, 6;

CREATE OR REPLACE VIEW emulator.show_databases AS
    SELECT name AS database_name, owner, NULL::text AS primary_region, NULL::text AS secondary_region,
        '{}'::text[] AS regions, NULL::text AS survival_goal
    FROM emulator.database WHERE emulator.sees_database(name) ORDER BY 1;

CREATE OR REPLACE VIEW emulator.show_tables AS
    SELECT database_name, schema_name, table_name, 'table' AS type, owner,
        NULL::bigint AS estimated_row_count, NULL::text AS locality
    FROM emulator.user_tables WHERE emulator.sees_table(oid, database_name) ORDER BY 1, 2, 3;

CREATE OR REPLACE VIEW emulator.pg_roles AS
    SELECT r.oid, r.rolname, r.rolsuper, true AS rolinherit,
        r.rolname IN ('admin', 'root') OR EXISTS (
            SELECT FROM emulator.role_option o WHERE o.role = r.rolname AND o.option = 'CREATEROLE'
        ) AS rolcreaterole,
        r.rolname IN ('admin', 'root') OR EXISTS (
            SELECT FROM emulator.role_option o WHERE o.role = r.rolname AND o.option = 'CREATEDB'
        ) AS rolcreatedb,
        false AS rolcatupdate, r.can_login AS rolcanlogin, r.rolsuper AS rolreplication,
        -1 AS rolconnlimit, '********'::text AS rolpassword,
        (SELECT o.value::timestamptz FROM emulator.role_option o
         WHERE o.role = r.rolname AND o.option = 'VALID UNTIL') AS rolvaliduntil,
        r.rolsuper AS rolbypassrls, NULL::text[] AS rolconfig
    FROM emulator.user_roles r;

CREATE OR REPLACE VIEW emulator.pg_auth_members AS
    SELECT a.roleid, a.member, NULL::oid AS grantor, a.admin_option
    FROM pg_catalog.pg_auth_members a
    JOIN emulator.user_roles g ON g.oid = a.roleid JOIN emulator.user_roles m ON m.oid = a.member;

CREATE OR REPLACE VIEW emulator.pg_database AS
    SELECT n.oid, d.name::name AS datname, 6 AS encoding, 'en_US.utf8'::name AS datcollate,
        'en_US.utf8'::name AS datctype, false AS datistemplate, true AS datallowconn,
        (SELECT a.oid FROM pg_catalog.pg_authid a WHERE a.rolname = d.owner) AS datdba,
        -1 AS datconnlimit, NULL::text[] AS datacl
    FROM emulator.database d JOIN pg_catalog.pg_namespace n ON n.nspname = d.name || '.public';

CREATE OR REPLACE VIEW emulator.pg_namespace AS
    SELECT * FROM emulator.namespaces_of(emulator.current_database());

CREATE OR REPLACE VIEW emulator.pg_class AS
    SELECT * FROM emulator.classes_of(emulator.current_database());

-- The user of the session and every role it is a member of; nobody else's, even for admins.
CREATE OR REPLACE VIEW emulator.enabled_roles AS
    SELECT r AS role_name FROM emulator.roles_of(session_user::text) t(r) WHERE r <> 'public';

CREATE OR REPLACE VIEW emulator.tables AS
    SELECT t.database_name AS table_catalog, t.schema_name AS table_schema, t.table_name,
        'BASE TABLE'::text AS table_type, 'YES'::text AS is_insertable_into, NULL::bigint AS version
    FROM emulator.user_tables t
    WHERE t.database_name = emulator.current_database()
      AND (pg_catalog.has_table_privilege(session_user, t.oid, 'SELECT, INSERT, UPDATE, DELETE'));

CREATE OR REPLACE VIEW emulator.schemata AS
    SELECT emulator.current_database() AS catalog_name, nspname::text AS schema_name,
        NULL::text AS default_character_set_name, NULL::text AS sql_path
    FROM emulator.pg_namespace;

CREATE OR REPLACE VIEW emulator.columns AS
    SELECT t.database_name AS table_catalog, t.schema_name AS table_schema, t.table_name,
        a.attname::text AS column_name, a.attnum::bigint AS ordinal_position,
        CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable,
        CASE WHEN y.typcategory = 'A' THEN 'ARRAY'
            ELSE pg_catalog.format_type(a.atttypid, NULL) END AS data_type
    FROM emulator.user_tables t
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
    WHERE t.database_name = emulator.current_database()
      AND (pg_catalog.has_table_privilege(session_user, t.oid, 'SELECT, INSERT, UPDATE, DELETE'));

GRANT SELECT ON emulator.show_role_grants, emulator.show_system_grants, emulator.show_database_grants,
    emulator.show_schema_grants, emulator.show_table_grants, emulator.show_grants, emulator.show_databases, emulator.show_tables,
    emulator.pg_roles, emulator.pg_auth_members, emulator.pg_database, emulator.pg_namespace,
    emulator.pg_class, emulator.enabled_roles, emulator.tables, emulator.schemata, emulator.columns TO PUBLIC;
