"""For which versions of CockroachDB a row is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

Release = tuple[int, ...]
"""Year, number and, where it matters, patch: `24.3` is (24, 3) and comes before `24.3.0`."""


def parsed(version: str) -> Release:
    """Return `24.3` as (24, 3) and `23.1.17` as (23, 1, 17)."""
    return tuple(int(part) for part in version.split("."))


def out_of_range(marker: pytest.Mark, version: Release) -> str | None:
    """Return the range a row holds for if `version` is outside it, else None."""
    since, before = marker.kwargs.get("since"), marker.kwargs.get("before")
    too_old = since is not None and version < parsed(since)
    too_new = before is not None and version >= parsed(before)
    if not (too_old or too_new):
        return None
    bounds = [f"from {since}" if since else "", f"before {before}" if before else ""]
    return " ".join(bound for bound in bounds if bound)
