-- The empty tables of a registry, as commit c8ccfee makes them.
CREATE DATABASE crdb_sso;
CREATE TABLE crdb_sso.public.claims (
    kind STRING NOT NULL,
    entry STRING NOT NULL,
    owner STRING NOT NULL,
    text STRING NOT NULL,
    found BOOL NOT NULL,
    since TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, entry, owner)
);
CREATE TABLE crdb_sso.public.found_text (setting STRING PRIMARY KEY, text STRING);
CREATE TABLE crdb_sso.public.meta (key STRING PRIMARY KEY, value STRING NOT NULL);
CREATE TABLE crdb_sso.public.renames (former STRING PRIMARY KEY, owner STRING NOT NULL);
CREATE TABLE crdb_sso.public.retiring (
    entry STRING NOT NULL,
    owner STRING NOT NULL,
    until TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (entry, owner)
);
CREATE TABLE crdb_sso.public.lease (
    id INT PRIMARY KEY,
    holder STRING NOT NULL,
    token UUID NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    until TIMESTAMPTZ NOT NULL
);
INSERT INTO crdb_sso.public.lease VALUES (1, '', gen_random_uuid(), now(), now());
