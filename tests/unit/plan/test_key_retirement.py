"""A key that is no longer published stays for a while: who decides that, and who removes it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import NOTHING, Desired, Identity, Login, Source
from crdb_sso.desired.remembered import NOTHING_YET, Remembered, Retiring
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.errors import GuardRefused
from crdb_sso.plan import key_retirement
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Kind
from tests.unit.cluster_model import Cluster, carried_out, history, planned, with_texts
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.request_strategies import wanted

NOON = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
IDP, OTHER = "https://idp.example.com", "https://other.example.com"


def publishing(*kids: str, issuer: str = IDP, name: str = "idp") -> Desired:
    """Return one login by an issuer that publishes some keys."""
    return Desired(
        {name: Source(issuer, keys={kid: ec_key(kid) for kid in kids})},
        {"app": Login({"orders": Identity(name, "crdb", "orders")})},
    )


def written(*kids: str) -> Remembered:
    return Remembered(publishing(*kids))


def with_retiring(logins: Desired, **due: datetime) -> Remembered:
    (name,) = logins.sources
    return Remembered(logins, retiring={name: due})


# which may stay


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(written("a"), publishing("a", "b"), {}, id="still published"),
        pytest.param(written("a", "b"), publishing("b"), {"a": "idp"}, id="no longer published"),
        pytest.param(
            with_retiring(publishing("b"), a=NOON), publishing("b"), {"a": "idp"}, id="retired"
        ),
        pytest.param(
            with_retiring(publishing("b"), a=NOON), publishing("a", "b"), {}, id="back again"
        ),
        pytest.param(written("a"), publishing("b", issuer=OTHER), {}, id="another issuer"),
        pytest.param(
            written("a"), publishing("b", name="new"), {"a": "new"}, id="the source is renamed"
        ),
        pytest.param(written("a"), NOTHING, {}, id="everything is removed"),
        pytest.param(
            written("a"), Desired({"idp": Source(IDP, keys=UNKNOWN)}, {}), {}, id="keys not known"
        ),
        pytest.param(
            written("a"),
            Desired({"idp": Source(UNKNOWN, keys={"b": UNKNOWN})}, {}),
            {},
            id="issuer not known",
        ),
    ],
)
def test_a_key_may_stay_while_its_issuer_does(
    before: Remembered, after: Desired, expected: Mapping[str, str]
) -> None:
    assert key_retirement.kept_kids(before, after) == expected


@pytest.mark.parametrize(
    ("until", "wait", "expected"),
    [
        pytest.param(None, 24 * HOUR, NOON + 24 * HOUR, id="from now on"),
        pytest.param(NOON + HOUR, 24 * HOUR, NOON + HOUR, id="the earlier end stays"),
        pytest.param(NOON + 24 * HOUR, HOUR, NOON + HOUR, id="a shorter wait is sooner"),
        pytest.param(NOON + 24 * HOUR, 0 * HOUR, NOON, id="no wait means now"),
    ],
)
def test_a_key_is_removed_when_its_claim_says_at_the_latest(
    until: datetime | None, wait: timedelta, expected: datetime
) -> None:
    assert key_retirement.due_at(until, NOON, wait) == expected


@pytest.mark.parametrize(
    ("before", "wait", "expected"),
    [
        pytest.param(written("a"), 2 * HOUR, {"idp": {"a": NOON + 2 * HOUR}}, id="it will stay"),
        pytest.param(written("a"), 0 * HOUR, {}, id="it will not"),
        pytest.param(
            with_retiring(publishing("b"), a=NOON + HOUR),
            2 * HOUR,
            {"idp": {"a": NOON + HOUR}},
            id="it does",
        ),
        pytest.param(with_retiring(publishing("b"), a=NOON), 2 * HOUR, {}, id="it is due"),
    ],
)
def test_a_preview_foresees_which_keys_stay(
    before: Remembered, wait: timedelta, expected: Retiring
) -> None:
    after = replace(publishing("b"), retire_after=wait)

    assert key_retirement.foreseen(before, after, NOON) == expected


def test_the_ends_of_retired_keys_are_remembered_by_source() -> None:
    due = {"a": NOON, "of somebody else": NOON}

    assert key_retirement.stamped(written("a"), publishing("b"), due) == {"idp": {"a": NOON}}


@pytest.mark.parametrize(("hours", "expected"), [(-1, True), (0, True), (1, False)])
def test_a_key_is_due_when_its_time_is_over(hours: int, expected: bool) -> None:  # noqa: FBT001 - a cell of the table
    assert (
        key_retirement.is_due(with_retiring(publishing("b"), a=NOON + hours * HOUR), NOON)
        is expected
    )
    assert not key_retirement.is_due(written("a"), NOON)


# on a cluster


def as_remembered(before: Desired | Remembered) -> Remembered:
    return before if isinstance(before, Remembered) else Remembered(before)


def wish(
    after: Desired, before: Desired | Remembered = NOTHING, *, owner: str = "me", hours: int = 24
) -> OwnerRequest:
    return replace(
        wanted(owner, after),
        may_stay=frozenset(key_retirement.kept_kids(as_remembered(before), after)),
        retire_after=hours * HOUR,
    )


def kids(cluster: Cluster) -> list[str]:
    return sorted(entries(Setting.JWKS, cluster.text(Setting.JWKS)))


def due(cluster: Cluster) -> dict[tuple[str, str], datetime]:
    return {(c.owner, c.entry.name): c.until for c in cluster.claims if c.until}


START = Cluster(now=NOON)
A, B, AB = publishing("a"), publishing("b"), publishing("a", "b")
ROTATED = carried_out(carried_out(START, wish(A)), wish(B, A))
LATER = replace(ROTATED, now=NOON + 24 * HOUR)


def test_a_key_that_is_no_longer_published_stays_with_an_end() -> None:
    assert kids(ROTATED) == ["a", "b"]
    assert due(ROTATED) == {("me", "a"): NOON + 24 * HOUR}
    assert not planned(ROTATED, wish(B, A))
    assert planned(ROTATED, wish(B, A)).retiring == {"a": NOON + 24 * HOUR}


@pytest.mark.parametrize(
    ("cluster", "after", "expected"),
    [
        pytest.param(ROTATED, wish(B, A), ["a", "b"], id="before its time"),
        pytest.param(LATER, wish(B, A), ["b"], id="when its time is over"),
        pytest.param(ROTATED, wish(B, A, hours=0), ["b"], id="when nothing is to stay any longer"),
        pytest.param(ROTATED, wish(B), ["b"], id="when no state remembers that it may stay"),
        pytest.param(ROTATED, wish(NOTHING), [], id="on destroy"),
        pytest.param(ROTATED, wish(AB), ["a", "b"], id="when it is published again"),
        pytest.param(
            ROTATED, wish(publishing("c", issuer=OTHER), B), ["c"], id="when its issuer is removed"
        ),
    ],
)
def test_when_a_retired_key_is_removed(
    cluster: Cluster, after: OwnerRequest, expected: list[str]
) -> None:
    now = carried_out(cluster, after)

    assert kids(now) == expected
    assert {c.entry.name for c in now.claims if c.entry.kind is Kind.KEY} == set(expected)
    assert not planned(now, after)


def test_a_key_that_is_published_again_no_longer_has_an_end() -> None:
    back = carried_out(ROTATED, wish(AB))

    assert due(back) == {}
    assert [c.entry.name for c in planned(ROTATED, wish(AB)).announce.wanted_again] == ["a"]


def test_a_key_that_was_found_is_released_at_once_and_stays() -> None:
    found = Cluster(with_texts({Setting.JWKS: ec_key("a")}), now=NOON)

    rotated = carried_out(carried_out(found, wish(A)), wish(B, A))

    assert (kids(rotated), due(rotated)) == (["a", "b"], {})


YOURS = publishing("b", name="yours")


def test_only_its_owner_removes_a_key_that_has_expired() -> None:
    both = carried_out(ROTATED, wish(YOURS, owner="you"))
    later = replace(both, now=NOON + 24 * HOUR)

    assert not planned(later, wish(YOURS, owner="you"))
    after = carried_out(later, wish(B, A))

    assert (kids(after), due(after)) == (["b"], {})


def test_a_key_that_another_owner_still_needs_stays_without_an_end() -> None:
    both = carried_out(LATER, wish(publishing("a", name="yours"), owner="you"))

    after = carried_out(both, wish(B, A))

    assert (kids(after), due(after)) == (["a", "b"], {})
    assert not any(c.found for c in after.claims)


def test_a_kid_is_free_again_once_its_key_is_gone() -> None:
    another = Desired({"yours": Source(OTHER, keys={"a": ed_key("a")})}, {})
    with pytest.raises(GuardRefused, match="already names another key"):
        planned(LATER, wish(another, owner="you"))

    after = carried_out(carried_out(LATER, wish(B, A)), wish(another, owner="you"))

    assert entries(Setting.JWKS, after.text(Setting.JWKS))["a"] == ed_key("a")


def test_a_renamed_owner_keeps_its_retired_keys() -> None:
    (instance,) = ROTATED.states
    renamed = replace(wish(B, A), owner="new", instance=instance)

    after = carried_out(ROTATED, renamed)

    assert (kids(after), due(after)) == (["a", "b"], {("new", "a"): NOON + 24 * HOUR})


published = st.frozensets(st.sampled_from("abc"), max_size=3).map(lambda some: publishing(*some))
runs = st.lists(
    st.tuples(st.sampled_from(["me", "you"]), published, st.integers(0, 30), st.integers(0, 30)),
    max_size=6,
)


@settings(max_examples=60)
@given(runs, st.data())
def test_no_key_is_removed_before_or_after_its_time(
    steps: list[tuple[str, Desired, int, int]], data: st.DataObject
) -> None:
    """Owners rotate, crash and run again in any order while time passes."""
    cluster, states = START, {"me": NOTHING_YET, "you": NOTHING_YET}
    for owner, after, wait_h, passed_h in steps:
        cluster = replace(cluster, now=cluster.now + passed_h * HOUR)
        asked = wish(after, states[owner], owner=owner, hours=wait_h)
        promised = {kid for (_, kid), until in due(cluster).items() if until > cluster.now}
        crashed = data.draw(st.sampled_from(history(cluster, asked)))
        cluster = carried_out(crashed, asked)
        plan = planned(cluster, asked)
        assert not plan
        left = key_retirement.stamped(states[owner], after, plan.retiring)
        states[owner] = Remembered(after, retiring=left)
        needed = {kid for state in states.values() for kid in kids_of(state.written)}
        kept = {kid for _, kid in due(cluster)}
        assert set(kids(cluster)) == needed | kept
        assert all(until > cluster.now for (o, _), until in due(cluster).items() if o == owner)
        of_others = {kid for o, kid in due(cluster) if o != owner}
        assert promised & of_others <= set(kids(cluster))
    for owner in states:
        cluster = carried_out(cluster, wish(NOTHING, owner=owner))
    assert (cluster.visible, cluster.claims) == (START.visible, ())


def kids_of(logins: Desired) -> list[str]:
    return [kid for source in logins.sources.values() for kid in source.known_keys]
