-- Cluster settings: reading them, and the part of writing them that a session does.
-- The front end validates and stores a value: session/relay.py, setting_texts/settings.py.

CREATE OR REPLACE FUNCTION emulator.live_setting(setting text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN (
        SELECT w.value FROM emulator.setting_write w
        WHERE w.name = setting AND w.visible_at <= clock_timestamp() ORDER BY w.id DESC LIMIT 1
    );
END $$;

CREATE OR REPLACE FUNCTION emulator.may_set(role text, setting text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT emulator.holds(role, 'MODIFYCLUSTERSETTING')
        OR (setting LIKE 'sql.defaults%' AND emulator.holds(role, 'MODIFYSQLCLUSTERSETTING'))
$$;

-- Refuses a session that may not set it; the text names two privileges where the lesser would do.
CREATE OR REPLACE PROCEDURE emulator.need_may_set(setting text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT emulator.may_set(session_user, setting) THEN
        CALL emulator.fail('42501', format(
            CASE WHEN setting LIKE 'sql.defaults%' THEN
                'only users with MODIFYCLUSTERSETTING or MODIFYSQLCLUSTERSETTING privileges'
                ' are allowed to set cluster setting ''%s'''
            ELSE
                'only users with the MODIFYCLUSTERSETTING privilege'
                ' are allowed to set cluster setting ''%s'''
            END, setting));
    END IF;
END $$;

CREATE OR REPLACE PROCEDURE emulator.tell_alias(alias text, setting text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF alias IS NOT NULL THEN
        RAISE INFO '"%" is now an alias for "%", the preferred setting name', alias, setting;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION emulator.type_name(pg_name text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT CASE pg_name
        WHEN 'boolean' THEN 'bool' WHEN 'text' THEN 'string' WHEN 'unknown' THEN 'string'
        WHEN 'smallint' THEN 'int' WHEN 'integer' THEN 'int' WHEN 'bigint' THEN 'int'
        WHEN 'numeric' THEN 'decimal' WHEN 'double precision' THEN 'float'
        WHEN 'bytea' THEN 'bytes' WHEN 'timestamp with time zone' THEN 'timestamptz'
        ELSE pg_name END
$$;

-- Reads a value that a setting of this kind can hold.
CREATE OR REPLACE FUNCTION emulator.typed(setting text, kind text, given text, pg_type text)
RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    wanted text := CASE kind WHEN 'b' THEN 'bool' WHEN 'i' THEN 'int' WHEN 'd' THEN 'interval'
                   ELSE 'string' END;
    is_literal boolean := pg_type = 'unknown';
    span interval;
BEGIN
    IF kind = 'e' AND emulator.type_name(pg_type) IN ('int', 'string') THEN
        RETURN given;
    ELSIF NOT is_literal AND emulator.type_name(pg_type) <> wanted THEN
        CALL emulator.fail('42804', format('argument of SET CLUSTER SETTING %s must be type %s, not type %s',
            setting, wanted, emulator.type_name(pg_type)));
    ELSIF given IS NULL THEN
        CALL emulator.fail('42804', format('cannot use unknown NULL value for %s setting',
            CASE kind WHEN 'd' THEN 'duration' ELSE wanted END));
    ELSIF kind = 'b' THEN
        RETURN CASE WHEN given::boolean THEN 'true' ELSE 'false' END;
    ELSIF kind = 'i' THEN
        RETURN given::bigint::text;
    ELSIF kind = 'd' THEN
        span := given::interval;
        IF extract(month FROM span) <> 0 OR extract(year FROM span) <> 0 OR extract(day FROM span) <> 0 THEN
            CALL emulator.fail('XXUUU', format('cannot use day or month specifiers: %s', span));
        END IF;
        RETURN (extract(epoch FROM span) * 1000000)::bigint::text;
    END IF;
    RETURN given;
EXCEPTION
    WHEN invalid_text_representation OR invalid_datetime_format THEN
        CALL emulator.fail('22P02', format('could not parse "%s" as type %s', given, wanted));
END $$;

-- The session's half of SET CLUSTER SETTING: privilege and type. The value goes to the front end.
CREATE OR REPLACE PROCEDURE emulator.offer_setting(
    setting text, alias text, kind text, given text, pg_type text
) LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.need_may_set(setting);
    CALL emulator.tell_alias(alias, setting);
    RAISE INFO USING ERRCODE = 'EM000', MESSAGE = emulator.typed(setting, kind, given, pg_type);
END $$;

CREATE OR REPLACE PROCEDURE emulator.offer_reset(setting text, alias text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.need_may_set(setting);
    CALL emulator.tell_alias(alias, setting);
    IF setting = 'version' THEN
        CALL emulator.fail('XXUUU', 'cannot RESET cluster version setting');
    END IF;
END $$;

CREATE OR REPLACE PROCEDURE emulator.setting_in_batch(setting text)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    CALL emulator.need_may_set(setting);
    CALL emulator.fail('XXUUU', 'SET CLUSTER SETTING cannot be used inside a multi-statement transaction');
END $$;

-- Tests may ask for values that look redacted, or overridden from outside: session/faults.py.
CREATE OR REPLACE FUNCTION emulator.matches_fault(fault text, setting text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
    RETURN coalesce(setting ~* nullif(current_setting('emulator.' || fault, true), ''), false);
END $$;

CREATE OR REPLACE FUNCTION emulator.read_settings()
RETURNS TABLE (
    variable text, value text, setting_type text, public boolean, description text,
    default_value text, origin text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH reader AS (
        SELECT emulator.live_setting('server.redact_sensitive_settings.enabled') = 'true'
            AND NOT emulator.holds(session_user, 'MODIFYCLUSTERSETTING') AS blind
    ), live AS (
        SELECT d.*, emulator.live_setting(d.name) AS written FROM emulator.setting_definition d
    )
    SELECT l.name,
        CASE
            WHEN l.kind IN ('s', 'e') AND emulator.matches_fault('redact', l.name) THEN '<redacted>'
            WHEN l.sensitive AND r.blind AND coalesce(l.written, l.fallback) <> '' THEN '<redacted>'
            ELSE coalesce(l.written, l.fallback)
        END,
        l.kind, l.public, l.description, l.fallback,
        CASE
            WHEN emulator.matches_fault('override', l.name) THEN 'external-override'
            WHEN l.written IS NULL THEN 'default'
            ELSE 'override'
        END
    FROM live l, reader r WHERE NOT emulator.matches_fault('hide', l.name) ORDER BY l.name
$$;

CREATE OR REPLACE FUNCTION emulator.show_settings()
RETURNS TABLE (
    variable text, value text, setting_type text, public boolean, description text,
    default_value text, origin text
) LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT (emulator.holds(session_user, 'MODIFYCLUSTERSETTING')
        OR emulator.holds(session_user, 'MODIFYSQLCLUSTERSETTING')
        OR emulator.holds(session_user, 'VIEWCLUSTERSETTING'))
    THEN
        CALL emulator.fail('42501', 'only users with MODIFYCLUSTERSETTING, MODIFYSQLCLUSTERSETTING'
            ' or VIEWCLUSTERSETTING privileges are allowed to SHOW CLUSTER SETTINGS');
    END IF;
    RETURN QUERY SELECT * FROM emulator.read_settings();
END $$;

-- Up to 23.1, the privilege for SQL defaults is enough to read any single setting.
CREATE OR REPLACE FUNCTION emulator.show_setting(setting text, alias text, sql_writers boolean)
RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT (emulator.may_set(session_user, setting)
        OR emulator.holds(session_user, 'VIEWCLUSTERSETTING')
        OR (sql_writers AND emulator.holds(session_user, 'MODIFYSQLCLUSTERSETTING')))
    THEN
        CALL emulator.fail('42501', format('only users with %s privileges are allowed to show cluster setting ''%s''',
            CASE WHEN sql_writers
                THEN 'MODIFYCLUSTERSETTING, MODIFYSQLCLUSTERSETTING or VIEWCLUSTERSETTING'
                ELSE 'MODIFYCLUSTERSETTING or VIEWCLUSTERSETTING' END,
            setting));
    END IF;
    CALL emulator.tell_alias(alias, setting);
    RETURN (SELECT s.value FROM emulator.read_settings() s WHERE s.variable = setting);
END $$;

-- Go writes hours, minutes and seconds; PostgreSQL reads them, but not the micro sign.
CREATE OR REPLACE FUNCTION emulator.show_duration(setting text, alias text, sql_writers boolean)
RETURNS interval LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT replace(emulator.show_setting(setting, alias, sql_writers), 'µ', 'u')::interval
$$;
