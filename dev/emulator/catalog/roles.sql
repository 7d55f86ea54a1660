-- CREATE, ALTER and DROP of users and roles.

-- A password, its validity and the right to log in are CREATELOGIN's to give.
CREATE OR REPLACE PROCEDURE emulator.need_login_privilege(is_new boolean, names text[])
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF names && ARRAY['CREATELOGIN', 'NOCREATELOGIN', 'PASSWORD', 'VALID UNTIL', 'LOGIN']
        OR ('NOLOGIN' = ANY (names)) <> is_new
    THEN
        CALL emulator.need('CREATELOGIN');
    END IF;
END $$;

CREATE OR REPLACE PROCEDURE emulator.apply_option(role_name text, option_name text, given text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF option_name = 'PASSWORD' THEN
        IF given = '' THEN
            CALL emulator.fail('XXUUU', 'empty passwords are not permitted');
        END IF;
        EXECUTE format('ALTER ROLE %I PASSWORD %L', role_name, given);
    ELSIF option_name IN ('NOLOGIN', 'NOSQLLOGIN') THEN
        INSERT INTO emulator.role_option VALUES (role_name, option_name) ON CONFLICT DO NOTHING;
    ELSIF option_name IN ('LOGIN', 'SQLLOGIN') THEN
        DELETE FROM emulator.role_option o WHERE o.role = role_name AND o.option = 'NO' || option_name;
    ELSIF option_name LIKE 'NO%' THEN
        DELETE FROM emulator.role_option o
        WHERE o.role = role_name AND o.option = substr(option_name, 3);
    ELSIF option_name IN ('VALID UNTIL', 'SUBJECT', 'PROVISIONSRC') AND given IS NULL THEN
        DELETE FROM emulator.role_option o WHERE o.role = role_name AND o.option = option_name;
    ELSE
        IF option_name = 'VALID UNTIL' THEN
            given := given::timestamptz::text;
        END IF;
        INSERT INTO emulator.role_option VALUES (role_name, option_name, given)
        ON CONFLICT (role, option) DO UPDATE SET value = excluded.value;
    END IF;
END $$;

CREATE OR REPLACE PROCEDURE emulator.apply_options(role_name text, names text[], given text[])
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(names, 1), 0) LOOP
        CALL emulator.apply_option(role_name, names[i], given[i]);
    END LOOP;
END $$;

