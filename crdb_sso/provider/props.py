"""The door between the engine's property bags and our values; the only place that knows Unknown.

Shape of the properties (state remembers it: never rename a key, see README.md beside this file)::

    cluster_url: str (secret)      owner: str      mode: "pinned" or "fetched"      enabled: bool
    registry_database: str         cluster_id: str (output)
    sources: {name: {issuer, jwks_uri?, ca?: PEM, keys: {kid: JWK text}, close_passthrough?: true,
                     subject_is_username?: true, audience?}}
    logins:  {user: {identities: {name: {source, audience, subject}}, roles?: {role: true},
                     login?: false, on_delete?: "disable"}}

What is at its default is left out; `key_props.py` and `option_props.py` have more. Read from a
cluster, `trusted: false` marks a source whose issuer is no longer in the list, or no longer closed;
`leftovers` lists what an unfinished change left behind.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.output import Unknown

from crdb_sso.desired.logins import Identity, Login, Logins, OnDelete, Source, Text
from crdb_sso.preview.effects import UNKNOWN
from crdb_sso.provider.key_props import KEY_INPUTS, with_retiring
from crdb_sso.provider.option_props import OPTIONS, seen_options, with_options

PropertyBag = Mapping[str, Any]

INPUTS = (
    *("cluster_url", "owner", "mode", "enabled", "registry_database", "sources", "logins"),
    "sso_only",
)
"""What a program gives; `leftovers` joins them when a refresh finds some."""


@dataclass(frozen=True, slots=True)
class Target:
    """Which cluster, and in whose name.

    Attributes:
        cluster_url: A libpq URL; may hold a password.
        owner: Under which name the claims stand.
        database: Where the claim tables are.
        cluster_id: The uuid of the cluster this state was written for, "" before the first write.
    """

    cluster_url: str
    owner: str
    database: str
    cluster_id: str = ""

    def __repr__(self) -> str:
        """Show all but the URL."""
        return f"Target(owner={self.owner!r}, database={self.database!r})"


def target(props: PropertyBag) -> Target:
    """Return the cluster that known properties name."""
    return Target(
        props["cluster_url"],
        props["owner"],
        props["registry_database"],
        props.get("cluster_id") or "",
    )


def inputs_of(props: PropertyBag) -> dict[str, Any]:
    """Return the inputs among properties: no engine internals, no outputs."""
    names = (*INPUTS, *KEY_INPUTS, *(("leftovers",) if props.get("leftovers") else ()))
    return {name: props[name] for name in names if name in props}


def has_whole_maps(props: PropertyBag) -> bool:
    """Tell whether it is known what exists; not so when the engine asks what a replacement drags.

    Every property that depends on what is replaced is unknown as a whole then.
    """
    return not any(isinstance(props.get(name), Unknown) for name in ("sources", "logins"))


def is_known(value: object) -> bool:
    """Tell whether nothing in a value is still to be known."""
    if isinstance(value, Mapping):
        return all(is_known(inner) for inner in value.values())
    return not isinstance(value, Unknown)


def logins(props: PropertyBag) -> Logins:
    """Return what the properties ask for; a text that is not known yet becomes None."""
    asked = Logins(
        sources={name: _source(bag) for name, bag in bags(props.get("sources"))},
        logins={user: _login(bag) for user, bag in bags(props.get("logins"))},
        enabled=props.get("enabled") is not False,
        leftovers=tuple(_list(props.get("leftovers"))),
        fetched=props.get("mode") == "fetched",
        claim=_text(props.get("claim")),
        take_over=props.get("take_over") is True,
    )
    return with_options(props, with_retiring(props, asked))


def seen_props(props: PropertyBag, seen: Logins) -> dict[str, Any]:
    """Return inputs in the shape of `props` that say what was seen on the cluster."""
    found = inputs_of(props) | {
        "enabled": seen.enabled,
        "sources": {name: _source_bag(source) for name, source in seen.sources.items()},
        "logins": {user: _login_bag(login) for user, login in seen.logins.items()},
    }
    found |= {"claim": seen.claim} if found.get("claim") else {}
    found |= {"mode": "pinned"} if props.get("mode") == "fetched" and not seen.fetched else {}
    for name in ("leftovers", *OPTIONS):
        found.pop(name, None)
    found |= seen_options(props, seen)
    return found | ({"leftovers": list(seen.leftovers)} if seen.leftovers else {})


def _source_bag(source: Source) -> dict[str, Any]:
    bag: dict[str, Any] = {"issuer": source.issuer, "keys": dict(source.keys or {})}
    if source.jwks_uri:
        bag["jwks_uri"] = source.jwks_uri
    if source.ca:
        bag["ca"] = source.ca
    if source.close_passthrough:
        bag["close_passthrough"] = True
    if source.subject_is_username:
        bag |= {"subject_is_username": True, "audience": source.audience}
    return bag if source.trusted else bag | {"trusted": False}


def _login_bag(login: Login) -> dict[str, Any]:
    bag: dict[str, Any] = {
        "identities": {
            name: {"source": i.source, "audience": i.audience, "subject": i.subject}
            for name, i in login.identities.items()
        }
    }
    if login.roles:
        bag["roles"] = dict.fromkeys(sorted(login.roles), True)
    if login.on_delete is not OnDelete.DROP:
        bag["on_delete"] = login.on_delete.value
    return bag if login.may_login else bag | {"login": False}


def _source(bag: PropertyBag | Unknown) -> Source:
    if isinstance(bag, Unknown):
        return Source(None, None, None)
    keys = bag.get("keys")
    return Source(
        issuer=_text(bag.get("issuer")),
        jwks_uri=_text(bag.get("jwks_uri")),
        keys=None if isinstance(keys, Unknown) else {k: _text(t) for k, t in (keys or {}).items()},
        close_passthrough=bag.get("close_passthrough") is True,
        subject_is_username=bag.get("subject_is_username") is True,
        audience=_text(bag.get("audience")),
        trusted=bag.get("trusted") is not False,
        ca=_text(bag.get("ca")),
    )


def _login(bag: PropertyBag | Unknown) -> Login:
    if isinstance(bag, Unknown):
        return Login({})
    return Login(
        identities={name: _identity(identity) for name, identity in bags(bag.get("identities"))},
        roles=frozenset(role for role, on in bags(bag.get("roles")) if on is not False),
        may_login=bag.get("login") is not False,
        on_delete=OnDelete.DISABLE if bag.get("on_delete") == "disable" else OnDelete.DROP,
    )


def _identity(bag: PropertyBag | Unknown) -> Identity:
    if isinstance(bag, Unknown):
        return Identity(UNKNOWN, None, None)
    source = _text(bag.get("source"))
    return Identity(
        UNKNOWN if source is None else source,
        _text(bag.get("audience")),
        _text(bag.get("subject")),
    )


def _text(value: object) -> Text:
    if isinstance(value, Unknown):
        return None
    return "" if value is None else str(value)


def bags(value: object) -> Iterator[tuple[str, Any]]:
    """Yield the items of a map by name; the engine hands them over in any order."""
    if isinstance(value, Mapping):
        yield from sorted(value.items())


def _list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
