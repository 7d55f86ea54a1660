"""What `connect` tells the workloads behind logins: where to connect, and with which token."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pulumi
from typing_extensions import NotRequired, TypedDict

from crdb_sso.errors import InvalidInput
from crdb_sso.workload.tokens.by_name import check_source

from ._connect import Way, connect_url, host_and_port_of, options_of
from .identity import IdentityFacts

if TYPE_CHECKING:
    from ._logins import Login


class ConnectIdentity(TypedDict):
    """One of several identities that may open a login."""

    name: str
    """Its label in the program."""

    issuer: str
    """The exact `iss` of its tokens."""

    audience: str
    """The `aud` that its tokens must carry."""

    subject: str
    """The subject that may log in, or its pattern; "" where it is a secret."""

    source: Mapping[str, str]
    """Where its token comes from: `kind`, a source of `crdb_sso.workload.tokens`, and that source's
    parameters; empty where it is not known."""

    token: str
    """How a person gets its token, as text."""


class Connect(TypedDict):
    """How the workload behind one login connects, for programs and for people.

    Keys are added over time, never renamed or dropped. Where several identities may open the login,
    `identity`, `issuer`, `audience` and `source` are those of the first.
    """

    url: str
    """libpq URL without credentials; the password is the token. The virtual cluster that `options`
    of `cluster_url` name is the same."""

    token: str
    """How the workload gets its token, as text for people."""

    host: str
    """Host name or address of the cluster; several are separated by commas."""

    port: str
    """Its port; several are separated by commas."""

    database: str
    """The database."""

    user: str
    """The SQL user."""

    options: str
    """Start-up options that drivers must send: the one for tokens, and the virtual cluster."""

    ca_file: str
    """Path where the workload finds the CA of the cluster; "system" for the CAs of its system, ""
    for libpq's default. A relative path is relative to the folder that the workload runs in."""

    identity: str
    """Label of the identity in the program."""

    issuer: str
    """The exact `iss` of the token."""

    audience: str
    """The `aud` that the token must carry."""

    subject: str
    """The subject that may log in, or its pattern; "" where it is a secret."""

    source: Mapping[str, str]
    """Where the token comes from: `kind`, a source of `crdb_sso.workload.tokens`, and that source's
    parameters; empty where it is not known."""

    claim: NotRequired[str]
    """The claim of the token that names the subject, where the program says which: `claim` of
    `ClusterSso`. Without it, it is `sub`, unless somebody else changed that on the cluster."""

    identities: NotRequired[Sequence[ConnectIdentity]]
    """All identities, if there are several."""


Place = str | int
"""A text, or the position of an Output."""


@dataclass(frozen=True, slots=True)
class _Identity:
    """An identity whose texts may be Outputs."""

    name: str
    issuer: Place
    audience: Place
    subject: Place
    token: Place
    source: tuple[tuple[str, Place], ...]


@dataclass(frozen=True, slots=True)
class Workloads:
    """The identities of each login, with every Output once: a thousand of them do not cost more.

    Attributes:
        outputs: The texts that are Outputs.
        by_user: The identities of each login.
    """

    outputs: tuple[pulumi.Output[str], ...]
    by_user: Mapping[str, tuple[_Identity, ...]]

    def connect(
        self,
        users: pulumi.Output[Sequence[str]],
        way: pulumi.Output[Way],
        claim: pulumi.Input[str],
    ) -> pulumi.Output[Mapping[str, Connect]]:
        """Return how the logins connect.

        Args:
            users: The logins that are on the cluster.
            way: How they reach it.
            claim: Which claim names the principal, "" where the program leaves it alone.
        """
        texts = pulumi.Output.all(*self.outputs)
        told = pulumi.Output.all(users=users, way=way, claim=claim, texts=texts)
        return told.apply(partial(_connect_by_user, self.by_user))


class _Told(TypedDict):
    """What `connect` is made of, once it is known."""

    users: Sequence[str]
    way: Way
    claim: str
    texts: Sequence[str]


@dataclass(slots=True)
class _Collector:
    """Gives each Output a place."""

    outputs: list[pulumi.Output[str]] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)

    def place(self, text: pulumi.Input[str], *, may_be_secret: bool = False) -> Place:
        """Return a text, or the position of an Output.

        Args:
            text: The text.
            may_be_secret: Whether it is left out where it is a secret, as `connect` is not one.
        """
        if isinstance(text, str):
            return text
        if id(text) not in self.places:
            self.places[id(text)] = len(self.outputs)
            plain = _unless_secret(pulumi.Output.from_input(text)) if may_be_secret else text
            self.outputs.append(pulumi.Output.from_input(plain))
        return self.places[id(text)]

    def identity(self, facts: IdentityFacts) -> _Identity:
        """Return an identity with the places of its texts."""
        return _Identity(
            facts["name"],
            self.place(facts["issuer"]),
            self.place(facts["audience"]),
            self.place(facts["subject"], may_be_secret=True),
            self.place(facts["token"]),
            tuple((k, self.place(v)) for k, v in (facts.get("token_from") or {}).items()),
        )


async def _unless_secret(output: pulumi.Output[str]) -> str:
    """Return a text; "" if it is a secret, or not known yet."""
    if await output.is_secret() or not await output.is_known():
        return ""
    return await output.future() or ""


def check_token_from(given: Mapping[str, object] | None) -> None:
    """Check how a program names the source of a workload's token.

    Raises:
        InvalidInput: There is no such source, or it does not take these parameters.
    """
    if given is None:
        return
    if not isinstance(given, Mapping) or not isinstance(given.get("kind"), str):
        raise InvalidInput(
            "`token_from` does not name a source", hint='Write e.g. {"kind": "kubernetes"}.'
        )
    check_source(str(given["kind"]), [name for name in given if name != "kind"])


def workloads_of(logins: "Mapping[str, Login]") -> Workloads:
    """Return the identities of checked logins."""
    collector = _Collector()
    by_user = {
        user: tuple(collector.identity(facts) for facts in login["identities"])
        for user, login in logins.items()
    }
    return Workloads(tuple(collector.outputs), by_user)


def _connect_by_user(
    by_user: Mapping[str, tuple[_Identity, ...]], told: _Told
) -> Mapping[str, Connect]:
    return {user: _connect(user, by_user[user], told) for user in told["users"]}


def _connect(user: str, identities: Sequence[_Identity], told: _Told) -> Connect:
    way = told["way"]
    all_of_them = list(_told_identities(identities, told["texts"]))
    first, (host, port) = all_of_them[0], host_and_port_of(way.authority)
    made: Connect = {
        "url": connect_url(user, way),
        "token": "; or ".join(dict.fromkeys(one["token"] for one in all_of_them)),
        "host": host,
        "port": port,
        "database": way.database,
        "user": user,
        "options": options_of(way),
        "ca_file": way.ca_file,
        "identity": first["name"],
        "issuer": first["issuer"],
        "audience": first["audience"],
        "subject": first["subject"],
        "source": first["source"],
    }
    if told["claim"]:
        made["claim"] = told["claim"]
    if len(all_of_them) > 1:
        made["identities"] = all_of_them
    return made


def _told_identities(
    identities: Sequence[_Identity], texts: Sequence[str]
) -> Iterator[ConnectIdentity]:
    def text(place: Place) -> str:
        return place if isinstance(place, str) else texts[place]

    for one in identities:
        source = {name: text(place) for name, place in one.source}
        yield {
            "name": one.name,
            "issuer": text(one.issuer),
            "audience": text(one.audience),
            "subject": text(one.subject),
            "source": {name: said for name, said in source.items() if said},
            "token": text(one.token),
        }
