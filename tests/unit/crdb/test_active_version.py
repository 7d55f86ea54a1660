"""From which version on case does not count, as the setting `version` shows it."""

import pytest

from crdb_sso.crdb.active_version import active_series, folds_case


@pytest.mark.parametrize(
    ("shown", "series"),
    [
        pytest.param("22.2", (22, 2), id="an old one"),
        pytest.param("25.4", (25, 4), id="the last one where case counts"),
        pytest.param("26.1", (26, 1), id="the first one where it does not"),
        pytest.param("25.4-upgrading-to-26.1-step-004", (26, 1), id="an upgrade under way"),
        pytest.param("23.1-8", (23, 1), id="an upgrade under way, before 23.2"),
        pytest.param("1000025.4", (25, 4), id="a development build"),
        pytest.param("v30.10.2", (30, 10), id="numbers count as numbers"),
        pytest.param("", None, id="not shown"),
        pytest.param("<redacted>", None, id="hidden"),
    ],
)
def test_the_active_version_is_the_newest_that_the_setting_names(
    shown: str, series: tuple[int, int] | None
) -> None:
    assert active_series(shown) == series


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("22.2", False),
        ("25.4", False),
        ("25.4-upgrading-to-26.1-step-004", True),
        ("26.1", True),
        ("27.1", True),
        ("", True),
        ("nonsense", True),
    ],
)
def test_case_counts_only_where_the_version_is_known_to_be_older(
    shown: str, *, expected: bool
) -> None:
    assert folds_case(shown) is expected
