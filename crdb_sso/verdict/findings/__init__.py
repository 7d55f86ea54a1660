"""What is trusted more than meant on a cluster: findings, each with an id and a way out.

A rule is a pure function from a `Situation` to what it finds; `RULES` is the one list of them. To
add one, write the function in the module of its group, give it the next id here, and describe it in
docs/findings.md; its table is generated from this list.
"""

from crdb_sso.crdb.settings import Setting
from crdb_sso.verdict.findings import (
    doors,
    key_material,
    leftovers,
    report,
    subjects,
    trust,
    users,
)
from crdb_sso.verdict.findings.finding import Acceptance, Finding, Rule, Severity
from crdb_sso.verdict.findings.report import Report, reported
from crdb_sso.verdict.findings.situation import Situation

__all__ = [
    "RULES",
    "Acceptance",
    "Finding",
    "Report",
    "Rule",
    "Severity",
    "Situation",
    "analyzed",
    "check_id",
    "reported",
]

RULES: tuple[Rule, ...] = (
    Rule(
        id="CRDB-SSO-001",
        severity=Severity.WARNING,
        title="keys of more than one issuer are pinned in one list",
        check=trust.shared_keys,
        reads=(Setting.ISSUERS, Setting.JWKS),
    ),
    Rule(
        id="CRDB-SSO-002",
        severity=Severity.WARNING,
        title="an audience is shared with another environment, or is that of other services",
        check=trust.wide_audiences,
        reads=(Setting.AUDIENCE,),
        is_previewed=True,
    ),
    Rule(
        id="CRDB-SSO-003",
        severity=Severity.ERROR,
        title="a pattern lets in everybody who has an account at a public issuer",
        check=subjects.patterns_for_everybody,
        reads=(Setting.ISSUERS, Setting.IDENTITY_MAP),
        is_previewed=True,
        is_refused=True,
    ),
    Rule(
        id="CRDB-SSO-004",
        severity=Severity.WARNING,
        also=Severity.INFO,
        title="tokens of several issuers open one user",
        check=users.users_of_several_issuers,
        reads=(Setting.ISSUERS, Setting.IDENTITY_MAP),
        is_previewed=True,
    ),
    Rule(
        id="CRDB-SSO-005",
        severity=Severity.ERROR,
        also=Severity.WARNING,
        title="tokens open a user that may do more than use data",
        check=users.privileged_users,
        reads=(Setting.ISSUERS, Setting.IDENTITY_MAP),
        needs_users=True,
    ),
    Rule(
        id="CRDB-SSO-006",
        severity=Severity.WARNING,
        title="several issuers are believed about a claim other than `sub`",
        check=trust.claims_of_several_issuers,
        reads=(Setting.ISSUERS, Setting.CLAIM),
        is_previewed=True,
    ),
    Rule(
        id="CRDB-SSO-007",
        severity=Severity.INFO,
        title="tokens without `exp` are accepted",
        check=trust.tokens_without_end,
        reads=(Setting.ENABLED, Setting.ISSUERS),
    ),
    Rule(
        id="CRDB-SSO-008",
        severity=Severity.ERROR,
        also=Severity.WARNING,
        title="an issuer has no line in the identity map, so its subjects are user names",
        check=trust.open_issuers,
        reads=(Setting.ISSUERS, Setting.IDENTITY_MAP),
        is_previewed=True,
        is_refused=True,
    ),
    Rule(
        id="CRDB-SSO-009",
        severity=Severity.WARNING,
        also=Severity.INFO,
        title="a subject of GitHub or Kubernetes may be somebody else's",
        check=subjects.ambiguous_subjects,
        reads=(Setting.ISSUERS, Setting.IDENTITY_MAP),
        is_previewed=True,
    ),
    Rule(
        id="CRDB-SSO-010",
        severity=Severity.WARNING,
        title="passwords still log in where a stack wants tokens only",
        check=doors.doors_for_passwords,
        reads=(Setting.HOST_RULES,),
        needs_claims=True,
    ),
    Rule(
        id="CRDB-SSO-011",
        severity=Severity.ERROR,
        title="others can sign with a pinned key",
        check=key_material.weak_keys,
        reads=(Setting.JWKS,),
    ),
    Rule(
        id="CRDB-SSO-012",
        severity=Severity.WARNING,
        title="a key or a CA is at its end",
        check=key_material.keys_near_their_end,
        reads=(Setting.JWKS, Setting.CUSTOM_CA),
        needs_claims=True,
    ),
    Rule(
        id="CRDB-SSO-013",
        severity=Severity.WARNING,
        also=Severity.INFO,
        title="a line lets in another line's subject, as case does not count from 26.1 on",
        check=subjects.lines_without_case,
        reads=(Setting.ISSUERS, Setting.IDENTITY_MAP),
    ),
    Rule(
        id="CRDB-SSO-014",
        severity=Severity.ERROR,
        title="groups in tokens may make users admins",
        check=users.admins_by_groups,
        reads=(Setting.GROUP_SYNC,),
    ),
    Rule(
        id="CRDB-SSO-015",
        severity=Severity.INFO,
        title="no stack has claimed something for long",
        check=leftovers.unclaimed_entries,
        reads=(Setting.ISSUERS, Setting.IDENTITY_MAP, Setting.AUDIENCE, Setting.JWKS),
        needs_claims=True,
    ),
)
"""In the order of their ids, which never change: people accept findings by them."""


def analyzed(situation: Situation) -> Report:
    """Return all findings about a cluster."""
    return reported(RULES, situation)


def check_id(id_: str) -> None:
    """Check that there is a finding of an id.

    Raises:
        InvalidInput: There is not; names the one that is most like it.
    """
    report.check_id(RULES, id_)
