"""What is refused before anything is written, with the reason and the way out."""

from collections.abc import Collection, Mapping

from crdb_sso import documents
from crdb_sso.claims import Claim, Entry, Kind
from crdb_sso.errors import ClusterRefused
from crdb_sso.logins import membership_parts
from crdb_sso.settings import VENDOR_ISSUER, LiveSetting, Setting, is_on


def check_live(live: Mapping[Setting, LiveSetting], wanted: Mapping[Entry, str]) -> None:
    """Refuse pinned keys on a cluster that fetches keys itself: it would ignore them.

    Raises:
        ClusterRefused: `jwks_auto_fetch.enabled` is on and keys are wanted.
    """
    if is_on(live, Setting.AUTO_FETCH) and any(e.kind is Kind.KEY for e in wanted):
        raise ClusterRefused(
            f"this cluster fetches keys itself ({Setting.AUTO_FETCH.value} is on) and ignores"
            " pinned ones",
            hint=f"SET CLUSTER SETTING {Setting.AUTO_FETCH.value} = false, once every issuer in"
            " the list has its keys pinned.",
        )


def check_keys(
    live: Mapping[str, str], wanted: Mapping[Entry, str], claims: Mapping[Entry, Claim]
) -> None:
    """Refuse a kid that names another key of somebody who made no claim.

    Raises:
        ClusterRefused: Such a key is live; what is claimed is `crdb_sso.conflicts`' matter.
    """
    for entry, text in wanted.items():
        raw = live.get(entry.name)
        if entry.kind is not Kind.KEY or raw is None:
            continue
        claim = claims.get(entry)
        is_ours = claim is not None and not claim.found
        if not is_ours and not documents.agrees(Setting.JWKS, raw, text):
            raise ClusterRefused(
                f"the kid {entry.name!r} already names another key on this cluster, put there by"
                " somebody outside these stacks",
                hint="A cluster takes the first key of a kid only. Let one of the issuers publish"
                " its key under another kid.",
            )


def check_roles(wanted: Mapping[Entry, str], roles: Collection[str]) -> None:
    """Refuse memberships of roles that do not exist.

    Raises:
        ClusterRefused: Names the roles, and the statements that make them.
    """
    asked = {membership_parts(e)[0] for e in wanted if e.kind is Kind.MEMBERSHIP}
    made_here = {e.name for e in wanted if e.kind is Kind.USER}
    missing = sorted(asked - made_here - set(roles))
    if missing:
        statements = " ".join(f'CREATE ROLE "{role}";' for role in missing)
        raise ClusterRefused(
            f"no such role on the cluster: {', '.join(missing)}",
            hint=f"Roles and what they may do are not made here. Run: {statements}",
        )


def check_vendor_issuer(live: LiveSetting, next_text: str) -> None:
    """Refuse to drop Cockroach Cloud's own issuer.

    Raises:
        ClusterRefused: It is in the list, and would no longer be.
    """
    before = documents.entries(Setting.ISSUERS, live.text)
    if VENDOR_ISSUER in before and VENDOR_ISSUER not in documents.entries(
        Setting.ISSUERS, next_text
    ):
        raise ClusterRefused(
            f"this would drop {VENDOR_ISSUER}, with which Cockroach Cloud's own logins work",
            hint="Keep it in the program; or, where no Cockroach Cloud manages the cluster, take it"
            f" out of {live.name} by hand first.",
        )
