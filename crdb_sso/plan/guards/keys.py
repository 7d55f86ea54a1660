"""What is refused before anything is written, with the reason and the way out."""

from collections.abc import Mapping

from crdb_sso.crdb import setting_texts
from crdb_sso.crdb.settings import LiveSetting, Setting, is_on
from crdb_sso.errors import GuardRefused
from crdb_sso.registry.claims import Claim, Entry, Kind


def check_live(live: Mapping[Setting, LiveSetting], wanted: Mapping[Entry, str]) -> None:
    """Refuse pinned keys on a cluster that fetches keys itself: it would ignore them.

    Raises:
        GuardRefused: `jwks_auto_fetch.enabled` is on and keys are wanted.
    """
    if is_on(live, Setting.AUTO_FETCH) and any(e.kind is Kind.KEY for e in wanted):
        raise GuardRefused(
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
        GuardRefused: Such a key is live; of claimed ones `owner_conflicts` decides.
    """
    for entry, text in wanted.items():
        raw = live.get(entry.name)
        if entry.kind is not Kind.KEY or raw is None:
            continue
        claim = claims.get(entry)
        is_ours = claim is not None and not claim.found
        if not is_ours and not setting_texts.agrees(Setting.JWKS, raw, text):
            raise GuardRefused(
                f"the kid {entry.name!r} already names another key on this cluster, put there by"
                " somebody outside these stacks",
                hint="A cluster takes the first key of a kid only. Let one of the issuers publish"
                " its key under another kid.",
            )
