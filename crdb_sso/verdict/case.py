"""One login to be judged: what every check may ask, worked out once."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import floor

from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.user_names import RESERVED_PREFIXES
from crdb_sso.verdict.cluster import lists
from crdb_sso.verdict.cluster.mapping import Mapped, Rule, map_rules, mapped
from crdb_sso.verdict.cluster.versions import Order, Rules
from crdb_sso.verdict.cluster.views import ClusterView
from crdb_sso.verdict.jose.claims import Token, read_token
from crdb_sso.verdict.jose.jws import UnreadableTokenError
from crdb_sso.verdict.jose.keys import Key, UnreadableKeysError, read_keys
from crdb_sso.verdict.jose.principals import Principals, principals
from crdb_sso.verdict.jose.signatures import is_useful
from crdb_sso.verdict.jose.verifying import Verification, verify

_NEVER_BY_TOKEN = frozenset({"root", "node", "public", "none"})


@dataclass(frozen=True)
class Case:
    """A login: who wants to be whom, with which token, where and when.

    Attributes:
        cluster: Where.
        rules: How its version judges.
        user: Whom the client wants to be, normalised.
        text: The token as sent.
        now: In seconds since 1970.
    """

    cluster: ClusterView
    rules: Rules
    user: str
    text: str = field(repr=False)
    now: int

    @cached_property
    def _read(self) -> tuple[Token | None, str]:
        try:
            return read_token(self.text), ""
        except UnreadableTokenError as exc:
            return None, str(exc)

    @property
    def token(self) -> Token | None:
        """The token, None if it can't be read."""
        return self._read[0]

    @property
    def unreadable(self) -> str:
        """Why the token can't be read, "" if it can."""
        return self._read[1]

    @property
    def is_collapsed(self) -> bool:
        """Whether form, signature and times are one step without detail."""
        return self.rules.order is Order.COLLAPSED

    @cached_property
    def issuers(self) -> tuple[str, ...]:
        """The issuers that the cluster trusts."""
        text = self.cluster.text(Setting.ISSUERS)
        return lists.issuers(text, reads_map=self.rules.reads_issuer_map)

    @cached_property
    def audiences(self) -> tuple[str, ...]:
        """The audiences that the cluster accepts."""
        return lists.audiences(self.cluster.text(Setting.AUDIENCE))

    @property
    def fetches(self) -> bool:
        """Whether the nodes ask issuers for their keys."""
        return self.cluster.is_on(Setting.AUTO_FETCH)

    @cached_property
    def _keys(self) -> tuple[tuple[Key, ...] | None, str]:
        text: str | None = self.cluster.text(Setting.JWKS)
        if self.fetches:
            text = self.cluster.fetched.get(self.token.issuer) if self.token else None
        if text is None:
            return None, "the issuer did not answer"
        try:
            keys = read_keys(text)
        except UnreadableKeysError as exc:
            return None, f"the key set can't be read: {exc}"
        if self.fetches and self.rules.checks_fetched_keys and not all(map(is_useful, keys)):
            return None, "the key set has a key that verifies nothing, which spoils all of it"
        return keys, ""

    @property
    def keys(self) -> tuple[Key, ...] | None:
        """The keys that count, None if the cluster can't get them."""
        return self._keys[0]

    @property
    def keyless(self) -> str:
        """Why the cluster can't get the keys, "" if it can."""
        return self._keys[1]

    @cached_property
    def verification(self) -> Verification | None:
        """What became of the signature; None without a token or keys."""
        if self.token is None or self.keys is None:
            return None
        return verify(self.token, self.keys, infer=self.rules.infers_algorithm)

    @property
    def claim(self) -> str:
        """The name or pointer of the claim that names the principal, `sub` by default."""
        return self.cluster.text(Setting.CLAIM) or "sub"

    @cached_property
    def principals(self) -> Principals | None:
        """Who the token says it is, None if it can't be read."""
        if self.token is None:
            return None
        return principals(self.token, self.claim, reads_pointers=self.rules.reads_pointers)

    @cached_property
    def map_rules(self) -> tuple[Rule, ...]:
        """The lines of the identity map."""
        return map_rules(self.cluster.text(Setting.IDENTITY_MAP))

    @property
    def is_map_hidden(self) -> bool:
        """Whether the identity map is kept from the operator."""
        return self.cluster.is_hidden(Setting.IDENTITY_MAP)

    @cached_property
    def mapped(self) -> Mapped | None:
        """Who the token may log in as, None if that can't be known."""
        if self.token is None or self.principals is None or self.is_map_hidden:
            return None
        names = self.principals.names
        folds = self.rules.folds_case
        return mapped(self.map_rules, self.token.issuer, names, folds_case=folds)

    @property
    def is_made(self) -> bool:
        """Whether the login makes its user, if the token is good enough for that."""
        return not self.has_user and self.makes_users

    @property
    def has_user(self) -> bool:
        """Whether the user exists; root always does."""
        return self.user in self.cluster.users or self.user == "root"

    @property
    def makes_users(self) -> bool:
        """Whether the cluster makes users for tokens."""
        later = self.rules.order is Order.PRINCIPAL_FIRST
        return later and self.cluster.is_on(Setting.PROVISIONING)

    @property
    def is_reserved(self) -> bool:
        """Whether no token can ever open this user."""
        return self.user in _NEVER_BY_TOKEN or self.user.startswith(RESERVED_PREFIXES)


def seconds_since_1970(moment: datetime) -> int:
    """Return a moment in whole seconds, as a node compares it.

    Args:
        moment: With a time zone; one without is taken for local time, as Python does.
    """
    return floor(moment.timestamp())
