-- What the embedded cluster remembers beyond PostgreSQL's own roles, schemas and tables.
-- Runs once, when the data folder is new. `node` owns everything: CockroachDB reserves that name.

CREATE SCHEMA emulator;
CREATE SCHEMA crdb_internal;
GRANT USAGE ON SCHEMA emulator, crdb_internal TO PUBLIC;
DROP SCHEMA public;

CREATE TABLE emulator.cluster (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    version text NOT NULL DEFAULT '',
    build text NOT NULL DEFAULT '',
    fingerprint text NOT NULL DEFAULT '' -- of the SQL files that made the functions and views
);
INSERT INTO emulator.cluster DEFAULT VALUES;

-- A database of CockroachDB is a schema of PostgreSQL, called "<database>.public".
CREATE TABLE emulator.database (
    name text PRIMARY KEY,
    owner text NOT NULL
);

CREATE TABLE emulator.database_grant (
    database text NOT NULL REFERENCES emulator.database ON DELETE CASCADE,
    grantee text NOT NULL,
    privilege text NOT NULL,
    grantable boolean NOT NULL DEFAULT false,
    PRIMARY KEY (database, grantee, privilege)
);

-- Rewritten at every start from setting_texts/settings.py.
CREATE TABLE emulator.setting_definition (
    name text PRIMARY KEY,
    kind text NOT NULL, -- the letter that SHOW CLUSTER SETTINGS prints: s b d i e m
    fallback text NOT NULL,
    public boolean NOT NULL,
    sensitive boolean NOT NULL,
    description text NOT NULL
);

-- The newest write whose time has come is what the cluster reads; a NULL value is RESET.
CREATE TABLE emulator.setting_write (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    value text,
    visible_at timestamptz NOT NULL
);
CREATE INDEX ON emulator.setting_write (name, id DESC);

CREATE TABLE emulator.role_option (
    role text NOT NULL,
    option text NOT NULL,
    value text,
    PRIMARY KEY (role, option)
);

CREATE TABLE emulator.system_grant (
    grantee text NOT NULL,
    privilege text NOT NULL,
    grantable boolean NOT NULL DEFAULT false,
    PRIMARY KEY (grantee, privilege)
);

-- Every SQL user is a PostgreSQL role that may connect; whether it may log in is an option above.
-- Members of admin, however indirect, have PostgreSQL's SUPERUSER.
CREATE ROLE admin LOGIN SUPERUSER;
CREATE ROLE root LOGIN SUPERUSER;
GRANT admin TO root WITH ADMIN OPTION;

INSERT INTO emulator.database VALUES ('defaultdb', 'root'), ('postgres', 'root'), ('system', 'node');
CREATE SCHEMA "defaultdb.public" AUTHORIZATION root;
CREATE SCHEMA "postgres.public" AUTHORIZATION root;
CREATE SCHEMA "system.public";
GRANT USAGE ON SCHEMA "defaultdb.public", "postgres.public", "system.public" TO PUBLIC;
