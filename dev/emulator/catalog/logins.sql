-- What a login leaves behind: its time, a new user, other memberships.

CREATE TABLE IF NOT EXISTS emulator.last_login (
    role text PRIMARY KEY,
    at timestamptz NOT NULL
);

CREATE OR REPLACE PROCEDURE emulator.note_login(role_name text)
LANGUAGE sql SET search_path = pg_catalog AS $$
    INSERT INTO emulator.last_login VALUES (role_name, clock_timestamp())
    ON CONFLICT (role) DO UPDATE SET at = excluded.at
$$;

CREATE OR REPLACE FUNCTION emulator.users_and_last_logins()
RETURNS TABLE (
    username text, options text[], member_of text[], estimated_last_login_time timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RAISE INFO 'estimated_last_login_time is computed on a best effort basis; it is not guaranteed to capture every login event';
    RETURN QUERY SELECT u.username, u.options, u.member_of, l.at
        FROM emulator.users_and_options() u LEFT JOIN emulator.last_login l ON l.role = u.username
        ORDER BY u.username;
END $$;

-- The first login of somebody whom the issuer knows. `source` names the issuer.
CREATE OR REPLACE PROCEDURE emulator.provision_user(user_name text, source text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.take_turn();
    IF emulator.role_exists(user_name) THEN
        RETURN; -- made meanwhile
    END IF;
    EXECUTE format('CREATE ROLE %I LOGIN', user_name);
    INSERT INTO emulator.role_option VALUES (user_name, 'PROVISIONSRC', source);
END $$;

-- Every other membership is revoked, including that of admin. Roles that do not exist are left out, and
-- those that are members of the user themselves.
CREATE OR REPLACE PROCEDURE emulator.belong_only_to(user_name text, roles text[])
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    one text;
BEGIN
    CALL emulator.take_turn();
    FOR one IN
        SELECT g.role_name FROM emulator.show_role_grants g
        WHERE g.member = user_name AND g.role_name <> ALL (roles)
    LOOP
        EXECUTE format('REVOKE %I FROM %I', one, user_name);
    END LOOP;
    FOR one IN
        SELECT r FROM unnest(roles) t(r)
        WHERE emulator.role_exists(r) AND user_name NOT IN (SELECT emulator.roles_of(r))
          AND NOT EXISTS (
              SELECT FROM emulator.show_role_grants g WHERE g.member = user_name AND g.role_name = r
          )
    LOOP
        EXECUTE format('GRANT %I TO %I', one, user_name);
    END LOOP;
    CALL emulator.mark_admins();
END $$;
