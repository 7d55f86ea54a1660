-- Databases, and privileges on them. Privileges on tables are PostgreSQL's own.

CREATE OR REPLACE FUNCTION emulator.current_database() RETURNS text
LANGUAGE sql STABLE AS $$ SELECT current_setting('emulator.database', true) $$;

CREATE OR REPLACE FUNCTION emulator.current_schema() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT 'public' FROM emulator.database d WHERE d.name = emulator.current_database()
$$;

CREATE OR REPLACE FUNCTION emulator.version() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT build FROM emulator.cluster
$$;

CREATE OR REPLACE FUNCTION crdb_internal.cluster_id() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT id FROM emulator.cluster
$$;

CREATE OR REPLACE FUNCTION crdb_internal.node_executable_version() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT version FROM emulator.cluster
$$;

-- Nothing is counted here.
CREATE OR REPLACE FUNCTION crdb_internal.increment_feature_counter(feature text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog AS $$ SELECT true $$;

CREATE OR REPLACE FUNCTION crdb_internal.is_admin() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$ SELECT emulator.is_admin(session_user) $$;

-- Changes the caller's own search path, so it cannot have one of its own.
CREATE OR REPLACE PROCEDURE emulator.use_database(database_name text) LANGUAGE plpgsql AS $$
BEGIN
    IF NOT emulator.database_exists(database_name) THEN
        CALL emulator.fail('3D000', pg_catalog.format('database "%s" does not exist', database_name));
    END IF;
    PERFORM pg_catalog.set_config('emulator.database', database_name, false);
    PERFORM pg_catalog.set_config(
        'search_path', pg_catalog.quote_ident(database_name || '.public'), false);
END $$;

CREATE OR REPLACE FUNCTION emulator.database_exists(database_name text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT EXISTS (SELECT FROM emulator.database WHERE name = database_name)
$$;

-- `public_gets` are everybody's privileges on it; who owns its schema differs between versions.
DROP PROCEDURE IF EXISTS emulator.create_database(text, boolean);
CREATE OR REPLACE PROCEDURE emulator.create_database(
    database_name text, if_not_exists boolean, public_gets text[], admin_owns_schema boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    schema_name text := database_name || '.public';
BEGIN
    CALL emulator.need('CREATEDB');
    IF database_name = '' THEN
        CALL emulator.fail('42602', 'empty database name');
    ELSIF octet_length(schema_name) > 63 THEN
        CALL emulator.fail('0A000', 'database names over 56 bytes are not implemented in the embedded cluster');
    END IF;
    CALL emulator.take_turn();
    IF emulator.database_exists(database_name) THEN
        IF NOT if_not_exists THEN
            CALL emulator.fail('42P04', format('database "%s" already exists', database_name));
        END IF;
        RETURN;
    END IF;
    INSERT INTO emulator.database VALUES (database_name, session_user);
    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', schema_name,
        CASE WHEN admin_owns_schema THEN 'admin' ELSE session_user END);
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO PUBLIC', schema_name);
    INSERT INTO emulator.database_grant
    SELECT database_name, 'public', privilege FROM unnest(public_gets) p(privilege);
END $$;

CREATE OR REPLACE PROCEDURE emulator.drop_database(database_name text, if_exists boolean, restricted boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    database_owner text;
BEGIN
    CALL emulator.take_turn();
    SELECT owner INTO database_owner FROM emulator.database WHERE name = database_name;
    IF NOT FOUND THEN
        IF NOT if_exists THEN
            CALL emulator.fail('3D000', format('database "%s" does not exist', database_name));
        END IF;
        RETURN;
    END IF;
    IF database_name = 'system' THEN
        CALL emulator.fail('42501', format('user %s does not have DROP privilege on database system', session_user));
    ELSIF NOT (emulator.is_admin(session_user)
        OR database_owner IN (SELECT emulator.roles_of(session_user))
        OR emulator.granted_on(database_name, 'DROP'))
    THEN
        CALL emulator.fail('42501', format(
            'user %s does not have DROP privilege on database %s', session_user, database_name));
    ELSIF restricted AND EXISTS (
        SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = database_name || '.public' AND c.relkind = 'r'
    ) THEN
        CALL emulator.fail('2BP01', format(
            'database "%s" is not empty and RESTRICT was specified', database_name));
    END IF;
    EXECUTE format('DROP SCHEMA %I CASCADE', database_name || '.public');
    DELETE FROM emulator.database WHERE name = database_name;
END $$;

CREATE OR REPLACE FUNCTION emulator.granted_on(database_name text, wanted text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT EXISTS (
        SELECT FROM emulator.database_grant g
        WHERE g.database = database_name AND g.privilege IN (wanted, 'ALL')
          AND g.grantee IN (SELECT emulator.roles_of(session_user))
    )
$$;

DROP PROCEDURE IF EXISTS emulator.check_database_grant(text[], text[], text[]);
CREATE OR REPLACE PROCEDURE emulator.check_database_grant(
    names text[], privileges text[], grantees text[], code text
) LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY names LOOP
        IF NOT emulator.database_exists(one) THEN
            CALL emulator.fail('3D000', format('database "%s" does not exist', one));
        ELSIF NOT emulator.is_admin(session_user) AND NOT EXISTS (
            SELECT FROM emulator.database d
            WHERE d.name = one AND d.owner IN (SELECT emulator.roles_of(session_user))
        ) THEN
            CALL emulator.lacks_grant_option(privileges, code);
        END IF;
    END LOOP;
    CALL emulator.need_roles(grantees);
END $$;

-- CREATE on a database is about schemas; tables need CREATE on a schema.
CREATE OR REPLACE PROCEDURE emulator.grant_database(
    names text[], privileges text[], grantees text[], with_grant boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.take_turn();
    CALL emulator.check_database_grant(names, privileges, grantees, '01007');
    INSERT INTO emulator.database_grant AS held
    SELECT n, g, p, with_grant FROM unnest(names) a(n), unnest(grantees) b(g), unnest(privileges) c(p)
    ON CONFLICT (database, grantee, privilege) DO UPDATE SET grantable = held.grantable OR with_grant;
END $$;

CREATE OR REPLACE PROCEDURE emulator.revoke_database(
    names text[], privileges text[], grantees text[], only_grant_option boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.take_turn();
    CALL emulator.check_database_grant(names, privileges, grantees, '01006');
    IF only_grant_option THEN
        UPDATE emulator.database_grant h SET grantable = false
        WHERE h.database = ANY (names) AND h.grantee = ANY (grantees)
          AND (h.privilege = ANY (privileges) OR 'ALL' = ANY (privileges));
    ELSE
        DELETE FROM emulator.database_grant h
        WHERE h.database = ANY (names) AND h.grantee = ANY (grantees)
          AND (h.privilege = ANY (privileges) OR 'ALL' = ANY (privileges));
    END IF;
END $$;

DROP PROCEDURE IF EXISTS emulator.pass_on_create(text[], text[]);
