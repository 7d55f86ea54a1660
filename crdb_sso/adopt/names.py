"""Names for what a cluster does not name: issuer components, as Python and Pulumi accept them.

A name depends on which issuers and audiences there are, not on their order on the cluster.
"""

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

LONGEST_PART = 48
"""How many characters of an issuer or an audience go into a name."""

_OWN = frozenset({"config", "pulumi", "sso"})
"""Names that the program itself uses."""

_TAKEN = _OWN | {*dir(builtins), *keyword.kwlist, *keyword.softkwlist}

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def component_names(
    issuers: Collection[str], audiences: Collection[str]
) -> Mapping[tuple[str, str], str]:
    """Return a Python identifier for each issuer and audience.

    It is made from the issuer's host, plus its path where two issuers share a host, plus the
    audience where there are several.
    """
    hosts = Counter(_host(issuer) for issuer in issuers)
    names = {i: _slug(_host(i) if hosts[_host(i)] == 1 else _bare(i)) for i in issuers}
    if len(audiences) == 1:
        return _unique(((i, a), names[i]) for i in issuers for a in audiences)
    both = (((i, a), f"{names[i]}_{_slug(a)}") for i in issuers for a in audiences)
    return _unique((key, name.strip("_")) for key, name in both)


def resource_name(name: str) -> str:
    """Return the name of the component that a variable holds."""
    return name.replace("_", "-")


def _unique(
    wanted: Iterable[tuple[tuple[str, str], str]],
) -> Mapping[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    taken = set(_TAKEN)
    for key, slug in sorted(wanted):
        name = slug if slug[:1].isalpha() and slug not in _TAKEN else f"issuer_{slug}".rstrip("_")
        number, free = 1, name
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free)
        found[key] = free
    return found


def _bare(issuer: str) -> str:
    return _SCHEME.sub("", issuer, count=1)


def _host(issuer: str) -> str:
    return _bare(issuer).partition("/")[0]


def _slug(text: str) -> str:
    return re.sub("[^a-z0-9]+", "_", text.lower()).strip("_")[:LONGEST_PART].rstrip("_")
