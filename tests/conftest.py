"""What every run says of itself: of whom it asks, and which version answered."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from dev.emulator.versions import VERSIONS
from tests.contract.targets import chosen_targets, other_targets
from tests.support.servers import EmbeddedCluster, embedded_cluster
from tests.support.shared_folder import make_shared_folder, remove_shared_folder
from tests.support.versions import ASKED, release_of, skip_unless_it_holds, whole_version

# Other programs share the machine: how long an example takes says nothing about the rules.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

SLOW_FIRST = (
    *("engine", "examples", "package", "provider", "workload"),
    *("components", "setup", "cloud", "emulator", "cli", "contract"),
)
"""Suites whose files take long, so that no worker is left with one when the other has ended."""


def pytest_configure(config: pytest.Config) -> None:
    """Give the workers a folder in common, and programs in Go more room before they collect."""
    if not _is_worker(config):
        make_shared_folder()
        # half of an engine's start is collecting garbage: it does so when it grows large
        os.environ.setdefault("GOGC", "off")
        os.environ.setdefault("GOMEMLIMIT", "512MiB")


def pytest_collection_finish() -> None:
    """Let the garbage collector look no more at what is there for the whole run."""
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not _is_worker(config):
        remove_shared_folder()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; what is of one file stays together."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    suite = item.nodeid.split("/")[1]
    return SLOW_FIRST.index(suite) if suite in SLOW_FIRST else len(SLOW_FIRST)


def pytest_report_header() -> list[str]:
    embedded = f"embedded cluster of the other tests: {whole_version()}"
    chosen = [f"contract target {target.name}: {target.described}" for target in chosen_targets()]
    others = ", ".join(target.name for target in other_targets())
    some_rows = [f"contract targets of some rows: {others}"] if others else []
    return [*chosen, *some_rows, embedded]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say who answered: a pass on the embedded cluster is not a pass on CockroachDB."""
    reports = (report for found in terminalreporter.stats.values() for report in found)
    told = {
        f"{report.nodeid.split('/')[1]} tests asked {value}"
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, value in report.user_properties
        if name == ASKED
    }
    for line in sorted(told):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def standing_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    """One embedded cluster for the tests of a worker; whoever has changed it wipes it."""
    with embedded_cluster(tmp_path_factory.mktemp("standing")) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def _row_holds(request: pytest.FixtureRequest) -> None:
    """Skip what is not true of the version that is run; contract tests ask their cluster for it."""
    skip_unless_it_holds(request.node, release_of(VERSIONS[whole_version()]))
