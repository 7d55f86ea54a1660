"""What a stack says when it lives with a finding: the id of the finding, and why.

Which ids there are is a matter of the program that reads them: a newer one has more.
"""

import re

from crdb_sso.errors import InvalidInput

LONGEST_REASON = 500
"""Characters."""

_ID = re.compile(r"CRDB-SSO-[0-9]{3}")


def check_acceptance(id_: str, reason: str) -> None:
    """Check what a stack accepts.

    Args:
        id_: Of the finding.
        reason: Why, in one line.

    Raises:
        InvalidInput: The id does not look like one, or the reason is blank, too long, or more than
            a line.
    """
    if not _ID.fullmatch(id_):
        raise InvalidInput(
            f"{id_!r} is not the id of a finding",
            hint="Copy it from `crdb-sso analyze`, e.g. CRDB-SSO-003.",
        )
    if not reason.strip():
        raise InvalidInput(
            f"there is no reason to accept {id_}",
            hint="Write why: the report shows it to everybody who asks later.",
        )
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        raise InvalidInput(
            f"the reason to accept {id_} is not one line of at most {LONGEST_REASON} characters",
            hint="Write a short sentence; point to a document for the rest.",
        )
