"""Forced SSO in lines for people: which rules come, go, still count and no longer do."""

import pytest

from crdb_sso.crdb.hba import Door
from crdb_sso.desired.forced_sso import ENTRY
from crdb_sso.desired.logins import Desired
from crdb_sso.preview.on_cluster.effects_on_others import foreign_lines
from tests.unit.observations import preview_lines
from tests.unit.plan.guards.test_forced_sso import APP, OPEN, OPS, live

BEGINS = (
    "+ SSO only: logins without a token are rejected, except those kept, and root's where nodes let"
    " root in"
)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            None,
            {**OPS, **APP},
            [
                BEGINS,
                "+ SSO only: app from 10.0.0.0/8 is kept, by password",
                "+ SSO only: ops from anywhere is kept, by cert",
            ],
            id="begins",
        ),
        pytest.param(
            OPS,
            {Door("ops"): "password"},
            [
                "- SSO only: ops from anywhere by cert is no longer kept",
                "+ SSO only: ops from anywhere is kept, by password",
            ],
            id="changes",
        ),
        pytest.param(
            OPS,
            {**OPS, **APP},
            ["+ SSO only: app from 10.0.0.0/8 is kept, by password"],
            id="lets in one more",
        ),
        pytest.param(
            {**OPS, **APP},
            OPS,
            ["- SSO only: app from 10.0.0.0/8 by password is no longer kept"],
            id="lets in one less",
        ),
        pytest.param(
            OPS,
            None,
            ["- SSO only: ends; the other host-based rules of the cluster apply again"],
            id="ends",
        ),
        pytest.param(None, None, [], id="is not used"),
    ],
)
def test_a_preview_lists_each_rule(
    before: dict[Door, str] | None, after: dict[Door, str] | None, expected: list[str]
) -> None:
    one, other = Desired({}, {}, sso_only=before), Desired({}, {}, sso_only=after)

    assert preview_lines(one, other) == expected


def test_rules_for_tokens_are_told_apart() -> None:
    text = "host all ann all oauth map=idp\nhost all all all oauth"

    counts, no_longer_counts, ends = foreign_lines([ENTRY], live(text))

    assert counts == (
        "SSO only: another rule still lets users in with tokens, by OAUTHBEARER:"
        " host all ann all oauth map=idp"
    )
    assert no_longer_counts == "SSO only: another rule no longer counts: host all all all oauth"
    assert ends == (
        "SSO only: logins by OAUTHBEARER under that rule end, although they are with tokens; tokens"
        " as passwords still log in. To keep them, write a rule with the method oauth that names"
        " their users above the block, by hand"
    )


def test_rules_of_others_are_listed() -> None:
    text = f"host all mon all cert\nhost all spy all reject\n{OPEN}"

    assert list(foreign_lines([ENTRY], live(text))) == [
        "SSO only: another rule still lets users in: host all mon all cert",
        f"SSO only: another rule no longer counts: {OPEN}",
    ]
    assert not list(foreign_lines([], live(text)))
