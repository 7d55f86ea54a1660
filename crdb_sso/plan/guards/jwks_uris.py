"""A `jwks_uri` is refused where the nodes would not use it."""

from collections.abc import Mapping

from crdb_sso.argument_names import Argument
from crdb_sso.crdb.formats.string_lists import is_issuer_map, issuer_uris
from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import Setting, missing_setting
from crdb_sso.desired.fetched_keys import is_fetched
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Kind


def check(context: PlanContext) -> None:
    """Refuse a `jwks_uri` that the nodes would not use.

    Raises:
        UnsupportedVersion: The cluster's list of issuers can't hold URIs.
        GuardRefused: It could, but the URI of another issuer is not known; or the setting has
            a different URI, written by somebody outside these stacks.
    """
    wanted = context.wanted.entries
    given = {e.name: text for e, text in wanted.items() if e.kind is Kind.ISSUER and text}
    if not given or not is_fetched(wanted):
        return
    after = context.after[Setting.ISSUERS].text
    if is_issuer_map(after):
        _check_same(given, after)
        return
    what = f"nodes can't be told the JWKS URI of {', '.join(sorted(given))}"
    if context.live.settings[Setting.ISSUERS].name != Setting.ISSUERS.value:
        raise missing_setting(
            Setting.ISSUERS,
            or_else=f"leave out {Argument.JWKS_URI} where the issuer has a discovery document",
            so=what,
            since=Setting.ISSUERS.spec.renamed_in,
        )
    others = sorted(entries(Setting.ISSUERS, after).keys() - given.keys())
    raise GuardRefused(
        f"{what}, while that of {', '.join(others) or 'issuers that were found'} is not known",
        hint=f"A cluster has it for all issuers or for none. Give each its {Argument.JWKS_URI}, or"
        f" leave it out everywhere; for issuers of others, write {Setting.ISSUERS.value} by hand as"
        ' the map {"issuer_jwks_map": {issuer: JWKS URI}}.',
    )


def _check_same(given: Mapping[str, str], after: str) -> None:
    """Refuse a URI that differs from the one that somebody outside these stacks wrote."""
    for issuer, uri in issuer_uris(after).items():
        if given.get(issuer, uri) != uri:
            raise GuardRefused(
                f"this stack has the keys of {issuer} fetched from {given[issuer]}, but"
                f" {Setting.ISSUERS.value} has {uri}, written by somebody outside these stacks",
                hint=f"Give the same {Argument.JWKS_URI}, or change the one in the setting by"
                " hand.",
            )
