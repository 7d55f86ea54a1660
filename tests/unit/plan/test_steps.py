"""Single steps of a plan: how each changes a cluster."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.steps import Announce, FoundSetting, Plan, Retire, Write
from crdb_sso.preview.on_cluster.notes import kept_layouts
from crdb_sso.registry.claims import Claim, Entry, Kind
from tests.unit.cluster_model import at_default

AUDIENCE, ENABLED = Setting.AUDIENCE, Setting.ENABLED


def claim(kind: Kind, name: str) -> Claim:
    return Claim(Entry(kind, name), "me", "", found=False)


def live(text: str, *, is_default: bool = False) -> LiveSetting:
    return LiveSetting("name", text, is_default)


@pytest.mark.parametrize(
    ("write", "before", "after"),
    [
        pytest.param(Write(AUDIENCE), live("", is_default=True), live("", is_default=True), id="-"),
        pytest.param(
            Write(AUDIENCE, put=(("a", ""),)), live("", is_default=True), live('["a"]'), id="first"
        ),
        pytest.param(
            Write(AUDIENCE, drop=("a",), found=FoundSetting("b")),
            live('["b","a"]'),
            live("b"),
            id="found",
        ),
        pytest.param(
            Write(AUDIENCE, drop=("a",), found=FoundSetting("", is_default=True)),
            live('["a"]'),
            live("", is_default=True),
            id="back to the default",
        ),
        pytest.param(
            Write(AUDIENCE, drop=("a",), found=FoundSetting("b")),
            live('["a","c"]'),
            live('["c"]'),
            id="changed",
        ),
        pytest.param(Write(ENABLED, put=(("", "true"),)), live("false"), live("true"), id="on"),
        pytest.param(
            Write(ENABLED, put=(("", "false"),)),
            live("false", is_default=True),
            live("false", is_default=True),
            id="a default that is wanted stays one",
        ),
        pytest.param(
            Write(ENABLED, found=FoundSetting("true")), live("false"), live("true"), id="as found"
        ),
        pytest.param(
            Write(ENABLED, found=FoundSetting("false", is_default=True)),
            live("true"),
            live("false", is_default=True),
            id="the switch becomes unset",
        ),
        pytest.param(Write(ENABLED), live("true"), live("true"), id="a switch left alone"),
    ],
)
def test_a_write_brings_a_setting_to_its_next_value(
    write: Write, before: LiveSetting, after: LiveSetting
) -> None:
    assert write.next_value(before) == after


@pytest.mark.parametrize(
    ("write", "text", "expected"),
    [
        pytest.param(
            Write(AUDIENCE, drop=("a",), found=FoundSetting("b")), '["b","a"]', [], id="given back"
        ),
        pytest.param(Write(AUDIENCE, drop=("a",)), '["a","c"]', [], id="others still need it"),
        pytest.param(
            Write(AUDIENCE, drop=("a",), found=FoundSetting("", is_default=True)),
            '["a","c"]',
            [
                (
                    "server.jwt_authentication.audience can't be restored to what it was before the"
                    " first stack: others have changed it since, and their entries stay"
                )
            ],
            id="changed by others",
        ),
    ],
)
def test_a_layout_that_cannot_be_restored_is_reported(
    write: Write, text: str, expected: list[str]
) -> None:
    settings = at_default() | {AUDIENCE: LiveSetting(AUDIENCE.value, text)}
    context = PlanContext(ClusterState(settings), OwnerRequest("me", {}))
    assert list(kept_layouts(Plan(Announce(), (write,), Retire()), context)) == expected


def test_users_that_cannot_be_dropped_keep_their_claims() -> None:
    line = claim(Kind.LINE, "i s app")
    stuck = claim(Kind.USER, "app"), claim(Kind.MEMBERSHIP, "readers app")
    free = claim(Kind.USER, "free"), claim(Kind.MEMBERSHIP, "readers free")
    step = Retire(drop_users=("app", "free"), claims=(line, *stuck, *free), found_keys=("x",))

    assert step.without_users({"app"}) == Retire(
        drop_users=("free",), claims=(line, *free), found_keys=("x",)
    )


def test_a_refused_setting_releases_what_was_claimed_of_it() -> None:
    key, line = claim(Kind.KEY, "k"), claim(Kind.LINE, "i s app")
    before = replace(claim(Kind.KEY, "k2"), text="old")
    changed = replace(before, text="new")
    step = Announce("me", "1", claims=(key, line, changed), replaced=(before,))

    assert step.undone(Setting.JWKS) == (
        Retire(claims=(key,)),
        Announce("me", "1", claims=(before,)),
    )
