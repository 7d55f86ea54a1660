-- Membership of roles, and system privileges.

-- PostgreSQL's SUPERUSER follows membership of admin, which it would not do on its own.
CREATE OR REPLACE PROCEDURE emulator.mark_admins()
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    changed record;
BEGIN
    FOR changed IN
        WITH RECURSIVE admins(id) AS (
            SELECT oid FROM pg_authid WHERE rolname = 'admin'
            UNION
            SELECT m.member FROM pg_auth_members m JOIN admins a ON m.roleid = a.id
        )
        SELECT r.rolname, i.id IS NOT NULL AS super
        FROM pg_authid r LEFT JOIN admins i ON i.id = r.oid
        WHERE r.rolname <> 'node' AND r.rolsuper <> (i.id IS NOT NULL)
    LOOP
        EXECUTE format('ALTER ROLE %I %s', changed.rolname,
            CASE WHEN changed.super THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END);
    END LOOP;
END $$;

-- Admin option on a role, held directly or through a role that holds it.
CREATE OR REPLACE FUNCTION emulator.may_give(role_name text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT EXISTS (
        SELECT FROM pg_auth_members m
        JOIN pg_authid g ON g.oid = m.roleid AND g.rolname = role_name
        JOIN pg_authid h ON h.oid = m.member
        WHERE m.admin_option AND h.rolname IN (SELECT emulator.roles_of(session_user))
    )
$$;

CREATE OR REPLACE PROCEDURE emulator.check_membership_change(roles text[], members text[])
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY roles LOOP
        IF one = 'admin' AND NOT emulator.may_give('admin') THEN
            CALL emulator.fail('42501', format('%s is not a role admin for role admin', session_user));
        ELSIF one <> 'admin' AND NOT emulator.holds(session_user, 'CREATEROLE')
            AND NOT emulator.may_give(one)
        THEN
            CALL emulator.fail('42501', format(
                '%s is not a superuser or role admin for role %s', session_user, one));
        END IF;
    END LOOP;
    FOREACH one IN ARRAY roles || members LOOP
        CALL emulator.need_role(one);
    END LOOP;
END $$;

CREATE OR REPLACE PROCEDURE emulator.grant_roles(roles text[], members text[], with_admin boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    role_name text;
    member_name text;
    admins_change boolean := false;
BEGIN
    CALL emulator.take_turn();
    CALL emulator.check_membership_change(roles, members);
    FOREACH role_name IN ARRAY roles LOOP
        FOREACH member_name IN ARRAY members LOOP
            IF role_name = member_name THEN
                CALL emulator.fail('0LP01', format('%s cannot be a member of itself', role_name));
            ELSIF member_name IN (SELECT emulator.roles_of(role_name)) THEN
                CALL emulator.fail('0LP01', format(
                    'making %s a member of %s would create a cycle', member_name, role_name));
            END IF;
            EXECUTE format('GRANT %I TO %I', role_name, member_name)
                || CASE WHEN with_admin THEN ' WITH ADMIN OPTION' ELSE '' END;
            admins_change := admins_change OR emulator.is_admin(role_name);
        END LOOP;
    END LOOP;
    IF admins_change THEN
        CALL emulator.mark_admins();
    END IF;
END $$;

CREATE OR REPLACE PROCEDURE emulator.revoke_roles(roles text[], members text[], only_admin_option boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    role_name text;
    member_name text;
BEGIN
    CALL emulator.take_turn();
    CALL emulator.check_membership_change(roles, members);
    IF 'admin' = ANY (roles) AND 'root' = ANY (members) THEN
        CALL emulator.fail('42501',
            'role/user root cannot be removed from role admin or lose the ADMIN OPTION');
    END IF;
    FOREACH role_name IN ARRAY roles LOOP
        FOREACH member_name IN ARRAY members LOOP
            EXECUTE format('REVOKE %s %I FROM %I',
                CASE WHEN only_admin_option THEN 'ADMIN OPTION FOR' ELSE '' END,
                role_name, member_name);
        END LOOP;
    END LOOP;
    CALL emulator.mark_admins();
END $$;

CREATE OR REPLACE PROCEDURE emulator.check_system_grant(privileges text[], grantees text[])
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY privileges LOOP
        IF NOT emulator.is_admin(session_user) AND NOT EXISTS (
            SELECT FROM emulator.system_grant g
            WHERE g.privilege IN (one, 'ALL') AND g.grantable
              AND g.grantee IN (SELECT emulator.roles_of(session_user))
        ) THEN
            CALL emulator.fail('42501', format(
                'user %s missing WITH GRANT OPTION privilege on one or more of %s',
                session_user, array_to_string(privileges, ', ')));
        END IF;
    END LOOP;
    FOREACH one IN ARRAY grantees LOOP
        IF one <> 'public' THEN
            CALL emulator.need_role(one);
        END IF;
    END LOOP;
END $$;

CREATE OR REPLACE PROCEDURE emulator.grant_system(privileges text[], grantees text[], with_grant boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.take_turn();
    CALL emulator.check_system_grant(privileges, grantees);
    INSERT INTO emulator.system_grant AS held
    SELECT grantee, privilege, with_grant
    FROM unnest(privileges) p(privilege), unnest(grantees) g(grantee)
    ON CONFLICT (grantee, privilege) DO UPDATE SET grantable = held.grantable OR with_grant;
END $$;

CREATE OR REPLACE PROCEDURE emulator.revoke_system(
    privileges text[], grantees text[], only_grant_option boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.take_turn();
    CALL emulator.check_system_grant(privileges, grantees);
    IF only_grant_option THEN
        UPDATE emulator.system_grant g SET grantable = false
        WHERE g.grantee = ANY (grantees) AND (g.privilege = ANY (privileges) OR 'ALL' = ANY (privileges));
    ELSE
        DELETE FROM emulator.system_grant g
        WHERE g.grantee = ANY (grantees) AND (g.privilege = ANY (privileges) OR 'ALL' = ANY (privileges));
    END IF;
END $$;
