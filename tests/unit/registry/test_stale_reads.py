"""Which settings a node still shows as they were before they were just written."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.settings import LiveSetting
from crdb_sso.registry.stale_reads import Written, behind, digest, late, read_written, records

NOW = datetime(2026, 11, 25, 9, tzinfo=timezone.utc)
NAME = "server.identity_map.configuration"


def live(text: str, name: str = NAME) -> list[LiveSetting]:
    return [LiveSetting(name, text)]


def after(*steps: tuple[float, str]) -> dict[str, Written]:
    """Return what is in the registry after writes: seconds before now, new text."""
    meta = {"schema_version": "3", "cluster_id": "id"}
    for ago_s, new in steps:
        meta |= records({NAME: new}, NOW - timedelta(seconds=ago_s))
    return read_written(meta)


@pytest.mark.parametrize(
    ("steps", "text", "is_late"),
    [
        pytest.param([], "a", False, id="nothing was written"),
        pytest.param([(1, "b")], "b", False, id="what was written"),
        pytest.param([(1, "b")], "a", True, id="another text"),
        pytest.param([(11, "b")], "a", False, id="long ago: somebody's hand"),
        pytest.param([(-60, "b")], "a", False, id="a time to come"),
        pytest.param([(9, "b"), (1, "c")], "b", True, id="the text before last"),
        pytest.param([(9, "b"), (1, "a")], "a", False, id="there and back"),
    ],
)
def test_a_node_may_be_behind_while_it_does_not_show_what_was_just_written(
    steps: list[tuple[float, str]],
    text: str,
    is_late: bool,  # noqa: FBT001 - a cell
) -> None:
    assert late(after(*steps), live(text), NOW) == ([NAME] if is_late else [])


@pytest.mark.parametrize(
    ("steps", "text", "lacking", "expected"),
    [
        pytest.param([(30, "a, b")], "a", [NAME], [NAME], id="another text, which lacks it"),
        pytest.param([], "a", [NAME], [NAME], id="nothing was noted"),
        pytest.param([(30, "a")], "a", [NAME], [], id="what was written last lacks it"),
        pytest.param([(30, "a, b")], "a", [], [], id="nothing is missing"),
        pytest.param([(30, "a, b")], "a", ["another"], [], id="another setting lacks it"),
    ],
)
def test_a_text_that_lacks_what_was_just_added_is_old_unless_it_was_written_last(
    steps: list[tuple[float, str]], text: str, lacking: list[str], expected: list[str]
) -> None:
    assert behind(after(*steps), live(text), lacking) == expected


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


def test_other_settings_do_not_matter() -> None:
    assert late(after((1, "b")), live("a", "another"), NOW) == []


def test_how_far_a_node_may_be_behind_is_a_parameter() -> None:
    written = after((3, "b"))

    assert late(written, live("a"), NOW, spread_s=2) == []
    assert late(written, live("a"), NOW, spread_s=4) == [NAME]


@pytest.mark.parametrize("value", ["", "no JSON", "[]", "{}", '{"at": 1}', '{"at": "x", "now": 1}'])
def test_unreadable_records_are_ignored(value: str) -> None:
    assert read_written({f"written {NAME}": value}) == {}


def test_no_part_of_a_text_is_recorded() -> None:
    (value,) = records({NAME: "secret"}, NOW).values()

    assert "secret" not in value


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=6))
def test_a_node_that_shows_the_last_text_is_never_behind(texts: list[str]) -> None:
    written = after(*((0.5, text) for text in texts))

    assert late(written, live(texts[-1]), NOW) == []
    for text in {*texts} - {texts[-1]}:
        assert late(written, live(text), NOW) == [NAME]
    assert written[NAME].now == digest(texts[-1])
