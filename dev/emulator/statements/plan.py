"""What the front end does for one statement."""

from __future__ import annotations

from dataclasses import dataclass

from dev.emulator.sqlerror import SqlError


@dataclass(frozen=True)
class SettingWrite:
    """A cluster setting that is written once PostgreSQL has judged privilege and type.

    Attributes:
        name: The preferred name of the setting.
        reset: Whether the setting goes back to its default.
    """

    name: str
    reset: bool


@dataclass(frozen=True)
class Plan:
    """One statement, ready to run.

    Attributes:
        source: The statement as the client wrote it, for the faults that tests inject.
        sql: What PostgreSQL runs.
        tag: The command tag for the client, where it differs from PostgreSQL's.
        privilege: The privilege that a refusal on a table is about, e.g. `SELECT`.
        write: The setting to write after PostgreSQL has agreed.
        batch_sql: What PostgreSQL runs instead when the string holds other statements too.
        wants_transaction: True if the statement belongs inside a transaction, False if outside;
            None if it does not matter.
        changes_schema: Whether it commits the transaction it comes in, while
            `autocommit_before_ddl` is on.
        variable: The name and new value of a session variable that the front end follows.
    """

    source: str
    sql: str
    tag: str | None = None
    privilege: str = ""
    write: SettingWrite | None = None
    batch_sql: str | None = None
    wants_transaction: bool | None = None
    changes_schema: bool = False
    variable: tuple[str, str] | None = None

    @property
    def reads_catalogs(self) -> bool:
        """Return whether the statement names a system catalog."""
        return 'emulator."' in self.sql

    def answered_tag(self, tag: str) -> str:
        """Return the command tag for the client, given PostgreSQL's."""
        if self.tag is None:
            return tag
        counts = self.tag in ("SHOW", "CANCEL SESSIONS")
        return f"{self.tag} {tag.rsplit(maxsplit=1)[-1]}" if counts else self.tag


def literal(value: str | None) -> str:
    """Return a SQL string literal, or NULL."""
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_array(values: list[str]) -> str:
    """Return a SQL array of text."""
    return "ARRAY[" + ", ".join(literal(value) for value in values) + "]::text[]"


def boolean(clause: object) -> str:
    """Return whether a clause was given, in SQL."""
    return "true" if clause else "false"


def unsupported(what: str) -> SqlError:
    """Return the refusal of something that the embedded cluster does not imitate."""
    return SqlError(
        f"{what} is not implemented in the embedded cluster",
        sqlstate="0A000",
        hint="the statements it knows are listed in dev/emulator/README.md",
    )


def syntax_error(near: str) -> SqlError:
    """Return CockroachDB's complaint about a statement that it cannot read."""
    return SqlError(f'at or near "{near}": syntax error', sqlstate="42601")
