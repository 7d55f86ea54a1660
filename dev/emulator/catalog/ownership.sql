-- Who owns databases, schemas and tables, what everybody gets on them, and who sees them.

-- What a new database gives to everybody. Folders of before this file existed have it too from now on.
DO $$
DECLARE
    one text;
BEGIN
    IF EXISTS (SELECT FROM emulator.database_grant WHERE grantee = 'public' AND database = 'system') THEN
        RETURN;
    END IF;
    INSERT INTO emulator.database_grant SELECT name, 'public', 'CONNECT' FROM emulator.database;
    FOR one IN SELECT name || '.public' FROM emulator.database WHERE name <> 'system' LOOP
        EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO PUBLIC', one);
    END LOOP;
END $$;

-- Any privilege on a database shows it, and what is in it.
CREATE OR REPLACE FUNCTION emulator.sees_database(database_name text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN emulator.is_admin(session_user)
        OR EXISTS (
            SELECT FROM emulator.database d
            WHERE d.name = database_name AND d.owner IN (SELECT emulator.roles_of(session_user))
        )
        OR EXISTS (
            SELECT FROM emulator.database_grant g
            WHERE g.database = database_name AND g.grantee IN (SELECT emulator.roles_of(session_user))
        );
END $$;

CREATE OR REPLACE FUNCTION emulator.sees_table(table_id oid, database_name text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
    RETURN has_table_privilege(session_user, table_id, 'SELECT, INSERT, UPDATE, DELETE')
        OR emulator.sees_database(database_name);
END $$;

-- The system catalogs of one database.
CREATE OR REPLACE FUNCTION emulator.classes_of(database_name text)
RETURNS TABLE (oid oid, relname name, relnamespace oid, relowner oid, relkind "char")
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN QUERY SELECT c.oid, c.relname, c.relnamespace, c.relowner, c.relkind
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_index i ON i.indexrelid = c.oid
        WHERE n.nspname = database_name || '.public' AND c.relkind IN ('r', 'i')
          AND emulator.sees_table(coalesce(i.indrelid, c.oid), database_name);
END $$;

CREATE OR REPLACE FUNCTION emulator.namespaces_of(database_name text)
RETURNS TABLE (oid oid, nspname name, nspowner oid, nspacl text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN QUERY SELECT n.oid, 'public'::name, n.nspowner, NULL::text[] FROM pg_namespace n
        WHERE n.nspname = database_name || '.public' AND emulator.sees_database(database_name)
        UNION ALL
        SELECT n.oid, n.nspname, NULL::oid, NULL::text[] FROM pg_namespace n
        WHERE n.nspname IN ('pg_catalog', 'information_schema', 'crdb_internal');
END $$;

CREATE OR REPLACE PROCEDURE emulator.need_database(database_name text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT emulator.database_exists(database_name) THEN
        CALL emulator.fail('3D000', format('database "%s" does not exist', database_name));
    END IF;
END $$;

-- `db.pg_catalog.pg_class`, and so on: the same of a database that is named.
CREATE OR REPLACE FUNCTION emulator.pg_class(database_name text)
RETURNS TABLE (oid oid, relname name, relnamespace oid, relowner oid, relkind "char")
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.need_database(database_name);
    RETURN QUERY SELECT * FROM emulator.classes_of(database_name);
END $$;

CREATE OR REPLACE FUNCTION emulator.pg_namespace(database_name text)
RETURNS TABLE (oid oid, nspname name, nspowner oid, nspacl text[])
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.need_database(database_name);
    RETURN QUERY SELECT * FROM emulator.namespaces_of(database_name);
END $$;

-- Admins own everything; others what they or their roles own.
CREATE OR REPLACE FUNCTION emulator.owns(owner text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
    RETURN emulator.is_admin(session_user) OR owner IN (SELECT emulator.roles_of(session_user));
END $$;

CREATE OR REPLACE FUNCTION emulator.schema_owner(database_name text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = database_name || '.public'
$$;

-- Privileges on the schema `public` of databases.
CREATE OR REPLACE PROCEDURE emulator.check_schema_grant(
    databases text[], privileges text[], grantees text[], code text
) LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY databases LOOP
        CALL emulator.need_database(one);
        IF NOT emulator.owns(emulator.schema_owner(one)) THEN
            CALL emulator.lacks_grant_option(privileges, code);
        END IF;
    END LOOP;
    CALL emulator.need_roles(grantees);
END $$;

CREATE OR REPLACE PROCEDURE emulator.change_schema_grant(
    verb text, databases text[], privileges text[], grantees text[], tail text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    pair record;
BEGIN
    CALL emulator.take_turn();
    CALL emulator.check_schema_grant(databases, privileges, grantees,
        CASE WHEN verb LIKE 'GRANT%' THEN '01007' ELSE '01006' END);
    FOR pair IN
        SELECT d || '.public' AS schema_name,
            CASE g WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(g) END AS grantee
        FROM unnest(databases) a(d), unnest(grantees) b(g)
    LOOP
        EXECUTE format('%s %s ON SCHEMA %I %s %s', verb, array_to_string(privileges, ', '),
            pair.schema_name, CASE WHEN verb LIKE 'GRANT%' THEN 'TO' ELSE 'FROM' END, pair.grantee)
            || tail;
    END LOOP;
END $$;

CREATE OR REPLACE PROCEDURE emulator.lacks_grant_option(privileges text[], code text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.fail(code, format(
        CASE WHEN cardinality(privileges) > 1
            THEN 'user %s missing WITH GRANT OPTION privilege on one or more of %s'
            ELSE 'user %s missing WITH GRANT OPTION privilege on %s' END,
        session_user, array_to_string(privileges, ', ')));
END $$;

-- ALTER .. OWNER TO.
CREATE OR REPLACE PROCEDURE emulator.check_new_owner(what text, owner text, new_owner text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.need_role(new_owner);
    IF NOT emulator.owns(owner) THEN
        CALL emulator.fail('42501', 'must be owner of ' || what);
    ELSIF NOT emulator.owns(new_owner) THEN
        CALL emulator.fail('42501', format('must be member of role "%s"', new_owner));
    END IF;
END $$;

CREATE OR REPLACE PROCEDURE emulator.own_database(database_name text, new_owner text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    owner text;
BEGIN
    CALL emulator.take_turn();
    CALL emulator.need_database(database_name);
    SELECT d.owner INTO owner FROM emulator.database d WHERE d.name = database_name;
    CALL emulator.check_new_owner('database ' || database_name, owner, new_owner);
    CALL emulator.need('CREATEDB');
    UPDATE emulator.database d SET owner = new_owner WHERE d.name = database_name;
END $$;

CREATE OR REPLACE PROCEDURE emulator.own_schema(database_name text, new_owner text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.take_turn();
    CALL emulator.need_database(database_name);
    CALL emulator.check_new_owner('schema "public"', emulator.schema_owner(database_name), new_owner);
    EXECUTE format('ALTER SCHEMA %I OWNER TO %I', database_name || '.public', new_owner);
END $$;

CREATE OR REPLACE PROCEDURE emulator.own_table(database_name text, relation text, new_owner text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    wanted text := coalesce(database_name, emulator.current_database());
    owner text;
BEGIN
    CALL emulator.take_turn();
    SELECT t.owner INTO owner FROM emulator.user_tables t
    WHERE t.database_name = wanted AND t.table_name = relation;
    IF NOT FOUND THEN
        CALL emulator.fail('42P01', format('relation "%s" does not exist',
            coalesce(database_name || '.public.', '') || relation));
    END IF;
    CALL emulator.check_new_owner('table ' || relation, owner, new_owner);
    IF NOT has_schema_privilege(new_owner, wanted || '.public', 'CREATE') THEN
        CALL emulator.fail('42501', format(
            'user %s does not have CREATE privilege on schema public', new_owner));
    END IF;
    EXECUTE format('ALTER TABLE %I.%I OWNER TO %I', wanted || '.public', relation, new_owner);
END $$;
