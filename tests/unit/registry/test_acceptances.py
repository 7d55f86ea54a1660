"""What a stack accepts has an id, and a reason that fits into a line."""

import pytest

from crdb_sso.errors import InvalidInput
from crdb_sso.registry.acceptances import LONGEST_REASON, check_acceptance


@pytest.mark.parametrize("reason", ["why", "x" * LONGEST_REASON, "wegen des Übergangs"])
def test_a_reason_is_accepted(reason: str) -> None:
    check_acceptance("CRDB-SSO-003", reason)


@pytest.mark.parametrize(
    ("id_", "reason", "says"),
    [
        ("CRDB-SSO-3", "why", "is not the id of a finding"),
        ("CRDB-SSO-0030", "why", "is not the id of a finding"),
        ("CRDB-SSO-003", " ", "there is no reason"),
        ("CRDB-SSO-003", "x" * (LONGEST_REASON + 1), "is not one line"),
        ("CRDB-SSO-003", "a\nb", "is not one line"),
    ],
)
def test_anything_else_is_refused(id_: str, reason: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        check_acceptance(id_, reason)
