"""What the version of a cluster decides where no setting shows it."""

import pytest

from crdb_sso.crdb.active_version import ClusterVersion, active_series


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
    assert ClusterVersion(shown).folds_case is expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("26.2", False),
        ("26.2-upgrading-to-26.3-step-004", False),
        ("26.3", True),
        ("26.3-upgrading-to-26.4-step-004", True),
        ("1000026.4", True),
        ("", False),
        ("nonsense", False),
    ],
)
def test_pointers_are_taken_only_where_every_node_is_known_to_read_them(
    shown: str, *, expected: bool
) -> None:
    assert ClusterVersion(shown).takes_pointers is expected


OLD = "CockroachDB CCL v25.4.1 (x86_64-pc-linux-gnu, built 2026/01/01 00:00:00, go1.23.12)"
NEW = "CockroachDB CCL v26.1.0-alpha.2-dev (darwin arm64, built , go1.25.3)"


@pytest.mark.parametrize(
    ("shown", "node", "expected"),
    [
        pytest.param("25.4", OLD, False, id="old"),
        pytest.param("26.1", NEW, True, id="new"),
        pytest.param("25.4", NEW, True, id="a new node before the upgrade is final"),
        pytest.param("25.4-upgrading-to-26.1-step-004", OLD, True, id="an upgrade under way"),
        pytest.param("", OLD, True, id="the active version is not shown"),
        pytest.param("25.4", "", True, id="the node says nothing"),
    ],
)
def test_nodes_may_shut_root_out_from_26_1_on_and_where_nobody_can_tell(
    shown: str, node: str, *, expected: bool
) -> None:
    assert ClusterVersion(shown, node).may_close_root is expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [("22.2", False), ("22.2-8", False), ("23.1", True), ("26.2", True), ("", True)],
)
def test_keys_without_an_algorithm_verify_unless_the_version_is_known_to_be_older(
    shown: str, *, expected: bool
) -> None:
    assert ClusterVersion(shown).infers_algorithm is expected
