"""What every run says of itself: of whom the contract tests asked, and which version answered."""

import pytest

from tests.contract.targets import ASKED, chosen_targets, other_versions


def pytest_report_header() -> list[str]:
    chosen = [f"contract target {target.name}: {target.described}" for target in chosen_targets()]
    others = ", ".join(target.name for target in other_versions())
    return [*chosen, f"contract targets of some rows: {others}"] if others else chosen


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say who answered: a pass on the embedded cluster is no pass on CockroachDB."""
    reports = (report for found in terminalreporter.stats.values() for report in found)
    told = {
        value
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, value in report.user_properties
        if name == ASKED
    }
    for line in sorted(map(str, told)):
        terminalreporter.write_line(f"contract tests asked {line}")
