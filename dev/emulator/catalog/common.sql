-- Refusals, and who may do what.

CREATE OR REPLACE PROCEDURE emulator.fail(
    code text, message text, detail text DEFAULT NULL, hint text DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    -- Empty fields never leave the front end.
    RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message,
        DETAIL = coalesce(detail, ''), HINT = coalesce(hint, '');
END $$;

-- Statements that change nothing here.
CREATE OR REPLACE PROCEDURE emulator.nothing() LANGUAGE sql AS '';

-- Functions that run for every statement are in PL/pgSQL, which keeps their plans.
CREATE OR REPLACE FUNCTION emulator.role_exists(role_name text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN role_name <> 'node' AND role_name NOT LIKE 'pg\_%'
        AND EXISTS (SELECT FROM pg_authid WHERE rolname = role_name::name);
END $$;

CREATE OR REPLACE PROCEDURE emulator.need_role(role text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT emulator.role_exists(role) THEN
        CALL emulator.fail('42704', format('role/user "%s" does not exist', role));
    END IF;
END $$;

-- Writers of users, memberships, databases and grants take turns until they commit, as their
-- transactions on CockroachDB do by bumping the versions of the same system tables. Locks with two
-- keys are apart from those with one, which clients may take.
CREATE OR REPLACE PROCEDURE emulator.take_turn() LANGUAGE sql AS $$
    SELECT pg_catalog.pg_advisory_xact_lock(26257, 0)
$$;

CREATE OR REPLACE FUNCTION emulator.is_admin(role_name text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN EXISTS (SELECT FROM pg_authid WHERE rolname = role_name::name AND rolsuper);
END $$;

-- A role, everything it is a member of, and `public`.
CREATE OR REPLACE FUNCTION emulator.roles_of(role_name text) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN QUERY WITH RECURSIVE reached(id) AS (
        SELECT oid FROM pg_authid WHERE rolname = role_name::name
        UNION
        SELECT m.roleid FROM pg_auth_members m JOIN reached r ON m.member = r.id
    )
    SELECT a.rolname::text FROM reached r JOIN pg_authid a ON a.oid = r.id
    UNION ALL SELECT 'public';
END $$;

-- Held by admins, by a system privilege of any of its roles, or by its own role option.
CREATE OR REPLACE FUNCTION emulator.holds(role_name text, wanted text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN emulator.is_admin(role_name)
        OR EXISTS (
            SELECT FROM emulator.role_option o WHERE o.role = role_name AND o.option = wanted
        )
        OR EXISTS (
            SELECT FROM emulator.system_grant g
            WHERE g.privilege IN (wanted, 'ALL')
              AND g.grantee IN (SELECT emulator.roles_of(role_name))
        );
END $$;

CREATE OR REPLACE PROCEDURE emulator.need(privilege_name text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT emulator.holds(session_user, privilege_name) THEN
        CALL emulator.fail(
            '42501', format('user %s does not have %s privilege', session_user, privilege_name)
        );
    END IF;
END $$;
