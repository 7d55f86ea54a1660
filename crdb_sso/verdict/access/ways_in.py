r"""Who can log in as whom with a token: every way in that a cluster's settings and users leave.

A way is one line of the identity map, or an issuer without any line, and one SQL user that it leads
to. The rules, in words:

* A line is a way whether or not it works now; `obstacles` says what is in its way.
* An issuer that is trusted and has no line has no map: each token is for the user that its subject
  names. So there is a way to every user who may log in.
* A line whose user has `\1` in it leads to every user who may log in and whose name the group can
  make. What else the expression asks for is not looked at: rather one way too many.
* Where logins make users, such an issuer or line also leads to users who don't exist yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.letter_case import user_named
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.user_names import NOBODY, RESERVED_PREFIXES, check_role_name, normalised
from crdb_sso.errors import InvalidUserName
from crdb_sso.verdict.access.group_reach import GROUP, has_group, is_usable, may_make
from crdb_sso.verdict.access.views import AccessView, Account
from crdb_sso.verdict.access.whose import Whose, WhoseEntries
from crdb_sso.verdict.cluster import lists
from crdb_sso.verdict.cluster.mapping import Rule, map_rules
from crdb_sso.verdict.cluster.versions import Order, rules_of
from crdb_sso.verdict.jose.keys import UnreadableKeysError, read_keys


class How(str, Enum):
    """How a token is matched."""

    SUBJECT = "subject"
    """Its principal is the subject of a line."""

    PATTERN = "pattern"
    """Its principal matches the regular expression of a line."""

    NAME = "name"
    """Its issuer has no line: its principal is the name of the user."""


class Obstacle(str, Enum):
    """Why nobody gets in by a way now."""

    OFF = "the cluster takes no tokens: server.jwt_authentication.enabled is off"
    NOT_TRUSTED = "its issuer is not trusted"
    NO_KEYS = "no key is pinned, and the nodes fetch none"
    MATCHES_NOBODY = "it matches nobody"
    RESERVED_USER = "no token ever opens this user"
    NO_USER = "the user does not exist"
    NO_LOGIN = "the user has NOLOGIN"


@dataclass(frozen=True, slots=True)
class WayIn:
    r"""One way to log in with a token.

    Attributes:
        issuer: The `iss` of the tokens, byte for byte; "" for tokens without one.
        how: How they are matched.
        subject: As the line has it: a principal, or `/` and a regular expression; "" for NAME.
        user: The SQL user, as stored; "" for whoever else the token names, see `is_open`.
        template: The user as the line has it, maybe with `\1`; "" for NAME.
        line: The number of the line, from 1; 0 for NAME.
        line_whose: Whose the line is; for NAME whose the issuer is.
        user_whose: Whose the user is.
        account: The user as the cluster shows it; None if it does not exist, or is not seen.
        is_made: Whether a login makes the user, who does not exist yet.
        obstacles: Why nobody gets in by it now; empty if nothing is known to be in the way.
    """

    issuer: str
    how: How
    subject: str
    user: str
    template: str
    line: int
    line_whose: Whose
    user_whose: Whose
    account: Account | None = None
    is_made: bool = False
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def is_open(self) -> bool:
        r"""Whether the token decides who the user is: by `\1`, or as there is no line."""
        return self.how is How.NAME or has_group(self._map_line)

    @property
    def works(self) -> bool:
        """Whether nothing is known to be in the way."""
        return not self.obstacles

    def user_of(self, principal: str, *, folds_case: bool) -> str | None:
        """Return the user that a principal of its issuer becomes, None if it is not let in.

        Args:
            principal: As the token says it.
            folds_case: Whether lines match without case.
        """
        if self.how is How.NAME:
            user: str | None = normalised(principal)
        else:
            user = user_named(self._map_line, principal, folds=folds_case)
        return user if self.user in ("", user) else None

    def may_be(self, user: str) -> bool:
        """Tell whether it may lead to a user, who need not exist.

        Args:
            user: As stored.
        """
        if self.user:
            return self.user == user
        return self.how is How.NAME or may_make(self._map_line, user)

    @property
    def _map_line(self) -> MapLine:
        return MapLine(self.issuer, self.subject, self.template)


def ways_in(view: AccessView) -> tuple[WayIn, ...]:
    """Return every way to log in with a token, by issuer, then by line, then by user.

    Args:
        view: What is seen of the cluster. Where the identity map is hidden there are no ways.
    """
    if view.cluster.is_hidden(Setting.IDENTITY_MAP):
        return ()
    rules = rules_of(view.cluster)
    lines = map_rules(view.cluster.text(Setting.IDENTITY_MAP))
    users = _Users(view)
    trusted = trusted_issuers(view)
    claims = WhoseEntries(view.registry, folds=rules.folds_case, is_seen=view.sees_claims)
    closed = tuple(_closed(view))
    found = [way for rule in lines for way in _by_line(rule, trusted, users, claims, closed)]
    mapped = {rule.line.issuer for rule in lines}
    fetches = view.cluster.is_on(Setting.AUTO_FETCH)
    for issuer in dict.fromkeys(trusted or ()):
        counts = issuer or not (closed or fetches)  # a list that nobody has set names the issuer ""
        if issuer not in mapped and counts:
            found.extend(_by_name(issuer, users, claims, closed))
    return tuple(sorted(found, key=lambda way: (way.issuer, way.line, way.user)))


def trusted_issuers(view: AccessView) -> tuple[str, ...] | None:
    """Return the issuers that a cluster trusts, None if they are hidden from the operator."""
    if view.cluster.is_hidden(Setting.ISSUERS):
        return None
    reads_map = rules_of(view.cluster).reads_issuer_map
    return lists.issuers(view.cluster.text(Setting.ISSUERS), reads_map=reads_map)


def is_reserved(user: str) -> bool:
    """Tell whether no token ever opens a user."""
    return user in NOBODY or user.startswith(RESERVED_PREFIXES)


def _closed(view: AccessView) -> Iterator[Obstacle]:
    """Yield what keeps everybody out."""
    cluster = view.cluster
    if not (cluster.is_on(Setting.ENABLED) or cluster.is_hidden(Setting.ENABLED)):
        yield Obstacle.OFF
    if cluster.is_on(Setting.AUTO_FETCH) or cluster.is_hidden(Setting.JWKS):
        return
    try:
        has_keys = bool(read_keys(cluster.text(Setting.JWKS)))
    except UnreadableKeysError:
        has_keys = False
    if not has_keys:
        yield Obstacle.NO_KEYS


class _Users:
    """The users that tokens may open, as far as they are known."""

    def __init__(self, view: AccessView) -> None:
        self._accounts = view.accounts
        later = rules_of(view.cluster).order is Order.PRINCIPAL_FIRST
        self._are_made = later and view.cluster.is_on(Setting.PROVISIONING)
        self._open = tuple(
            name
            for name, account in (view.accounts or {}).items()
            if account.may_login and not is_reserved(name)
        )

    def named(self, line: MapLine | None) -> tuple[str, ...]:
        """Return the users whom tokens may name, and "" for others if there may be any.

        Args:
            line: The line that makes users of principals; None if they are the users.
        """
        named = tuple(one for one in self._open if line is None or may_make(line, one))
        has_others = self._accounts is None or self._are_made or not named
        return (*named, "") if has_others else named

    def account(self, user: str) -> Account | None:
        """Return a user as the cluster shows it, None if it does not exist or is not seen."""
        return (self._accounts or {}).get(user)

    def is_made(self, user: str, issuer: str) -> bool:
        """Tell whether a login of an issuer makes a user who does not exist yet."""
        is_missing = self._accounts is not None and user not in self._accounts
        return self._are_made and is_missing and bool(issuer) and (not user or _is_legal(user))

    def obstacles(self, user: str, issuer: str) -> Iterator[Obstacle]:
        """Yield why a token of an issuer does not open a user."""
        account = self.account(user)
        if user and is_reserved(user):
            yield Obstacle.RESERVED_USER
        elif account is not None and not account.may_login:
            yield Obstacle.NO_LOGIN
        elif self._accounts is not None and account is None and not self.is_made(user, issuer):
            yield Obstacle.NO_USER


def _is_legal(user: str) -> bool:
    try:
        check_role_name(user)
    except InvalidUserName:
        return False
    return not is_reserved(user)


def _by_line(
    rule: Rule,
    trusted: tuple[str, ...] | None,
    users: _Users,
    claims: WhoseEntries,
    closed: tuple[Obstacle, ...],
) -> Iterator[WayIn]:
    line = rule.line
    obstacles = [*closed]
    if trusted is not None and line.issuer not in trusted:
        obstacles.append(Obstacle.NOT_TRUSTED)
    if line.is_closing or (rule.is_pattern and not is_usable(line.subject)):
        obstacles.append(Obstacle.MATCHES_NOBODY)
    name = line.user.replace(GROUP, "", 1) if rule.is_pattern else line.user
    for user in users.named(line) if has_group(line) else (normalised(name),):
        yield WayIn(
            line.issuer,
            How.PATTERN if rule.is_pattern else How.SUBJECT,
            line.subject,
            user,
            line.user,
            rule.number,
            claims.of_line(line),
            claims.of_user(user),
            users.account(user),
            users.is_made(user, line.issuer),
            (*obstacles, *users.obstacles(user, line.issuer)),
        )


def _by_name(
    issuer: str, users: _Users, claims: WhoseEntries, closed: tuple[Obstacle, ...]
) -> Iterator[WayIn]:
    for user in users.named(None):
        yield WayIn(
            issuer,
            How.NAME,
            "",
            user,
            "",
            0,
            claims.of_issuer(issuer),
            claims.of_user(user),
            users.account(user),
            users.is_made(user, issuer),
            (*closed, *users.obstacles(user, issuer)),
        )
