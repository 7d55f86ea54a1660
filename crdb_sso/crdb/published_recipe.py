"""What a widely copied recipe for cluster SSO gets wrong, and what to write instead.

It names the identity map `crdb`, which tokens never consult: their map name is the `iss`. It binds
audiences to issuers, which no setting does. It ends regular expressions with a `/`, which becomes a
part of them. For Azure it takes the claim `preferred_username`. docs/from-the-published-recipe.md
tells all of it.
"""

from collections.abc import Collection

from crdb_sso.crdb import json_slices
from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.printing import printable

MAP_NAME = "crdb"
"""Its name for the identity map."""

CLAIM = "preferred_username"
"""Its claim for Azure."""

_MEMBER = "issuers"

WRITE_ISSUERS = (
    'Write a list of the issuers, ["https://idp.example.com"], and the audiences as a list of'
    " their own into server.jwt_authentication.audience: no setting binds an audience to an issuer"
)
"""What to write instead of issuers as objects."""

ABOUT_CLAIM = (
    f"{CLAIM} is missing from the tokens of most workloads, and people may be able to change it:"
    " prefer oid or sub"
)
"""Why not to take its claim."""


def is_recipe_of_issuers(text: str) -> bool:
    """Tell whether a text is `{"issuers": [{"issuer": ..., "audience": ...}]}`, or a part of it."""
    if not json_slices.is_json(text):
        return False
    value = json_slices.decoded(text)
    if isinstance(value, dict):
        return _MEMBER in value or value.keys() >= {"issuer", "audience"}
    return isinstance(value, list) and any(
        isinstance(one, dict) and "issuer" in one for one in value
    )


def fault_of_line(line: MapLine, issuers: Collection[str]) -> str:
    """Return what is wrong with an identity map line of the recipe, "" if it is not one.

    Args:
        line: The line.
        issuers: The issuers that the line may have been meant for.
    """
    if line.issuer == MAP_NAME and MAP_NAME not in issuers:
        meant = MapLine(_the_one(issuers), without_slash(line.subject), line.user)
        return (
            f"tokens never consult a map called {MAP_NAME}, whatever a published recipe says: the"
            f" map name of a token is its issuer. If it is meant for tokens, write"
            f" `{printable(meant.text)}`"
        )
    if line.subject != without_slash(line.subject):
        meant = MapLine(line.issuer, without_slash(line.subject), line.user)
        return (
            "the / at its end is a part of the expression, which therefore matches nobody, whatever"
            f" a published recipe says. Write `{printable(meant.text)}`"
        )
    return ""


def without_slash(subject: str) -> str:
    """Return a subject without the `/` that makes its anchored expression match nobody."""
    is_slashed = subject.startswith("/") and subject.endswith("$/")
    return subject[:-1] if is_slashed and not subject.endswith(r"\$/") else subject


def _the_one(issuers: Collection[str]) -> str:
    return next(iter(issuers)) if len(issuers) == 1 else "<issuer>"
