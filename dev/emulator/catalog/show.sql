-- SHOW .. GRANTS for given roles; a NULL list means everybody's.

CREATE OR REPLACE PROCEDURE emulator.need_roles(roles text[])
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY coalesce(roles, '{}') LOOP
        IF one <> 'public' THEN
            CALL emulator.need_role(one);
        END IF;
    END LOOP;
END $$;

-- Whose grants are listed for roles: their own and, where the version says so, what they inherit.
CREATE OR REPLACE FUNCTION emulator.grantees(roles text[], inherited text) RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.need_roles(roles);
    IF roles IS NULL OR inherited = 'nothing' THEN
        RETURN roles;
    END IF;
    RETURN roles
        || ARRAY(SELECT r FROM unnest(roles) a(one), emulator.roles_of(one) b(r) WHERE r <> 'public')
        || CASE WHEN inherited = 'roles and public' THEN ARRAY['public'] ELSE '{}' END;
END $$;

DROP FUNCTION IF EXISTS emulator.system_grants_of(text[], boolean);
CREATE OR REPLACE FUNCTION emulator.system_grants_of(roles text[], inherited text, admins_only boolean)
RETURNS SETOF emulator.show_system_grants LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    whose text[];
BEGIN
    IF admins_only AND NOT emulator.is_admin(session_user) THEN
        CALL emulator.fail('42501', format(
            'user %s does not have SELECT privilege on relation privileges', session_user));
    END IF;
    whose := emulator.grantees(roles, inherited);
    RETURN QUERY SELECT * FROM emulator.show_system_grants g WHERE whose IS NULL OR g.grantee = ANY (whose);
END $$;

-- Memberships of roles are listed for a member with those of its roles; of a named role, only its own.
DROP FUNCTION IF EXISTS emulator.role_grants_of(text[], text[]);
CREATE OR REPLACE FUNCTION emulator.role_grants_of(roles text[], members text[], inherited text)
RETURNS SETOF emulator.show_role_grants LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    whose text[];
BEGIN
    CALL emulator.need_roles(roles);
    whose := emulator.grantees(members, CASE WHEN roles IS NULL THEN inherited ELSE 'nothing' END);
    RETURN QUERY SELECT * FROM emulator.show_role_grants g
        WHERE (roles IS NULL OR g.role_name = ANY (roles))
          AND (whose IS NULL OR g.member = ANY (whose));
END $$;

DROP FUNCTION IF EXISTS emulator.database_grants_of(text[], text[]);
CREATE OR REPLACE FUNCTION emulator.database_grants_of(names text[], roles text[], inherited text)
RETURNS SETOF emulator.show_database_grants LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    one text;
    whose text[];
BEGIN
    FOREACH one IN ARRAY names LOOP
        CALL emulator.need_database(one);
    END LOOP;
    whose := emulator.grantees(roles, inherited);
    RETURN QUERY SELECT * FROM emulator.show_database_grants g
        WHERE g.database_name = ANY (names) AND (whose IS NULL OR g.grantee = ANY (whose));
END $$;

DROP FUNCTION IF EXISTS emulator.schema_grants_of(text[], text[]);
CREATE OR REPLACE FUNCTION emulator.schema_grants_of(names text[], roles text[], inherited text)
RETURNS SETOF emulator.show_schema_grants LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    one text;
    whose text[];
BEGIN
    FOREACH one IN ARRAY names LOOP
        CALL emulator.need_database(one);
    END LOOP;
    whose := emulator.grantees(roles, inherited);
    RETURN QUERY SELECT * FROM emulator.show_schema_grants g
        WHERE g.database_name = ANY (names) AND (whose IS NULL OR g.grantee = ANY (whose));
END $$;

DROP FUNCTION IF EXISTS emulator.table_grants_of(text, text, text[]);
CREATE OR REPLACE FUNCTION emulator.table_grants_of(
    database text, relation text, roles text[], inherited text
) RETURNS SETOF emulator.show_table_grants LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    wanted text := coalesce(database, emulator.current_database());
    whose text[];
BEGIN
    IF NOT EXISTS (SELECT FROM emulator.show_tables t
                   WHERE t.database_name = wanted AND t.table_name = relation) THEN
        CALL emulator.fail('42P01', format('relation "%s" does not exist',
            coalesce(database || '.public.', '') || relation));
    END IF;
    whose := emulator.grantees(roles, inherited);
    RETURN QUERY SELECT * FROM emulator.show_table_grants g
        WHERE g.database_name = wanted AND g.table_name = relation
          AND (whose IS NULL OR g.grantee = ANY (whose));
END $$;

-- Of the current database, as in CockroachDB. What users inherit from `public` is listed for schemas
-- and what is in them, and not for the database itself (show_grants.go filters by schema).
DROP FUNCTION IF EXISTS emulator.grants_of(text[]);
CREATE OR REPLACE FUNCTION emulator.grants_of(roles text[], inherited text)
RETURNS SETOF emulator.show_grants LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    whose text[] := emulator.grantees(roles, inherited);
BEGIN
    RETURN QUERY SELECT * FROM emulator.show_grants g
        WHERE g.database_name = emulator.current_database()
          AND (whose IS NULL OR g.grantee = ANY (whose))
          AND NOT (whose IS NOT NULL AND g.grantee = 'public' AND g.schema_name IS NULL
                   AND 'public' <> ALL (roles));
END $$;

CREATE OR REPLACE FUNCTION emulator.databases() RETURNS SETOF emulator.show_databases
LANGUAGE sql STABLE SET search_path = pg_catalog AS 'SELECT * FROM emulator.show_databases';

CREATE OR REPLACE FUNCTION emulator.tables_of(database text)
RETURNS TABLE (
    schema_name text, table_name text, type text, owner text, estimated_row_count bigint,
    locality text
) LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.need_database(database);
    RETURN QUERY
        SELECT t.schema_name, t.table_name, t.type, t.owner, t.estimated_row_count, t.locality
        FROM emulator.show_tables t WHERE t.database_name = database;
END $$;

-- Advisory locks of sessions are stubs in CockroachDB: they always succeed and lock nothing.
CREATE OR REPLACE FUNCTION emulator.pg_advisory_lock(key bigint) RETURNS boolean
LANGUAGE sql AS 'SELECT true';
CREATE OR REPLACE FUNCTION emulator.pg_advisory_lock(key1 integer, key2 integer) RETURNS boolean
LANGUAGE sql AS 'SELECT true';
CREATE OR REPLACE FUNCTION emulator.pg_try_advisory_lock(key bigint) RETURNS boolean
LANGUAGE sql AS 'SELECT true';
CREATE OR REPLACE FUNCTION emulator.pg_try_advisory_lock(key1 integer, key2 integer) RETURNS boolean
LANGUAGE sql AS 'SELECT true';
CREATE OR REPLACE FUNCTION emulator.pg_advisory_unlock(key bigint) RETURNS boolean
LANGUAGE sql AS 'SELECT true';
CREATE OR REPLACE FUNCTION emulator.pg_advisory_unlock(key1 integer, key2 integer) RETURNS boolean
LANGUAGE sql AS 'SELECT true';
CREATE OR REPLACE FUNCTION emulator.pg_advisory_unlock_all() RETURNS boolean
LANGUAGE sql AS 'SELECT true';
