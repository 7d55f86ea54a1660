"""What an issuer publishes, compared with what a cluster has."""

from datetime import datetime, timedelta, timezone

import pytest

from crdb_sso.plan.rotation import Rotation, rotation
from crdb_sso.preview.commands.rotation import freshness_lines, rotation_lines
from crdb_sso.registry.claims import Claim, Entry, Kind
from crdb_sso.tokens.freshness import Freshness
from tests.unit.named_keys import ec_key, ed_key

NOON = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
LATER = NOON + timedelta(hours=1)
A, B = ec_key("a"), ec_key("b")


def claim(kid: str, until: datetime | None = None) -> Claim:
    return Claim(Entry(Kind.KEY, kid), "me", ec_key(kid), found=False, until=until)


USER = Claim(Entry(Kind.USER, "app"), "me", "LOGIN", found=False)


@pytest.mark.parametrize(
    ("published", "live", "claims", "expected"),
    [
        pytest.param({"a": A}, {"a": A}, [claim("a"), USER], Rotation(), id="all is as published"),
        pytest.param({"a": A, "b": B}, {"a": A}, [claim("a")], Rotation(new=("b",)), id="new"),
        pytest.param(
            {"a": ed_key("a")}, {"a": A}, [claim("a")], Rotation(new=("a",)), id="another key"
        ),
        pytest.param({"a": A}, {}, [claim("a")], Rotation(missing=("a",)), id="gone"),
        pytest.param(
            {"a": A}, {"a": ed_key("a")}, [claim("a")], Rotation(missing=("a",)), id="replaced"
        ),
        pytest.param(
            {}, {"a": A}, [claim("a")], Rotation(retired=("a",)), id="retired without an end"
        ),
        pytest.param(
            {}, {"a": A}, [claim("a", LATER)], Rotation(waiting={"a": LATER}), id="it waits"
        ),
        pytest.param({}, {"a": A}, [claim("a", NOON)], Rotation(due=("a",)), id="it is due"),
        pytest.param(
            {"a": A}, {"a": A}, [claim("a", LATER)], Rotation(new=("a",)), id="published again"
        ),
        pytest.param({"a": A}, {"a": A, "x": B}, [claim("a")], Rotation(), id="keys of others"),
    ],
)
def test_published_keys_are_compared_with_those_on_the_cluster(
    published: dict[str, str], live: dict[str, str], claims: list[Claim], expected: Rotation
) -> None:
    assert rotation(published, live, {c.entry: c for c in claims}, NOON) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Rotation(), False),
        (Rotation(waiting={"a": LATER}), False),
        (Rotation(new=("a",)), True),
        (Rotation(missing=("a",)), True),
        (Rotation(retired=("a",)), True),
        (Rotation(due=("a",)), True),
    ],
)
def test_only_a_waiting_key_does_not_need_an_up(found: Rotation, *, expected: bool) -> None:
    assert found.needs_up is expected


def test_a_rotation_is_one_line_per_kid_and_a_verdict() -> None:
    until = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)
    found = Rotation(("n",), ("m",), ("r",), ("d",), {"w": until})

    assert rotation_lines(found) == [
        "+ n: published, not yet trusted",
        "+ m: gone from the cluster",
        "~ r: no longer published, still trusted",
        "- d: no longer published, its time is over",
        "  w: no longer published, trusted until 2026-03-01 12:30 UTC",
        "run `pulumi refresh`, then `pulumi up`: what is gone was taken away by hand",
    ]
    assert rotation_lines(Rotation(new=("n",)))[-1] == "run `pulumi up`"
    assert rotation_lines(Rotation(waiting={"w": until}))[-1] == "the keys are up to date"
    assert rotation_lines(Rotation(), is_checked=False) == ["no issuer was asked: nothing is known"]


@pytest.mark.parametrize(
    ("found", "expected"), [(Rotation(missing=("a",)), True), (Rotation(new=("a",)), False)]
)
def test_only_a_key_taken_away_by_hand_needs_a_refresh(found: Rotation, *, expected: bool) -> None:
    assert found.needs_refresh is expected


@pytest.mark.parametrize(
    ("fresh", "expected"),
    [
        pytest.param(
            Freshness(),
            "no Cache-Control or Expires: nodes that fetch keys do so at each login",
            id="nothing said",
        ),
        pytest.param(
            Freshness("public, max-age=5400", "", 5400),
            "Cache-Control: public, max-age=5400: nodes that fetch keys and cache them may trust a"
            " withdrawn key for 1.5 h",
            id="hours",
        ),
        pytest.param(
            Freshness("", "Thu, 26 Nov 2026 13:00:00 GMT", 120),
            "Expires: Thu, 26 Nov 2026 13:00:00 GMT: nodes that fetch keys and cache them may trust"
            " a withdrawn key for 2 min",
            id="minutes",
        ),
        pytest.param(
            Freshness("max-age=5", "0", 5),
            "Cache-Control: max-age=5; Expires: 0: nodes that fetch keys and cache them may trust a"
            " withdrawn key for 5 s",
            id="seconds",
        ),
        pytest.param(
            Freshness("max-age=9999999999", "", 2**31 - 1),
            "Cache-Control: max-age=9999999999: nodes that fetch keys and cache them may trust a"
            " withdrawn key for 24855.1 days",
            id="for ages",
        ),
    ],
)
def test_a_line_says_how_long_a_withdrawal_takes(fresh: Freshness, expected: str) -> None:
    assert list(freshness_lines({"https://idp": fresh})) == [f"  https://idp: {expected}"]
