-- Open sessions. PostgreSQL has one connection for each, and some that a client has left; those of
-- `node` are the front end's own.

CREATE UNLOGGED TABLE IF NOT EXISTS emulator.kept_connection (
    pid integer PRIMARY KEY,
    backend_start timestamptz NOT NULL,
    began timestamptz -- of the session that uses it; NULL for none
);

CREATE OR REPLACE PROCEDURE emulator.leave_session()
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    INSERT INTO emulator.kept_connection
    SELECT a.pid, a.backend_start, NULL FROM pg_stat_get_activity(pg_backend_pid()) a
    ON CONFLICT (pid) DO UPDATE SET backend_start = excluded.backend_start, began = NULL
$$;

-- `session_user` fails if the user has been dropped meanwhile.
CREATE OR REPLACE PROCEDURE emulator.enter_session()
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE emulator.kept_connection SET began = clock_timestamp()
    WHERE pid = pg_backend_pid() AND session_user IS NOT NULL
$$;

CREATE OR REPLACE VIEW emulator.open_sessions AS
    SELECT a.pid, a.usename::text AS user_name, a.application_name,
        coalesce(k.began, a.backend_start) AS began
    FROM pg_stat_activity a
    LEFT JOIN emulator.kept_connection k ON k.pid = a.pid AND k.backend_start = a.backend_start
    WHERE a.backend_type = 'client backend' AND a.usename <> 'node'
      AND (k.pid IS NULL OR k.began IS NOT NULL);

CREATE OR REPLACE FUNCTION emulator.session_id(pid integer, began timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT lpad(to_hex((extract(epoch FROM began) * 1000000)::bigint * 1000 + pid % 1000), 16, '0')
        || lpad('1', 16, '0')
$$;

-- All users see their own; the others with VIEWACTIVITY.
CREATE OR REPLACE FUNCTION emulator.sessions()
RETURNS TABLE (node_id bigint, session_id text, user_name text, application_name text,
    session_start timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    sees_all boolean := emulator.holds(session_user, 'VIEWACTIVITY')
        OR emulator.holds(session_user, 'VIEWACTIVITYREDACTED');
BEGIN
    RETURN QUERY SELECT 1::bigint, emulator.session_id(s.pid, s.began), s.user_name,
        s.application_name, s.began
    FROM emulator.open_sessions s WHERE sees_all OR s.user_name = session_user;
END $$;

CREATE OR REPLACE PROCEDURE emulator.cancel_session(id text, if_exists boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    found_pid integer;
    owner text;
BEGIN
    IF id !~ '^[0-9a-f]{1,32}$' THEN
        CALL emulator.fail('42601', format('invalid session ID ''%s''', id));
    END IF;
    SELECT s.pid, s.user_name INTO found_pid, owner FROM emulator.open_sessions s
    WHERE emulator.session_id(s.pid, s.began) = lpad(id, 32, '0');
    IF found_pid IS NULL THEN
        IF NOT if_exists THEN
            CALL emulator.fail('XXUUU',
                format('could not cancel session %s: session ID %s not found', id, id));
        END IF;
        RETURN;
    END IF;
    IF owner <> session_user AND NOT emulator.is_admin(session_user) THEN
        IF NOT emulator.holds(session_user, 'CANCELQUERY') THEN
            CALL emulator.fail('XXUUU', 'this operation requires CANCELQUERY privilege');
        ELSIF emulator.is_admin(owner) THEN
            CALL emulator.fail('XXUUU', 'permission denied to cancel admin session');
        END IF;
    END IF;
    PERFORM pg_terminate_backend(found_pid);
END $$;

-- CANCEL SESSION inserts here: an argument of CALL may not be a query.
CREATE OR REPLACE VIEW emulator.cancelling AS
    SELECT NULL::text AS session_id, NULL::boolean AS if_exists WHERE false;

CREATE OR REPLACE FUNCTION emulator.cancel_inserted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.session_id IS NOT NULL THEN
        CALL emulator.cancel_session(NEW.session_id, NEW.if_exists);
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER cancel INSTEAD OF INSERT ON emulator.cancelling
FOR EACH ROW EXECUTE FUNCTION emulator.cancel_inserted();

GRANT INSERT ON emulator.cancelling TO PUBLIC;
