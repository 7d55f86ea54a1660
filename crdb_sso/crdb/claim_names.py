"""Names of claims, checked as CockroachDB checks the settings that hold them.

The setting `claim` names one claim at the top of a token or, in a text with a leading slash, a
value anywhere in it (a JSON Pointer, RFC 6901). The settings of group sync hold lists of names.
"""

import re

from crdb_sso.crdb.identity_map import GO_BLANKS
from crdb_sso.errors import InvalidInput

DEEPEST_POINTER = 10
"""Segments."""

_GROUP_NAME = re.compile("[A-Za-z0-9_.-]+")


def is_pointer(claim: str) -> bool:
    """Tell whether a claim is a JSON Pointer, where the cluster knows those."""
    return claim.startswith("/")


def check_claim(claim: str) -> None:
    """Check the name of the claim that names a token's principal.

    Raises:
        InvalidInput: It is blank, or a JSON Pointer that no cluster takes.
    """
    if not claim.strip():
        raise InvalidInput(
            "the name of the claim is blank",
            hint="Write e.g. 'email', or leave it out for `sub`.",
        )
    if not is_pointer(claim):
        return
    segments = claim.split("/")[1:]
    if "" in segments:
        raise InvalidInput(
            f"the JSON Pointer {claim!r} has nothing between two slashes, or after the last one",
            hint="Write a name or an index after each slash, e.g."
            " '/kubernetes.io/serviceaccount/uid'; a slash within a name is `~1`.",
        )
    if len(segments) > DEEPEST_POINTER:
        raise InvalidInput(
            f"the JSON Pointer {claim!r} is {len(segments)} names long; CockroachDB takes at most"
            f" {DEEPEST_POINTER}",
            hint="Have the issuer put the value closer to the top of its tokens.",
        )


def check_group_names(text: str) -> None:
    """Check a list of names, separated by commas, under which groups are looked for.

    Raises:
        InvalidInput: A name is missing, or has a character that CockroachDB refuses.
    """
    if not text.strip():
        raise InvalidInput("the name is blank", hint="Write a name, or leave it out.")
    for name in (one.strip(GO_BLANKS) for one in text.split(",")):
        if not name:
            raise InvalidInput(
                f"a name is missing in {text!r}, before, after or between its commas",
                hint="Write one name, e.g. 'groups'.",
            )
        if not _GROUP_NAME.fullmatch(name):
            raise InvalidInput(
                f"CockroachDB refuses {name!r} as the name of a group claim",
                hint="Use letters without accents, digits, `_`, `.` and `-`. A dot is part of the"
                " name: groups further down in a token can't be reached; have the issuer put them"
                " at the top.",
            )
