"""What the advice on several checks shares: what advice is, statements, lists."""

import json
import re
from dataclasses import dataclass

from crdb_sso.crdb.settings import Setting
from crdb_sso.verdict.case import Case

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Advice:
    """What almost fits, and what to do.

    Attributes:
        near_miss: "" if nothing almost fits.
        fix: The next step.
    """

    near_miss: str
    fix: str


def set_statement(case: Case, setting: Setting, text: str) -> str:
    """Return the statement that writes a setting."""
    return f"SET CLUSTER SETTING {case.cluster.name_of(setting)} = {literal(text)};"


def literal(text: str) -> str:
    """Return a text as a SQL literal, for a statement that people read."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as a SQL identifier, for a statement that people read."""
    return name if _PLAIN_NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def longer_list(listed: tuple[str, ...], more: str) -> str:
    """Return a JSON list with one more text in it."""
    return json.dumps([*filter(None, listed), more], ensure_ascii=False)


def listed_as_one(listed: tuple[str, ...], wanted: str) -> bool:
    """Tell whether a list is one literal text that names something among commas."""
    return len(listed) == 1 and "," in listed[0] and wanted in _split(listed[0])


def _split(text: str) -> list[str]:
    return [part.strip(" \"'[]") for part in text.split(",")]
