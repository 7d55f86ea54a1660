"""What is checked of the user, and of whom the token says it is."""

from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.user_names import check_role_name
from crdb_sso.errors import InvalidUserName
from crdb_sso.printing import cut
from crdb_sso.verdict import messages
from crdb_sso.verdict.case import Case
from crdb_sso.verdict.cluster.versions import Order
from crdb_sso.verdict.jose.go_text import sprint_list
from crdb_sso.verdict.jose.group_claims import groups_in
from crdb_sso.verdict.outcome import Check
from crdb_sso.verdict.steps import Step, decided, fails, passes, unknown
from crdb_sso.verdict.unseen import hidden

_LONGEST_SHOWN = 300


def check_user(case: Case) -> Check:
    """Check that the SQL user exists, or that the cluster makes it."""
    expected = f"a SQL user {case.user!r}"
    if case.has_user:
        return passes(Step.USER, expected, "exists")
    if case.makes_users:
        return passes(Step.USER, expected, "missing: the login makes it")
    told = messages.USER_MISSING.told(user=case.user)
    return fails(Step.USER, expected, "does not exist", told)


def check_login(case: Case) -> Check:
    """Check that the user may log in at all."""
    expected = f"{case.user} has LOGIN"
    user = case.cluster.users.get(case.user)
    if not (case.has_user or case.is_made):
        return unknown(Step.LOGIN, expected)
    if user is None or user.may_login:
        return passes(Step.LOGIN, expected, "LOGIN")
    told = messages.NO_LOGIN.told(user=case.user)
    return fails(Step.LOGIN, expected, "NOLOGIN", told)


def check_sent(case: Case) -> Check:
    """Check that the client sent a token."""
    if case.text:
        seen = f"{len(case.text)} characters"
        return passes(Step.SENT, "a token as the password", seen)
    later = case.rules.order is Order.PRINCIPAL_FIRST
    message = messages.EMPTY_TOKEN_LATER if later else messages.EMPTY_TOKEN
    told = message.told(user=case.user)
    return fails(Step.SENT, "a token as the password", "an empty password", told)


def check_claim(case: Case) -> Check:
    """Check that the token has the claim that names the principal."""
    claim = case.claim
    expected = f"the claim {claim!r}"
    named = case.principals
    if case.token is None or named is None:
        return unknown(Step.CLAIM, expected)
    if named.is_missing:
        there = ", ".join(map(repr, case.token.claims)) or "none"
        seen = cut(f"it is absent; there are: {there}", _LONGEST_SHOWN)
        told = messages.MISSING_CLAIM.told(claim=claim)
        return fails(Step.CLAIM, expected, seen, told)
    if named.trouble:
        told = messages.STRAY_POINTER.told(claim=claim)
        return fails(Step.CLAIM, expected, named.trouble, told)
    return passes(Step.CLAIM, expected, _list(named.names))


def check_mapping(case: Case) -> Check:
    """Check that the identity map makes somebody of the principal."""
    expected = "a line of the identity map for the principal, or no line for its issuer"
    known = case.mapped
    if case.token is None or case.principals is None or known is None:
        seen = hidden(Setting.IDENTITY_MAP) if case.is_map_hidden else ""
        return unknown(Step.MAPPING, expected, seen)
    if not (case.principals.names or known.has_map) and _has_claim(case):
        return _unmapped(case, expected, "the claim is an empty list")
    if not _has_claim(case):
        return unknown(Step.MAPPING, expected)
    if not known.has_map:
        seen = "no line for the issuer: the principal itself is the user"
        return passes(Step.MAPPING, expected, seen)
    if not known.users:
        seen = f"no line of the issuer matches {_list(case.principals.names)}"
        return _unmapped(case, expected, seen)
    lines = ", ".join(str(rule.number) for rule in known.matching)
    return passes(Step.MAPPING, expected, cut(f"line {lines}", _LONGEST_SHOWN))


def check_named(case: Case) -> Check:
    """Check that the principal may be the user."""
    expected = f"the token is for {case.user!r}"
    known = case.mapped
    if case.token is None or known is None or not known.users or not _has_claim(case):
        return unknown(Step.NAMED, expected)
    seen = f"it is for {_list(known.users)}"
    if case.user in known.users:
        return passes(Step.NAMED, expected, seen)
    values = sprint_list(case.principals.names if case.principals else ())
    told = messages.OTHER_USER.told(principals=values, user=case.user)
    return fails(Step.NAMED, expected, seen, told)


def check_reserved(case: Case) -> Check:
    """Check that tokens may open the user."""
    expected = "a user that tokens may open"
    if not case.is_reserved:
        return passes(Step.RESERVED, expected, case.user)
    told = messages.RESERVED_USER.told(user=case.user)
    return fails(Step.RESERVED, expected, f"{case.user} is reserved", told)


def check_made(case: Case) -> Check:
    """Check that the cluster can make the user."""
    expected = "a name that CREATE USER takes, and a token with `iss`"
    if case.token is None:
        return unknown(Step.MADE, expected)
    trouble = "" if case.token.issuer else "the token has no `iss`"
    try:
        check_role_name(case.user)
    except InvalidUserName as exc:
        trouble = exc.what
    if case.is_reserved:
        trouble = f"{case.user} is reserved"
    told = messages.NOT_PROVISIONED.told() if trouble else None
    return decided(Step.MADE, expected, trouble or "it makes the user", told)


def check_groups(case: Case) -> Check:
    """Check that groups become roles, where they do."""
    setting = case.cluster.text(Setting.GROUP_CLAIM)
    expected = f"groups in the claim {setting!r}"
    if case.token is None:
        return unknown(Step.GROUPS, expected)
    groups = groups_in(case.token, setting)
    if groups is None:
        seen = "no such claim: the issuer's userinfo endpoint is asked, which can't be done here"
        return unknown(Step.GROUPS, expected, seen)
    told = None if groups else messages.NO_GROUPS.told()
    return decided(Step.GROUPS, expected, _list(groups), told)


def check_licence(case: Case) -> Check:
    """Check that the cluster may take tokens."""
    expected = "an enterprise licence"
    if case.cluster.licensed:
        return passes(Step.LICENCE, expected, "there is one")
    return fails(Step.LICENCE, expected, "none", messages.UNLICENSED.told())


def _has_claim(case: Case) -> bool:
    named = case.principals
    return named is not None and not named.is_missing and not named.trouble


def _unmapped(case: Case, expected: str, seen: str) -> Check:
    issuer = case.token.issuer if case.token else ""
    values = sprint_list(case.principals.names if case.principals else ())
    told = messages.NO_MAPPING.told(principals=values, issuer=issuer)
    return fails(Step.MAPPING, expected, seen, told)


def _list(texts: tuple[str, ...]) -> str:
    return cut(", ".join(map(repr, texts)) or "nothing", _LONGEST_SHOWN)
