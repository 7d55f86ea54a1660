"""SQL statements on the claim tables; every name and value is composed, never pasted."""

from collections.abc import Iterator, Sequence

from psycopg import sql

from crdb_sso.clients.sql.statements import Statement
from crdb_sso.plan.steps import Announce, Retire
from crdb_sso.registry.claims import Claim

LONGEST_LEASE_S = 3600.0
"""No lease lasts longer without renewal, in seconds."""

_CLOCK_SLACK_S = 60.0
"""More than the clocks of two nodes may differ, in seconds."""

_TABLES = (
    # The column is called `owner` since before owners had a uuid, which is what it holds now: an
    # older program still reads it, and comes as far as the version that it does not know.
    """CREATE TABLE IF NOT EXISTS {claims} (
        kind STRING NOT NULL,
        entry STRING NOT NULL,
        owner STRING NOT NULL,
        text STRING NOT NULL,
        found BOOL NOT NULL,
        since TIMESTAMPTZ NOT NULL DEFAULT now(),
        PRIMARY KEY (kind, entry, owner)
    )""",
    "CREATE TABLE IF NOT EXISTS {found_text} (setting STRING PRIMARY KEY, text STRING)",
    "CREATE TABLE IF NOT EXISTS {meta} (key STRING PRIMARY KEY, value STRING NOT NULL)",
    """CREATE TABLE IF NOT EXISTS {owners} (
        instance STRING PRIMARY KEY,
        owner STRING NOT NULL,
        begun TIMESTAMPTZ NOT NULL,
        completed TIMESTAMPTZ
    )""",
    """CREATE TABLE IF NOT EXISTS {retiring} (
        entry STRING NOT NULL,
        owner STRING NOT NULL,
        until TIMESTAMPTZ NOT NULL,
        PRIMARY KEY (entry, owner)
    )""",
    """CREATE TABLE IF NOT EXISTS {lease} (
        id INT PRIMARY KEY,
        holder STRING NOT NULL,
        token UUID NOT NULL,
        since TIMESTAMPTZ NOT NULL,
        until TIMESTAMPTZ NOT NULL
    )""",
    """INSERT INTO {lease} (id, holder, token, since, until)
        VALUES (1, '', gen_random_uuid(), now(), now()) ON CONFLICT (id) DO NOTHING""",
)
"""What a registry is made of. Version 1 had only claims, found_text and meta; 2 had no owners."""


LEASE = "lease"
"""The table with the lease."""


