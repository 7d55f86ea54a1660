"""What `init` says about the claim tables."""

import pytest

from crdb_sso.preview.commands.registry_rights import rights_lines, take_over_lines
from crdb_sso.registry.ownership import DATABASE, TABLE, Owned, TakeOver

BY_MALLORY = (Owned(DATABASE, "sso", "mallory"), Owned(TABLE, "claims", "mallory"))


def test_before_a_take_over_owner_rows_and_losers_are_shown() -> None:
    what = TakeOver(BY_MALLORY, {"claims": 7}, frozenset({"trudy"}))

    assert list(take_over_lines("sso", what)) == [
        "sso is not ready: mallory owns the database and the table claims.",
        "  kept: 7 rows in claims",
        "  From then on it belongs to admin; these can't use it any longer: mallory, trudy",
        (
            "  A table may hold more than rows, such as a trigger. Take"
            " over what one of your operators made; if you don't know why it is there, say no, and"
            ' DROP DATABASE "sso" CASCADE;'
        ),
    ]


def test_whoever_is_not_listed_loses_nothing() -> None:
    what = TakeOver((Owned(DATABASE, "sso", ""),), {})

    assert any(line.endswith("any longer: nobody") for line in take_over_lines("sso", what))


@pytest.mark.parametrize(
    ("writers", "readers", "is_open", "expected"),
    [
        pytest.param(
            "",
            "",
            False,
            ["sso is ready, for admins. --registry-role lets other operators use it."],
            id="admins",
        ),
        pytest.param(
            "ops",
            "eyes",
            True,
            [
                'sso is ready. For each operator: GRANT "ops" TO ...;',
                (
                    "A member of ops is as strong as the operators who use sso: what it writes"
                    " there, they carry out."
                ),
                'For each person who may only list claims: GRANT "eyes" TO ...;',
                "Anybody may make tables in sso: have an admin run this once more.",
            ],
            id="both roles, and not closed",
        ),
    ],
)
def test_afterwards_it_says_who_may_use_them(
    writers: str, readers: str, expected: list[str], *, is_open: bool
) -> None:
    assert list(rights_lines("sso", writers, readers, is_open=is_open)) == expected