-- `problem` is what is wrong with the name itself (code, message, hint), told after the privileges.
CREATE OR REPLACE PROCEDURE emulator.create_role(
    role_name text, problem text[], if_not_exists boolean, names text[], given text[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.need('CREATEROLE');
    CALL emulator.need_login_privilege(true, names);
    IF problem IS NOT NULL THEN
        CALL emulator.fail(problem[1], problem[2], NULL, problem[3]);
    END IF;
    CALL emulator.take_turn();
    IF emulator.role_exists(role_name) THEN
        IF NOT if_not_exists THEN
            CALL emulator.fail('42710', format('a role/user named %s already exists', role_name));
        END IF;
        RETURN;
    END IF;
    EXECUTE format('CREATE ROLE %I LOGIN', role_name);
    CALL emulator.apply_options(role_name, names, given);
END $$;

CREATE OR REPLACE FUNCTION emulator.is_provisioned(role_name text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT EXISTS (
        SELECT FROM emulator.role_option o WHERE o.role = role_name AND o.option = 'PROVISIONSRC'
    )
$$;

CREATE OR REPLACE PROCEDURE emulator.fail_provisioned(role_name text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.fail('42501', format(
        'cannot alter PASSWORD/PROVISIONSRC option for provisioned user %s', role_name));
END $$;

CREATE OR REPLACE PROCEDURE emulator.alter_role(
    role_name text, if_exists boolean, names text[], given text[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    -- Where the cluster says so, anybody may change their own password; a user made by a token never may.
    IF role_name = session_user AND 'PASSWORD' = ANY (names) AND emulator.is_provisioned(role_name) THEN
        CALL emulator.fail_provisioned(role_name);
    ELSIF NOT (role_name = session_user AND names = ARRAY['PASSWORD'] AND given[1] IS NOT NULL
        AND coalesce(emulator.live_setting('sql.auth.change_own_password.enabled'), 'false')::boolean)
    THEN
        CALL emulator.need('CREATEROLE');
        CALL emulator.need_login_privilege(false, names);
    END IF;
    IF 'PROVISIONSRC' = ANY (names) THEN
        CALL emulator.fail_provisioned(role_name);
    END IF;
    IF role_name = 'admin' THEN
        CALL emulator.fail('XXUUU', 'cannot edit admin role');
    END IF;
    CALL emulator.take_turn();
    IF if_exists AND NOT emulator.role_exists(role_name) THEN
        RETURN;
    END IF;
    CALL emulator.need_role(role_name);
    IF emulator.is_admin(role_name) AND NOT emulator.is_admin(session_user) THEN
        CALL emulator.fail('42501', 'only users with the admin role are allowed to ALTER ROLE admin');
    END IF;
    CALL emulator.apply_options(role_name, names, given);
END $$;

-- The databases and tables that any of the roles holds grants on, in CockroachDB's spelling.
CREATE OR REPLACE FUNCTION emulator.granted_to(role_names text[]) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
    RETURN QUERY SELECT d.name FROM emulator.database d WHERE role_names && ARRAY['admin', 'root']
    UNION
    SELECT g.database FROM emulator.database_grant g WHERE g.grantee = ANY (role_names)
    UNION
    SELECT n.nspname || '.' || c.relname
    FROM pg_authid a
    JOIN pg_shdepend s ON s.refclassid = 'pg_authid'::regclass AND s.refobjid = a.oid
    JOIN pg_class c ON c.oid = s.objid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.rolname = ANY (role_names) AND s.classid = 'pg_class'::regclass AND s.deptype = 'a'
    UNION
    SELECT n.nspname::text
    FROM pg_authid a
    JOIN pg_shdepend s ON s.refclassid = 'pg_authid'::regclass AND s.refobjid = a.oid
    JOIN pg_namespace n ON n.oid = s.objid
    WHERE a.rolname = ANY (role_names) AND s.classid = 'pg_namespace'::regclass AND s.deptype = 'a'
    ORDER BY 1;
END $$;

-- What else depends on the roles, one line each.
CREATE OR REPLACE FUNCTION emulator.bound_to(role_names text[])
RETURNS TABLE (role_name text, line text) LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
    RETURN QUERY SELECT d.owner, 'owner of database ' || d.name
    FROM emulator.database d WHERE d.owner = ANY (role_names)
    UNION ALL
    SELECT a.rolname::text, 'owner of schema ' || n.nspname
    FROM pg_authid a
    JOIN pg_namespace n ON n.nspowner = a.oid
    JOIN emulator.database d ON n.nspname = d.name || '.public' AND d.owner <> a.rolname
    WHERE a.rolname = ANY (role_names)
    UNION ALL
    SELECT a.rolname::text, 'owner of table ' || n.nspname || '.' || c.relname
    FROM pg_authid a
    JOIN pg_class c ON c.relowner = a.oid AND c.relkind = 'r'
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.rolname = ANY (role_names)
    UNION ALL
    SELECT g.grantee, 'privileges on system: ' || string_agg(g.privilege, ', ' ORDER BY g.privilege)
    FROM emulator.system_grant g WHERE g.grantee = ANY (role_names) GROUP BY g.grantee;
END $$;

CREATE OR REPLACE PROCEDURE emulator.drop_roles(names text[], problem text[], if_exists boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    one text;
    found text[] := '{}';
BEGIN
    CALL emulator.need('CREATEROLE');
    IF problem IS NOT NULL THEN
        CALL emulator.fail(problem[1], problem[2], NULL, problem[3]);
    END IF;
    CALL emulator.take_turn();
    FOREACH one IN ARRAY names LOOP
        IF emulator.role_exists(one) THEN
            IF emulator.is_admin(one) AND NOT emulator.is_admin(session_user) THEN
                CALL emulator.fail('42501', 'must be superuser to drop superusers');
            END IF;
            found := found || one;
        ELSIF NOT if_exists THEN
            CALL emulator.need_role(one);
        END IF;
    END LOOP;
    CALL emulator.need_unbound(found);
    IF cardinality(found) > 0 THEN
        EXECUTE 'DROP ROLE ' || (SELECT string_agg(quote_ident(r), ', ') FROM unnest(found) t(r));
    END IF;
    DELETE FROM emulator.role_option o WHERE o.role = ANY (found);
    DELETE FROM emulator.last_login l WHERE l.role = ANY (found);
    -- Indirect members of admin may have lost what made them so.
    CALL emulator.mark_admins();
END $$;

-- Refuses while anything is granted to one of the roles, or owned by it.
CREATE OR REPLACE PROCEDURE emulator.need_unbound(role_names text[])
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    named text;
    objects text;
    one text;
BEGIN
    SELECT string_agg(quote_ident(r), ', ') INTO named FROM unnest(role_names) t(r);
    SELECT string_agg(g, ', ') INTO objects FROM emulator.granted_to(role_names) t(g);
    IF objects IS NOT NULL THEN
        CALL emulator.fail('2BP01', format(
            CASE WHEN cardinality(role_names) > 1
                THEN 'cannot drop roles/users %s: grants still exist on %s'
                ELSE 'cannot drop role/user %s: grants still exist on %s' END,
            named, objects));
    END IF;
    SELECT b.role_name, string_agg(b.line, E'\n' ORDER BY b.line) INTO one, objects
    FROM emulator.bound_to(role_names) b
    GROUP BY 1 ORDER BY array_position(role_names, b.role_name) LIMIT 1;
    IF objects IS NOT NULL THEN
        CALL emulator.fail('2BP01', format(
            E'role %s cannot be dropped because some objects depend on it\n%s', one, objects));
    END IF;
END $$;
