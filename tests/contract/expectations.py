"""What rows expect: the versions that they hold for, SQLSTATEs, refusals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.contract.cluster import Connection

holds = pytest.mark.holds
"""`holds(since="24.3", before="25.4")`: the versions of CockroachDB for which a row holds.

`holds(needs=name)`: it holds wherever there is a setting of that name, since later patches of old
versions may have it too.

`holds(since="26.4", inferred=True)`: no release note tells of it. The id of the test says
`(inferred)`; on a row of a table the id says it by hand.
"""
INFERRED = "(inferred)"
NOTES_END = (26, 3)
"""The first version whose release notes nobody here has read: all rows since then are inferred."""
every_version = pytest.mark.every_version
"""Run against all versions that the embedded cluster imitates, in every run."""

UNCATEGORISED = "XXUUU"
INSUFFICIENT_PRIVILEGE = "42501"
DUPLICATE_OBJECT = "42710"
UNDEFINED_OBJECT = "42704"
RESERVED_NAME = "42939"


def refusal(db: Connection, statement: Any, params: Any = None) -> psycopg.errors.Diagnostic:
    """Return what the cluster says to a statement that it must refuse."""
    with pytest.raises(psycopg.Error) as caught:
        db.execute(statement, params)
    return caught.value.diag


def says(pattern: str, text: str | None) -> bool:
    """Tell whether a pattern matches a whole text; for wording that may vary."""
    return re.fullmatch(pattern, text or "", re.DOTALL) is not None
