"""Advice on users, the claim that names the principal, groups."""

from crdb_sso.crdb.claim_names import is_pointer
from crdb_sso.crdb.identity_map import check_subject
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.user_names import LONGEST_NAME, check_role_name, normalised
from crdb_sso.errors import InvalidMapLine, InvalidUserName
from crdb_sso.printing import cut
from crdb_sso.verdict.advice.identity_map import near_lines, new_line
from crdb_sso.verdict.advice.remedies import Advice, identifier, set_statement
from crdb_sso.verdict.case import Case
from crdb_sso.verdict.cluster.mapping import matches_all

__all__ = [
    "on_claim",
    "on_groups",
    "on_login",
    "on_made",
    "on_mapping",
    "on_named",
    "on_reserved",
    "on_user",
]


_LONGEST_SHOWN = 300


def on_user(case: Case) -> Advice:
    """Advise where the SQL user is missing."""
    alike = [name for name in case.cluster.users if _squeezed(name) == _squeezed(case.user)]
    near = f"there is a user {alike[0]!r}" if alike else ""
    if case.mapped and not near:
        there = [user for user in case.mapped.users if user in case.cluster.users]
        near = f"the token is for {there[0]!r}, who exists" if there else ""
    try:
        check_role_name(case.user)
    except InvalidUserName as exc:
        return Advice(near or exc.what, f"Connect as another user: {exc.hint}")
    return Advice(
        near,
        f"Add the login {case.user!r} to the stack; by hand: CREATE USER {identifier(case.user)};",
    )


def on_login(case: Case) -> Advice:
    """Advise where the user has NOLOGIN."""
    return Advice(
        "the user exists, but has NOLOGIN",
        f"Unless somebody shut the user out on purpose: ALTER USER {identifier(case.user)} LOGIN;"
        " (in the stack: `login` of this login).",
    )


def on_reserved(case: Case) -> Advice:
    """Advise where no token opens the user."""
    return Advice(
        "", f"Make a user of its own and grant it what it needs; no token opens {case.user}."
    )


def on_made(case: Case) -> Advice:
    """Advise where the cluster can't make the user."""
    return Advice(
        "the cluster makes users for tokens, but not this one",
        "Let the identity map lead to a legal name (at most"
        f" {LONGEST_NAME} bytes of letters, digits, dashes, periods, underscores), or"
        f" CREATE USER beforehand; {case.user!r} will not do.",
    )


def on_groups(case: Case) -> Advice:
    """Advise where the token lists no groups."""
    claim = case.cluster.text(Setting.GROUP_CLAIM)
    return Advice(
        "the list of groups is empty, and the user's memberships are revoked by now",
        f"Put the identity into a group at the issuer, so that {claim!r} lists it, or turn"
        f" {Setting.GROUP_SYNC.value} off; then GRANT the lost roles again.",
    )


def on_claim(case: Case) -> Advice:
    """Advise where the token lacks the claim that names the principal."""
    claim, token = case.claim, case.token
    there = list(token.claims) if token else []
    near = ""
    alike = [name for name in there if name.casefold() == claim.casefold()]
    if is_pointer(claim) and not case.rules.reads_pointers:
        near = f"before 26.3 {claim!r} is the name of a claim, not a JSON Pointer"
    elif alike and alike[0] != claim:
        near = f"the token has {alike[0]!r}: names of claims are compared with case"
    elif claim.partition(".")[0] in there:
        near = "a dot leads into nothing: only claims at the top count, or a JSON Pointer from 26.3"
    elif is_pointer(claim):
        near = f"the pointer begins at {claim[1:].partition('/')[0]!r}"
    back = set_statement(case, Setting.CLAIM, "")
    shown = ", ".join(map(repr, there)) or "none"
    return Advice(
        near,
        f"Name a claim that every token has (this one has {shown}; it is one setting for all"
        f" issuers): `claim` in the stack; by hand, back to `sub`: {back}",
    )


def on_mapping(case: Case) -> Advice:
    """Advise where no line of the identity map matches."""
    near = near_lines(case)
    theirs = _subjects_let_in(case)
    other = f"Use a token whose principal is {theirs}; or, to let this one in: " if theirs else ""
    return Advice(near, f"{other}{_line_fix(case)}")


def on_named(case: Case) -> Advice:
    """Advise where the token is somebody else's."""
    known = case.mapped
    users = ", ".join(map(repr, known.users if known else ()))
    if known is not None and known.has_map:
        wide = [rule for rule in known.matching if matches_all(rule)]
        near = f"this token may log in as {users}"
        if wide:
            near += f"; line {wide[0].number} ({wide[0].line.subject}) matches every principal"
        return Advice(near, f"Connect as {users}, or: {_line_fix(case)}")
    issuer = case.token.issuer if case.token else ""
    raw = f"{issuer!r} has no line in the identity map, so the raw principal is the user"
    return Advice(near_lines(case) or raw, _line_fix(case))


def _subjects_let_in(case: Case) -> str:
    """Return whom the issuer's lines let in as the user, as a choice; "" if it is nobody."""
    issuer = case.token.issuer if case.token else ""
    subjects = dict.fromkeys(
        rule.line.subject
        for rule in case.map_rules
        if (rule.line.issuer, rule.line.user) == (issuer, case.user) and not rule.line.is_closing
    )
    return cut(" or ".join(map(repr, subjects)), _LONGEST_SHOWN)


def _line_fix(case: Case) -> str:
    principals = case.principals.names if case.principals else ()
    if not principals or not principals[0]:
        return f"Get a token whose claim {case.claim!r} says who the workload is."
    try:
        check_subject(principals[0])
    except InvalidMapLine as exc:
        return f"Add an identity to the login {case.user!r} of the stack. {exc.hint}"
    return (
        f"Add an identity with `subject` {principals[0]!r} to the login {case.user!r} of the stack;"
        f" by hand, add to {Setting.IDENTITY_MAP.value} the line: {new_line(case, principals[0])}"
    )


def _squeezed(name: str) -> str:
    return normalised(name).replace("-", "").replace("_", "").replace(".", "")
