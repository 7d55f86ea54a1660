"""What 25.4 and later answer to a token, read from their sources into a table by hand.

Whom the token names comes first, unverified; issuer and signature come after the user. Sources: A3
and #149415, by the legend in tests/contract/README.md. It shares nothing with the embedded cluster.
Words of libraries are patterns.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.emulator.login.spoilt_logins import EMPTY, SOMEBODY, Case

Release = tuple[int, ...]


class Told(NamedTuple):
    """What a refused client reads; `detail` is a pattern, empty if there is none."""

    sqlstate: str
    message: str
    detail: str = ""


class Outcome(NamedTuple):
    """What becomes of a login.

    Attributes:
        told: The refusal; None if the user gets in.
        makes_user: Whether the user exists afterwards who did not before.
        fetches: How often the issuer is asked for its keys.
    """

    told: Told | None
    makes_user: bool
    fetches: int


def reading(case: Case, ours: str, release: Release) -> Outcome:
    """Return what becomes of a login.

    Args:
        case: The login.
        ours: The URL of our issuer.
        release: Year and number of the version.
    """
    passed: list[str] = []
    for step, refused in _rows(case, ours, release):
        if refused is not None:
            return _outcome(case, [*passed, step], refused)
        passed.append(step)
    return _outcome(case, passed, None)


def _outcome(case: Case, reached: list[str], told: Told | None) -> Outcome:
    fetches = sum(step.startswith("fetch") for step in reached) if _asks(case) else 0
    return Outcome(told, case.user == "missing" and "5 LOGIN" in reached, fetches)


def last_row(case: Case, ours: str, release: Release) -> str:
    """Return the row at which a login is refused, or `in`."""
    return next((step for step, refused in _rows(case, ours, release) if refused), "in")


def all_rows() -> list[str]:
    """Return every row of the table, and `in`."""
    return [step for step, _ in _rows(Case(user="missing"), "", ())] + ["in"]


def _rows(case: Case, ours: str, release: Release) -> list[tuple[str, Told | None]]:
    """Return the steps in their order, each with the refusal if it fails."""
    new = case.user == "missing"
    made = [
        ("4p issuer", _issuer(case, ours)),
        ("fetch 4p", _fetch(case, release)),
        ("4p signature", _signature(case)),
        ("4p source", _source(case)),
    ]
    return [
        ("1 token", _empty(case)),
        ("2 enabled", None if case.enabled else _refused("not enabled")),
        ("2 form", _form(case)),
        ("3 claim", _claim(case)),
        ("3 principal", _principal(case, ours, release)),
        ("4 user", _wrong_password(case, "28P01") if new and not case.provisioning else None),
        *(made if new else []),
        ("5 LOGIN", _shut(case)),
        ("6 issuer", _issuer(case, ours)),
        ("fetch 6", _fetch(case, release)),
        ("6 signature", _signature(case)),
        ("6 times", _times(case)),
        ("6 reserved", _reserved(case)),
        ("6 audience", _audience(case)),
        ("7 groups", _groups(case)),
    ]


def _refused(what: str, detail: str = "") -> Told:
    return Told("28000", f"JWT authentication: {what}", detail)


def _wrong_password(case: Case, sqlstate: str) -> Told:
    return Told(sqlstate, f"password authentication failed for user {case.user}")


def _empty(case: Case) -> Told | None:
    return _wrong_password(case, "28000") if case.form == "empty" else None  # (inferred)


def _form(case: Case) -> Told | None:
    return None if case.form == "token" else _refused("invalid token", "token parsing failed: .+")


def _claim(case: Case) -> Told | None:
    if case.claim == "email" and case.principal == "no e-mail":
        return _refused("missing claim", "token does not contain a claim for email")
    return None


def issuer_of(case: Case, ours: str) -> str:
    """Return the `iss` of the token; empty if it has none."""
    return {"ours": ours, "foreign": "https://foreign.example", "absent": ""}[case.issuer]


def principals(case: Case) -> list[str]:
    """Return whom the token names, by the claim that counts."""
    if case.principal == "nobody":
        return [] if case.claim == "email" else [EMPTY]
    return [written(case, SOMEBODY if case.principal == "somebody" else case.user)]


def written(case: Case, name: str) -> str:
    """Return a name as the token writes it."""
    return name.upper() if case.letters == "capitals" else name


def _principal(case: Case, ours: str, release: Release) -> Told | None:
    named = principals(case)
    shown = rf"\[{' '.join(named)}\]"
    mapped = {
        "none": {name: name.lower() for name in named},
        "own": {case.user: case.user},
        "somebody": {SOMEBODY: case.user},
        "elsewhere": {case.user: "another"},
    }["none" if case.issuer != "ours" else case.lines]
    if release >= (26, 1):  # #155531: case does not count
        mapped |= {name.upper(): user for name, user in mapped.items()}
    names = [mapped[name] for name in named if name in mapped]
    if not names:
        issuer = issuer_of(case, ours)
        return _refused(
            "invalid principal", f"the value {shown} for the issuer {issuer} is invalid"
        )
    if case.user in names:
        return None
    return _refused("invalid principal", f"token issued for {shown} and login was for {case.user}")


def _shut(case: Case) -> Told | None:
    if case.user != "shut":
        return None
    return Told("28000", "shut does not have login privilege")


def _issuer(case: Case, ours: str) -> Told | None:
    if (case.issuers, case.issuer) in {("ours", "ours"), ("none", "absent")}:
        return None
    return _refused("invalid issuer", f"token issued by {issuer_of(case, ours)}")


def _asks(case: Case) -> bool:
    """Tell whether our issuer is asked at all; without a name nobody is."""
    return case.fetched and case.issuer == "ours"


def _fetch(case: Case, release: Release) -> Told | None:
    is_refused = case.status != "good" and release >= (26, 2)  # #158294
    if case.fetched and (is_refused or case.keys == "unreadable" or case.issuer != "ours"):
        return _refused("unable to validate token")
    return None


def _signature(case: Case) -> Told | None:
    if (case.keys, case.signer) in {("right", "ours"), ("wrong", "other")}:
        return None
    return _refused("invalid token", "unable to parse token: .+")


def _source(case: Case) -> Told | None:
    if case.issuer == "absent":
        return Told("28000", "JWT provisioning: .+")  # its wording is open
    return None


def _times(case: Case) -> Told | None:
    wrong = {"past": "exp", "early": "iat"}.get(case.time)
    if wrong is None:
        return None
    return _refused("invalid token", f'unable to parse token: "{wrong}" not satisfied')


def _reserved(case: Case) -> Told | None:
    if case.user != "root":
        return None
    return _refused("invalid identity", "cannot use JWT auth to login to a reserved user root")


def _audience(case: Case) -> Told | None:
    if case.audience:
        return None
    return _refused("invalid audience", r"token issued with an audience of \[crdb\]")


def _groups(case: Case) -> Told | None:
    if case.group_sync and case.groups == "none":
        return Told("28000", "JWT authorization: empty group list")
    return None
