"""Which version of the embedded cluster a run asks, and for which versions a test holds."""

from __future__ import annotations

import os

import pytest

from dev.emulator.versions import DEFAULT, VERSIONS, Version

VERSION_VARIABLE = "CRDB_SSO_TEST_VERSION"
"""Names the version that a run asks; without it, the default, and all of them a little."""

ASKED = "asked"
"""The property of each report that says which cluster, and which version, was asked."""

Release = tuple[int, ...]
"""Year, number and, where it matters, patch: `24.3` is (24, 3) and comes before `24.3.0`."""


def chosen_version() -> str | None:
    """Return the version that this run was told to ask."""
    version = os.environ.get(VERSION_VARIABLE) or None
    if version is not None and version not in VERSIONS:
        raise pytest.UsageError(f"{VERSION_VARIABLE}={version} is not one of {', '.join(VERSIONS)}")
    return version


def whole_version() -> str:
    """Return the version that whole suites ask."""
    return chosen_version() or DEFAULT.name


def other_versions() -> list[str]:
    """Return the versions that a run asks a little when it was told none."""
    return [name for name in VERSIONS if name != DEFAULT.name]


def release_of(version: Version) -> Release:
    """Return year, number and patch of a version that is imitated."""
    return (*version.series, version.patch)


def is_since(since: str, version: str | None = None) -> bool:
    """Tell whether a version is `since` or later; by default the one that whole suites ask."""
    return release_of(VERSIONS[version or whole_version()]) >= parsed(since)


def parsed(version: str) -> Release:
    """Return `24.3` as (24, 3) and `23.1.17` as (23, 1, 17)."""
    return tuple(int(part) for part in version.split("."))


def out_of_range(marker: pytest.Mark, version: Release) -> str | None:
    """Return the range a test holds for if `version` is outside it, else None."""
    since, before = marker.kwargs.get("since"), marker.kwargs.get("before")
    too_old = since is not None and version < parsed(since)
    too_new = before is not None and version >= parsed(before)
    if not (too_old or too_new):
        return None
    bounds = [f"from {since}" if since else "", f"before {before}" if before else ""]
    return " ".join(bound for bound in bounds if bound)


def skip_unless_it_holds(item: pytest.Item, release: Release) -> None:
    """Skip a test that does not hold for a version; the reason is the range it holds for."""
    for marker in item.iter_markers("holds"):
        if bounds := out_of_range(marker, release):
            pytest.skip(f"holds for CockroachDB {bounds}; this is {written(release)}")


def written(release: Release) -> str:
    """Return (23, 1, 17) as `23.1.17`."""
    return ".".join(map(str, release))


if __name__ == "__main__":
    print(*other_versions())  # noqa: T201 - for `make test-versions`
