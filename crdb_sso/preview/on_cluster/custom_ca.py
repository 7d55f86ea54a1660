"""Whose keys nodes can't fetch because they believe a private CA, in lines for people.

The certificates in the setting replace the CAs of the nodes' systems (CockroachDB
pkg/util/httputil): an issuer with a public CA is out of reach unless its CA stands beside the
private one.
"""

from collections.abc import Collection, Iterator, Mapping

from crdb_sso.argument_names import Argument
from crdb_sso.crdb import pem
from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import LiveSetting, Setting, is_on
from crdb_sso.desired.logins import Desired
from crdb_sso.desired.unknown import known
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.plan.steps import Plan
from crdb_sso.plan.writes import settings_after


def ca_lines(before: Desired, after: Desired, plan: Plan, live: ClusterState) -> Iterator[str]:
    """Yield whose keys the nodes may not be able to fetch any longer, or from the start.

    Args:
        before: What the stack has.
        after: What it wants; all of it is known.
        plan: The plan.
        live: The cluster that it was made for.
    """
    then = settings_after(plan.all_writes, live.settings)
    if not _is_narrowed(then):
        return
    was_narrowed = _is_narrowed(live.settings)
    told = _without_ca(before) if was_narrowed and before.fetched else set()
    if ours := _without_ca(after) - told:
        yield _about_ours(ours)
    own = {known(source.issuer) for source in after.sources.values()}
    others = entries(Setting.ISSUERS, then[Setting.ISSUERS].text).keys() - own
    if others and not was_narrowed:
        yield (
            "from now on nodes believe only the certificates in"
            f" {Setting.CUSTOM_CA.value}, not the CAs of their systems, and fetch the keys of"
            f" {_named(others)} too, which others trust. Put the CAs that sign for those beside"
            f" yours: {Argument.CA_FILE} may be a bundle of several certificates"
        )


def mixed_ca_lines(before: Desired, after: Desired) -> Iterator[str]:
    """Yield the same as far as a program alone tells, for when the cluster is out of reach."""
    ours = _without_ca(after) if _is_mixed(after) else set()
    if ours := ours - (_without_ca(before) if _is_mixed(before) else set()):
        yield _about_ours(ours)


def _about_ours(issuers: Collection[str]) -> str:
    return (
        f"{Argument.CA_FILE} is not given for {_named(issuers)}, but nodes believe only the"
        f" certificates in {Setting.CUSTOM_CA.value}, not the CAs of their systems. Name a file"
        " with the CA that signs for it: it may be a bundle of several certificates, so that one"
        " file for all issuers will do"
    )


def _is_narrowed(settings: Mapping[Setting, LiveSetting]) -> bool:
    """Tell whether nodes fetch keys, and believe only certain CAs."""
    ca = settings.get(Setting.CUSTOM_CA)
    return (
        is_on(settings, Setting.AUTO_FETCH) and ca is not None and bool(pem.certificates(ca.text))
    )


def _is_mixed(desired: Desired) -> bool:
    """Tell whether some of a program's issuers have a private CA."""
    return desired.fetched and any(source.ca != "" for source in desired.sources.values())


def _without_ca(desired: Desired) -> set[str]:
    sources = desired.sources.values()
    with_ca = {source.issuer for source in sources if source.ca != ""}
    return {known(source.issuer) for source in sources if source.issuer not in with_ca}


def _named(issuers: Collection[str]) -> str:
    return ", ".join(sorted(issuers))
