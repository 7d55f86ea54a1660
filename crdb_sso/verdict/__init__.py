"""Would this token log in, and if not, why: what CockroachDB decides, version by version.

The names below are loaded when they are asked for: every `pulumi up` reads the findings in this
room, and none of them needs the judge.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crdb_sso.verdict.cluster.views import ClusterView, UserView
    from crdb_sso.verdict.judging import judge
    from crdb_sso.verdict.outcome import Check, ClientError, Verdict

__all__ = ["Check", "ClientError", "ClusterView", "UserView", "Verdict", "judge"]

_HOMES = {
    "judge": "judging",
    **dict.fromkeys(("Check", "ClientError", "Verdict"), "outcome"),
    **dict.fromkeys(("ClusterView", "UserView"), "cluster.views"),
}


def __getattr__(name: str) -> object:
    """Load one of the names of this package."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
