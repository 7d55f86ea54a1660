"""Keys that could not be fetched: what a program says instead of them.

An outage of an issuer must not stop a revocation, so it does not stop a program. The reason takes
the place of the keys, under a kid that no key has; the provider replaces it by the keys of the last
`up`, or reports it. It reaches neither a state nor a cluster.
"""

from collections.abc import Mapping

_NO_KID = ""


def not_fetched(reason: str) -> dict[str, str]:
    """Return what stands for the keys.

    Args:
        reason: Why they could not be fetched, and the next step, for people.
    """
    return {_NO_KID: reason}


def why_not_fetched(keys: Mapping[str, object]) -> str | None:
    """Return the reason among some keys, None if they were all fetched."""
    reason = keys.get(_NO_KID)
    return None if reason is None else str(reason)


def those_fetched(keys: Mapping[str, object]) -> dict[str, object]:
    """Return the keys among some keys."""
    return {kid: text for kid, text in keys.items() if kid != _NO_KID}