class RegistryTables:
    """Statements on the claim tables of one registry database."""

    def __init__(self, database: str) -> None:
        self.name = database
        self.database = sql.Identifier(database)
        self.tables = {
            name: sql.Identifier(database, "public", name)
            for name in ("claims", "found_text", "meta", "owners", "retiring", LEASE)
        }

    def _filled(self, text: str) -> sql.Composed:
        return sql.SQL(text).format(**self.tables)

    def read(self) -> tuple[sql.Composed, ...]:
        """Return the queries for meta, claims, found texts, retired keys and owners.

        The last two fail on a registry of version 1, the last one on version 2.
        """
        return (
            self._filled("SELECT key, value FROM {meta}"),
            self._filled("SELECT kind, entry, owner, text, found, since FROM {claims}"),
            self._filled("SELECT setting, text FROM {found_text}"),
            self._filled("SELECT entry, owner, until FROM {retiring}"),
            self._filled("SELECT instance, owner, begun, completed FROM {owners}"),
        )

    def create(self, schema_version: int) -> Iterator[sql.Composed]:
        """Yield what creates the registry, or upgrades an older one; each may run again."""
        version = sql.Literal(str(schema_version))
        yield sql.SQL("CREATE DATABASE IF NOT EXISTS {}").format(self.database)
        for table in _TABLES:
            yield self._filled(table)
        yield sql.SQL(
            "INSERT INTO {} (key, value) VALUES ('schema_version', {}),"
            " ('cluster_id', gen_random_uuid()::STRING) ON CONFLICT (key) DO NOTHING"
        ).format(self.tables["meta"], version)
        yield sql.SQL(
            "UPDATE {} SET value = {} WHERE key = 'schema_version' AND value::INT < {}::INT"
        ).format(self.tables["meta"], version, version)

    def take_lease(self, holder: str, token: str, lasts_s: float) -> Statement:
        """Return the statement that takes a lease that is free or held by the token.

        One that would last longer than any of ours was written by somebody else, and is over.
        """
        text = (
            "UPDATE {lease} SET holder = %s, token = %s::UUID, since = now(),"
            " until = now() + %s::FLOAT * '1s'::INTERVAL"  # the cluster's clock, never ours
            " WHERE id = 1 AND (until <= now() OR token = %s::UUID"
            " OR until > now() + %s::FLOAT * '1s'::INTERVAL)"
        )
        return self._filled(text), [
            *(holder, token, lasts_s, token),
            LONGEST_LEASE_S + _CLOCK_SLACK_S,
        ]

    def keep_lease(self, token: str, lasts_s: float) -> Statement:
        """Return the statement that renews a lease, and fails (23502) if the token has lost it.

        It fails rather than matching no row, so that its transaction fails too.
        """
        text = (
            "UPDATE {lease} SET until = CASE WHEN token = %s::UUID"
            " THEN now() + %s::FLOAT * '1s'::INTERVAL END WHERE id = 1"
        )
        return self._filled(text), [token, lasts_s]

    def give_lease_back(self, token: str) -> Statement:
        """Return the statement that ends a lease; a late renewal can't match the new token."""
        text = (
            "UPDATE {lease} SET until = now(), token = gen_random_uuid()"
            " WHERE id = 1 AND token = %s::UUID"
        )
        return self._filled(text), [token]

    def leave(self, key: str, value: str) -> Statement:
        """Return the statement that stores a value in the registry under a key."""
        text = (
            "INSERT INTO {meta} (key, value) VALUES (%s, %s)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
        return self._filled(text), [key, value]

    def read_lease(self) -> Statement:
        """Return the query for a lease: token, holder, start time."""
        return self._filled("SELECT token::STRING, holder, since FROM {lease} WHERE id = 1"), None

    def begin(self, instance: str, owner: str) -> Statement:
        """Return the statement that notes that an owner begins a change."""
        text = (
            "INSERT INTO {owners} (instance, owner, begun) VALUES (%s, %s, now())"
            " ON CONFLICT (instance) DO UPDATE SET owner = excluded.owner, begun = excluded.begun"
        )
        return self._filled(text), [instance, owner]

    def complete(self, instance: str) -> Statement:
        """Return the statement that notes that an owner's change is completed."""
        return self._filled("UPDATE {owners} SET completed = now() WHERE instance = %s"), [instance]

    def forget(self, instance: str) -> Statement:
        """Return the statement that removes an owner that has no claims any more."""
        return self._filled("DELETE FROM {owners} WHERE instance = %s"), [instance]

    def reopen(self, name: str, instance: str) -> Iterator[Statement]:
        """Yield statements that give the claims under a name to whoever creates it next.

        Args:
            name: The owner's name.
            instance: A new uuid, for claims in rows without one.
        """
        yield self._filled("UPDATE {owners} SET completed = NULL WHERE owner = %s"), [name]
        yield (
            self._filled(
                "INSERT INTO {owners} (instance, owner, begun) SELECT %s, %s, now()"
                " WHERE EXISTS (SELECT 1 FROM {claims} WHERE owner = %s)"
            ),
            [instance, name, name],
        )
        for text in (
            "UPDATE {claims} SET owner = %s WHERE owner = %s",
            "UPDATE {retiring} SET owner = %s WHERE owner = %s",
        ):
            yield self._filled(text), [instance, name]

    def announce_claims(self, step: Announce) -> Iterator[Statement]:
        """Yield statements that store who begins, claims and found texts, with their columns."""
        if step.instance:
            yield self.begin(step.instance, step.owner)
        if step.claims:
            yield (
                self._filled(
                    "INSERT INTO {claims} (kind, entry, owner, text, found, since)"
                    " SELECT kind, entry, owner, text, found, coalesce(since, now())"
                    " FROM unnest(%s::STRING[], %s::STRING[], %s::STRING[], %s::STRING[],"
                    " %s::BOOL[], %s::TIMESTAMPTZ[])"
                    " AS claimed (kind, entry, owner, text, found, since)"
                    " ON CONFLICT (kind, entry, owner)"
                    " DO UPDATE SET text = excluded.text, found = excluded.found"
                ),
                [
                    [c.entry.kind.value for c in step.claims],
                    [c.entry.name for c in step.claims],
                    [c.holder for c in step.claims],
                    [c.text for c in step.claims],
                    [c.found for c in step.claims],
                    [c.since for c in step.claims],
                ],
            )
        if step.wanted_again:
            yield self._not_retiring(step.wanted_again)
        retired = [(c.entry.name, c.holder, c.until) for c in step.claims if c.until]
        if retired:
            yield (
                self._filled(
                    "INSERT INTO {retiring} (entry, owner, until) SELECT * FROM"
                    " unnest(%s::STRING[], %s::STRING[], %s::TIMESTAMPTZ[])"
                    " ON CONFLICT (entry, owner) DO UPDATE SET until = excluded.until"
                ),
                [list(column) for column in zip(*retired, strict=True)],
            )
        if step.found_texts:
            yield (
                self._filled(
                    "INSERT INTO {found_text} (setting, text)"
                    " SELECT * FROM unnest(%s::STRING[], %s::STRING[])"
                    " ON CONFLICT (setting) DO NOTHING"
                ),
                [list(step.found_texts.keys()), list(step.found_texts.values())],
            )

    def release_claims(self, step: Retire) -> Iterator[Statement]:
        """Yield statements that delete claims, found texts and owners, with their columns."""
        yield (
            self._filled(
                "DELETE FROM {claims} WHERE (kind, entry, owner) IN"
                " (SELECT * FROM unnest(%s::STRING[], %s::STRING[], %s::STRING[]))"
            ),
            [
                [c.entry.kind.value for c in step.claims],
                [c.entry.name for c in step.claims],
                [c.holder for c in step.claims],
            ],
        )
        if any(claim.until for claim in step.claims):
            yield self._not_retiring([claim for claim in step.claims if claim.until])
        if step.found_keys:
            yield (
                self._filled("DELETE FROM {found_text} WHERE setting = ANY(%s::STRING[])"),
                [list(step.found_keys)],
            )
        if step.owners:
            yield (
                self._filled("DELETE FROM {owners} WHERE instance = ANY(%s::STRING[])"),
                [list(step.owners)],
            )

    def _not_retiring(self, claims: Sequence[Claim]) -> Statement:
        return (
            self._filled(
                "DELETE FROM {retiring} WHERE (entry, owner) IN"
                " (SELECT * FROM unnest(%s::STRING[], %s::STRING[]))"
            ),
            [[claim.entry.name for claim in claims], [claim.holder for claim in claims]],
        )
