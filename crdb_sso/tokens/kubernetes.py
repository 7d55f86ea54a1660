"""Kubernetes service accounts: their names, and the `sub` of their tokens."""

import re
from dataclasses import dataclass

from crdb_sso.errors import InvalidInput

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A Kubernetes service account.

    Attributes:
        namespace: A DNS label (RFC 1123).
        name: A DNS subdomain (RFC 1123).

    Raises:
        InvalidInput: Kubernetes does not accept one of them.
    """

    namespace: str
    name: str

    def __post_init__(self) -> None:
        """Check the names at the door."""
        if not _is_label(self.namespace):
            raise InvalidInput(
                f"{self.namespace!r} is not a Kubernetes namespace",
                hint="Lower-case letters, digits and dashes, at most 63, e.g. shop.",
            )
        is_short = isinstance(self.name, str) and len(self.name) <= _LONGEST_NAME
        if not is_short or not all(_is_label(part) for part in self.name.split(".")):
            raise InvalidInput(
                f"{self.name!r} is not the name of a Kubernetes service account",
                hint="Lower-case letters, digits, dashes and periods, at most 253, e.g. orders.",
            )

    @property
    def subject(self) -> str:
        """The `sub` of its tokens."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"


def _is_label(text: object) -> bool:
    return isinstance(text, str) and _LABEL.fullmatch(text) is not None
