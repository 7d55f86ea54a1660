"""Some of the ways in: those that a person asks about."""

from dataclasses import dataclass

from crdb_sso.crdb.user_names import normalised
from crdb_sso.verdict.access.views import AccessView
from crdb_sso.verdict.access.ways_in import WayIn, trusted_issuers
from crdb_sso.verdict.cluster.versions import rules_of
from crdb_sso.verdict.differences import difference


@dataclass(frozen=True, slots=True)
class About:
    """What a question is about; None is anything.

    Attributes:
        user: A SQL user, in any case.
        issuer: An `iss`, byte for byte.
        subject: A principal, as a token says it.
    """

    user: str | None = None
    issuer: str | None = None
    subject: str | None = None


def narrowed(view: AccessView, ways: tuple[WayIn, ...], about: About) -> tuple[WayIn, ...]:
    """Return the ways that a question is about, in their order."""
    return tuple(way for way in ways if _is_about(view, way, about))


def _is_about(view: AccessView, way: WayIn, about: About) -> bool:
    if about.issuer not in (None, way.issuer):
        return False
    known = view.accounts or {}
    if about.user is not None:
        user = normalised(about.user)
        if not way.may_be(user) or (not way.user and user in known):
            return False
    if about.subject is None:
        return True
    folds = rules_of(view.cluster).folds_case
    made = way.user_of(about.subject, folds_case=folds)
    return made is not None and (bool(way.user) or made not in known)


def near_issuer(view: AccessView, ways: tuple[WayIn, ...], issuer: str) -> str:
    """Return which issuer almost is the one asked about, "" if it is known or none is like it.

    Args:
        view: What is seen of the cluster.
        ways: All ways in.
        issuer: The one asked about.
    """
    known = dict.fromkeys([*(trusted_issuers(view) or ()), *(way.issuer for way in ways)])
    if issuer in known:
        return ""
    near = ((difference(issuer, one), one) for one in known)
    return next((f"the same issuer {how} is known: {one}" for how, one in near if how), "")
