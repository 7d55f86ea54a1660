"""Findings about the ways in without a token."""

from collections.abc import Iterator

from crdb_sso.argument_names import Argument
from crdb_sso.crdb import hba
from crdb_sso.crdb.settings import Setting
from crdb_sso.errors import GuardRefused
from crdb_sso.verdict.findings.finding import Found
from crdb_sso.verdict.findings.situation import SSO_ONLY, Situation

_WITH_PASSWORD = frozenset(
    {"password", "cert-password", "scram-sha-256", "cert-scram-sha-256", "ldap", "gss", "trust"}
)
_ROOT = ("root",)


def doors_for_passwords(situation: Situation) -> Iterator[Found]:
    """Yield rules that let passwords in though a stack wants tokens only."""
    if not situation.wants_sso_only:
        return
    text = situation.text(Setting.HOST_RULES)
    try:
        has_block = hba.block_lines(text) is not None
        above, below = hba.foreign_rules(text)
    except GuardRefused as exc:
        yield Found(
            f"A stack wants {Argument.SSO_ONLY}, but {exc.what}.",
            "Mend the rules by hand; then `pulumi refresh` and `pulumi up` write the block again.",
        )
        return
    if not has_block:
        owners = ", ".join(situation.owners_of(SSO_ONLY))
        yield Found(
            f"{owners} wants {Argument.SSO_ONLY}, but the rules that close every other way in"
            f" are gone: {'the rules that are there' if above or below else 'the built-in rules'}"
            " decide.",
            "`pulumi refresh`, then `pulumi up`, writes them again.",
        )
        return
    for rule in above:
        if rule.lets_in and rule.method in _WITH_PASSWORD and rule.users != _ROOT:
            yield Found(
                f"A stack wants {Argument.SSO_ONLY}, but a rule above its block still lets users"
                f" in by {rule.method}: {rule.text}",
                "Remove the rule by hand, or narrow it to the users and addresses that need it.",
            )
