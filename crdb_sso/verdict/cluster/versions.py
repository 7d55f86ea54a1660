"""What decides a login with a token and differs between versions of CockroachDB."""

import re
from dataclasses import dataclass
from enum import Enum

from crdb_sso.crdb.active_version import (
    FOLDS_SINCE,
    INFERS_ALGORITHM_SINCE,
    POINTERS_SINCE,
    Series,
    active_series,
)
from crdb_sso.crdb.settings import NEWEST_VERSION, Setting
from crdb_sso.verdict.cluster.views import ClusterView

_PATCH = re.compile(r"\d+\.\d+\.(\d{1,6})")
_LATER_PATCH = 10**6
_MAP_FORM = {(23, 1): 25, (23, 2): 19, (24, 1): 10, (24, 2): 1}
"""The first patch of a series that reads a map of issuers."""


class Order(Enum):
    """In which order a login is judged.

    Attributes:
        COLLAPSED: The user; form, signature and times in one step; then the issuer. 22.2, 23.1 and
            23.2 until they could fetch keys.
        USER_FIRST: The user; then the issuer, the signature, the times, the principal. To 25.3.
        PRINCIPAL_FIRST: Whom the token says it is for, unverified; then the user; then all else.
    """

    COLLAPSED = "collapsed"
    USER_FIRST = "user first"
    PRINCIPAL_FIRST = "principal first"


@dataclass(frozen=True, slots=True)
class Rules:
    """The behaviour of one version.

    Attributes:
        order: Of its checks.
        infers_algorithm: Whether a key without `alg` verifies (23.1).
        reads_issuer_map: Whether issuers may be a map, and text after them is ignored (24.2.1).
        checks_licence: Whether a login ends with a look at the licence (before 24.3).
        folds_case: Whether lines of the identity map match without case (26.1).
        reads_pointers: Whether a claim that begins with `/` is a JSON Pointer (26.3, inferred).
        checks_fetched_keys: Whether one useless key spoils a fetched set (26.3, inferred).
        note: What was assumed about the version, "" if nothing was.
    """

    order: Order
    infers_algorithm: bool
    reads_issuer_map: bool
    checks_licence: bool
    folds_case: bool
    reads_pointers: bool
    checks_fetched_keys: bool
    note: str = ""


def rules_of(cluster: ClusterView) -> Rules:
    """Return how the version of a cluster judges.

    What depends on a patch is told by the settings that the cluster has, where they tell it.
    """
    series, note = active_series(cluster.version), ""
    newest = ".".join(map(str, NEWEST_VERSION))
    if series is None:
        note = f"The version {cluster.version!r} can't be read: judged as {newest}."
        series = NEWEST_VERSION
    elif series > NEWEST_VERSION:
        note = f"Version {cluster.version} is newer than this program knows: judged as {newest}."
        series = NEWEST_VERSION
    found = _PATCH.search(cluster.version)
    return Rules(
        order=_order(cluster, series),
        infers_algorithm=series >= INFERS_ALGORITHM_SINCE,
        reads_issuer_map=_reads_issuer_map(cluster, series, int(found[1]) if found else None),
        checks_licence=series < (24, 3),
        folds_case=series >= FOLDS_SINCE,
        reads_pointers=series >= POINTERS_SINCE,
        checks_fetched_keys=series >= (26, 3),
        note=note,
    )


def _order(cluster: ClusterView, series: Series) -> Order:
    if series >= (25, 4):
        return Order.PRINCIPAL_FIRST
    if series < (24, 1) and not cluster.has(Setting.AUTO_FETCH):
        return Order.COLLAPSED
    return Order.USER_FIRST


def _reads_issuer_map(cluster: ClusterView, series: Series, patch: int | None) -> bool:
    if Setting.ISSUERS.value in cluster.settings or series >= (24, 3):
        return True
    first = _MAP_FORM.get(series, _LATER_PATCH)
    return patch is not None and patch >= first
