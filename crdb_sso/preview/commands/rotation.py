"""How published keys differ from those on a cluster, in lines for people."""

from collections.abc import Iterator, Mapping

from crdb_sso.plan.rotation import Rotation
from crdb_sso.printing import cut
from crdb_sso.tokens.freshness import Freshness

LONGEST_HEADER = 200
"""Characters of a header that are shown: an issuer may send any text."""


def rotation_lines(found: Rotation, *, is_checked: bool = True) -> list[str]:
    """Return a line for each kid, and what to do at the end.

    Args:
        found: How they differ.
        is_checked: Whether any issuer was asked.
    """
    kids_by_line = {
        "+ {kid}: published, not yet trusted": found.new,
        "+ {kid}: gone from the cluster": found.missing,
        "~ {kid}: no longer published, still trusted": found.retired,
        "- {kid}: no longer published, its time is over": found.due,
    }
    lines = [text.format(kid=kid) for text, kids in kids_by_line.items() for kid in kids]
    lines += [
        f"  {kid}: no longer published, trusted until {until:%Y-%m-%d %H:%M} UTC"
        for kid, until in sorted(found.waiting.items())
    ]
    return [*lines, _verdict(found, is_checked=is_checked)]


def _verdict(found: Rotation, *, is_checked: bool) -> str:
    if found.needs_refresh:
        return "run `pulumi refresh`, then `pulumi up`: what is gone was taken away by hand"
    if found.needs_up:
        return "run `pulumi up`"
    return "the keys are up to date" if is_checked else "no issuer was asked: nothing is known"


def freshness_lines(found: Mapping[str, Freshness]) -> Iterator[str]:
    """Yield for how long nodes that fetch and cache keys trust those that an issuer withdraws."""
    for issuer, fresh in sorted(found.items()):
        headers = {"Cache-Control": fresh.cache_control, "Expires": fresh.expires}
        sent = "; ".join(
            f"{name}: {cut(value, LONGEST_HEADER)}" for name, value in headers.items() if value
        )
        so = (
            "nodes that fetch keys and cache them may trust a withdrawn key for"
            f" {_duration(fresh.lasts_s)}"
            if fresh.lasts_s
            else "nodes that fetch keys do so at each login"
        )
        yield f"  {issuer}: {sent or 'no Cache-Control or Expires'}: {so}"


def _duration(seconds: int) -> str:
    for unit, length, least in (("days", 86400, 172800), ("h", 3600, 3600), ("min", 60, 60)):
        if seconds >= least:
            return f"{round(seconds / length, 1):g} {unit}"
    return f"{seconds} s"
