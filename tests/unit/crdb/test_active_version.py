"""From which version root may be shut out by a flag of the nodes."""

import pytest

from crdb_sso.crdb.active_version import may_close_root


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("22.2", False),
        ("25.4", False),
        ("26.1", True),
        ("26.4", True),
        ("25.4-upgrading-to-26.1-step-004", True),
        ("1000025.4", False),
        ("", True),
        ("unknown", True),
    ],
)
def test_root_may_be_shut_out_from_26_1_on_and_where_nobody_can_tell(
    shown: str, *, expected: bool
) -> None:
    assert may_close_root(shown) is expected
