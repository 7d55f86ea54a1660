"""Packages that only some workloads need: each is an extra, and a missing one is named."""

from collections.abc import Iterator
from contextlib import contextmanager

from crdb_sso.errors import MissingPackage, extra_hint


@contextmanager
def needs(package: str, extra: str, whom: str) -> Iterator[None]:
    """Name the extra to install if an import fails.

    Args:
        package: Name of the pip package.
        extra: The extra of crdb-sso that installs it.
        whom: What needs it, e.g. "tokens.gcp".

    Raises:
        MissingPackage: The package, or something that it needs, is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise MissingPackage(
            f"{whom} needs the package {package}: {error}",
            hint=f"{extra_hint(extra)}.",
        ) from error
