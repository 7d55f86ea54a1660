"""Which settings a node still shows as they were before they were just written."""

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.settings import LiveSetting
from crdb_sso.registry.stale_reads import Written, digest, late, read_written, records

NOW = datetime(2026, 11, 25, 9, tzinfo=timezone.utc)
NAME = "server.identity_map.configuration"


def live(text: str, name: str = NAME) -> list[LiveSetting]:
    return [LiveSetting(name, text)]


def after(*steps: tuple[float, str, str]) -> dict[str, Written]:
    """Return what is in the registry after writes: seconds before now, old text, new text."""
    meta = {"schema_version": "2", "cluster_id": "id"}
    for ago_s, old, new in steps:
        at = NOW - timedelta(seconds=ago_s)
        meta |= records(read_written(meta), {NAME: ({old}, new)}, at, has_released=True)
    return read_written(meta)


@pytest.mark.parametrize(
    ("steps", "text", "is_late"),
    [
        pytest.param([], "a", False, id="nothing was written"),
        pytest.param([(1, "a", "b")], "b", False, id="what was written"),
        pytest.param([(1, "a", "b")], "a", True, id="what was replaced"),
        pytest.param([(1, "a", "b")], "by hand", False, id="what somebody wrote since"),
        pytest.param([(11, "a", "b")], "a", False, id="what was replaced long ago"),
        pytest.param([(9, "a", "b"), (1, "b", "c")], "a", True, id="replaced before last"),
        pytest.param([(9, "a", "b"), (1, "b", "c")], "b", True, id="replaced last of two"),
        pytest.param(
            [(30, "a", "b"), (1, "b", "c")], "a", False, id="replaced before last, long ago"
        ),
        pytest.param([(9, "a", "b"), (1, "b", "a")], "a", False, id="there and back"),
        pytest.param([(9, "a", "b"), (1, "b", "a")], "b", True, id="behind on the way back"),
    ],
)
def test_a_node_is_behind_while_it_shows_what_was_replaced_just_now(
    steps: list[tuple[float, str, str]],
    text: str,
    is_late: bool,  # noqa: FBT001 - a cell
) -> None:
    assert late(after(*steps), live(text), NOW) == ([NAME] if is_late else [])


@pytest.mark.parametrize(
    "record",
    [
        pytest.param('{"at": "2026-11-25T09:00:00", "now": "x", "before": []}', id="no zone"),
        pytest.param('{"at": 5, "now": "x", "before": []}', id="not a time"),
        pytest.param('{"at": "yesterday", "now": "x", "before": []}', id="not such a time"),
        pytest.param('{"at": "2026-11-25T09:00:00+00:00"}', id="incomplete"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param("9" * 5_000, id="a number too long for Python"),
        pytest.param("{", id="not JSON"),
    ],
)
def test_a_record_that_somebody_spoilt_is_ignored(record: str) -> None:
    written = read_written({f"written {NAME}": record})

    assert late(written, live("a"), NOW) == []
    assert records(written, {NAME: ({"a"}, "b")}, NOW, has_released=True)


def test_other_settings_do_not_matter() -> None:
    assert late(after((1, "a", "b")), live("a", "another"), NOW) == []


def test_how_far_a_node_may_be_behind_is_a_parameter() -> None:
    written = after((3, "a", "b"))

    assert late(written, live("a"), NOW, spread_s=2) == []
    assert late(written, live("a"), NOW, spread_s=4) == [NAME]


@pytest.mark.parametrize("value", ["", "no JSON", "[]", "{}", '{"at": 1}', '{"at": "x", "now": 1}'])
def test_unreadable_records_are_ignored(value: str) -> None:
    assert read_written({f"written {NAME}": value}) == {}


def test_additions_do_not_matter() -> None:
    added = {NAME: ({"a"}, "a, b")}
    written = read_written(records({}, added, NOW, has_released=False))

    assert late(written, live("a"), NOW) == []
    assert late(written, live("a, b"), NOW) == []


def test_a_text_that_another_stack_restores_is_not_stale() -> None:
    gone = after((2, "a", "b"))
    back = read_written(records(gone, {NAME: ({"b"}, "a")}, NOW, has_released=False))

    assert late(back, live("a"), NOW) == []


def test_no_part_of_a_text_is_recorded() -> None:
    changes = {NAME: ({"secret"}, "more secret")}
    (value,) = records({}, changes, NOW, has_released=True).values()

    assert "secret" not in value


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=6))
def test_a_node_that_shows_the_last_text_is_never_behind(texts: list[str]) -> None:
    steps = [(0.5, old, new) for old, new in pairwise(texts)]
    written = after(*steps)

    assert late(written, live(texts[-1]), NOW) == []
    for text in {*texts} - {texts[-1]}:
        assert late(written, live(text), NOW) == [NAME]
    assert written[NAME].now == digest(texts[-1])
