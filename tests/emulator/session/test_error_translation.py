"""PostgreSQL's errors in the words of CockroachDB."""

from __future__ import annotations

import pytest

from dev.emulator.session.error_translation import translate
from dev.emulator.wire.messages import Notice


@pytest.mark.parametrize(
    ("code", "message", "new_code", "expected"),
    [
        (
            "42501",
            "permission denied for table claims",
            "42501",
            "user ann does not have SELECT privilege on relation claims",
        ),
        ("3F000", 'schema "a.b.public" does not exist', "3D000", 'database "a.b" does not exist'),
        (
            "42703",
            'column "x" of relation "t" does not exist',
            "42703",
            'column "x" does not exist',
        ),
        ("42601", 'syntax error at or near "from"', "42601", 'at or near "from": syntax error'),
        ("42703", "column t.x does not exist", "42703", 'column "t.x" does not exist'),
        (
            "23502",
            'null value in column "a" of relation "t" violates not-null constraint',
            "23502",
            'null value in column "a" violates not-null constraint',
        ),
        (
            "23514",
            'new row for relation "t" violates check constraint "positive"',
            "23514",
            "failed to satisfy CHECK constraint (positive)",
        ),
        (
            "22P02",
            'invalid input syntax for type uuid: "x"',
            "22P02",
            'could not parse "x" as type uuid',
        ),
        ("22012", "division by zero", "22012", "division by zero"),
    ],
)
def test_errors_are_put_in_the_words_of_cockroachdb(
    code: str, message: str, new_code: str, expected: str
) -> None:
    given = {"S": "ERROR", "V": "ERROR", "C": code, "M": message, "W": "here", "F": "x.c", "H": ""}
    told = translate(Notice(given), "ann", "SELECT").fields
    assert told == {"S": "ERROR", "V": "ERROR", "C": new_code, "M": expected}
