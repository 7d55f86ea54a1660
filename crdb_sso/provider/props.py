"""The door between the engine's property bags and our values; the only place that knows Unknown.

Shape of the properties (state remembers it: never rename a key, see README.md beside this file)::

    cluster_url: str (secret)      owner: str      mode: "pinned" or "fetched"      enabled: bool
    registry_database: str         cluster_id: str (output)
    sources: {name: {issuer, jwks_uri?, ca?: PEM, keys: {kid: JWK text}, close_passthrough?: true,
                     subject_is_username?: true, audience?}}
    logins:  {user: {identities: {name: {source, audience, subject}}, roles?: {role: true},
                     login?: false, on_delete?: "disable"}}
    sso_only?: {"user address": method}

What is at its default is left out; `key_props.py` has more. Read from a cluster, `trusted: false`
marks a source whose issuer is no longer in the list, or no longer closed; `leftovers` lists what an
unfinished change left behind.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pulumi.output import Unknown

from crdb_sso.clients.connecting import check_cluster_url
from crdb_sso.effects import UNKNOWN
from crdb_sso.errors import InvalidInput
from crdb_sso.identity_map import map_line
from crdb_sso.issuers import Issuer
from crdb_sso.jwks import jwk_from_text, parse_given
from crdb_sso.logins import Identity, Login, Logins, OnDelete, Source, Text
from crdb_sso.passthrough import check_name
from crdb_sso.provider.key_props import KEY_INPUTS, key_problems, with_retiring
from crdb_sso.provider.problems import (
    Problem,
    door_problems,
    on_delete_problems,
    passthrough_problems,
    tried,
)
from crdb_sso.sql_users import check_database_name, check_login_name, check_role_name

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


def logins(props: PropertyBag) -> Logins:
    """Return what the properties ask for; a text that is not known yet becomes None."""
    asked = Logins(
        sources={name: _source(bag) for name, bag in _bags(props.get("sources"))},
        logins={user: _login(bag) for user, bag in _bags(props.get("logins"))},
        enabled=props.get("enabled") is not False,
        leftovers=tuple(_list(props.get("leftovers"))),
        fetched=props.get("mode") == "fetched",
        claim=_text(props.get("claim")),
        take_over=props.get("take_over") is True,
        sso_only=_doors(props.get("sso_only")),
    )
    return with_retiring(props, asked)


def _doors(value: object) -> Mapping[str, str] | None:
    return {n: str(m) for n, m in value.items()} if isinstance(value, Mapping) else None


def seen_props(props: PropertyBag, seen: Logins) -> dict[str, Any]:
    """Return inputs in the shape of `props` that say what was seen on the cluster."""
    found = inputs_of(props) | {
        "enabled": seen.enabled,
        "sources": {name: _source_bag(source) for name, source in seen.sources.items()},
        "logins": {user: _login_bag(login) for user, login in seen.logins.items()},
    }
    found |= {"claim": seen.claim} if found.get("claim") else {}
    found |= {"mode": "pinned"} if props.get("mode") == "fetched" and not seen.fetched else {}
    for name in ("leftovers", "sso_only"):
        found.pop(name, None)
    if seen.sso_only is not None:
        found["sso_only"] = dict(seen.sso_only)
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
        identities={name: _identity(identity) for name, identity in _bags(bag.get("identities"))},
        roles=frozenset(role for role, on in _bags(bag.get("roles")) if on is not False),
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


def _bags(value: object) -> Iterator[tuple[str, Any]]:
    """Yield the items of a map by name; the engine hands them over in any order."""
    if isinstance(value, Mapping):
        yield from sorted(value.items())


def _list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


# checking


def problems(props: PropertyBag) -> list[Problem]:
    """Return what is wrong with the inputs, each at the input that has to change.

    Leaves that are not known yet are taken as good; they are checked when they are.
    """
    found = [*_target_problems(props), *_leaf_problems(props)]
    wanted = logins(props)
    for name, source in wanted.sources.items():
        found += _source_problems(f"sources.{name}", source)
    found += (Problem(*each) for each in key_problems(props, wanted))
    found += door_problems(wanted)
    found += passthrough_problems(wanted)
    known = {**wanted.sources, UNKNOWN: Source(None)}
    named = None if isinstance(props.get("sources"), Unknown) else known
    for user, login in wanted.logins.items():
        found += _login_problems(f'logins["{user}"]', user, login, named)
    return found


def _leaf_problems(props: PropertyBag) -> Iterator[Problem]:
    """Yield the texts that were given as something else: a long number would change its digits."""
    for name, source in _bags(props.get("sources")):
        yield from _not_texts(f"sources.{name}", source, ("issuer", "jwks_uri", "ca", "audience"))
    for user, login in _bags(props.get("logins")):
        fate = login.get("on_delete") if isinstance(login, Mapping) else None
        if not isinstance(fate, Unknown):
            yield from on_delete_problems(f'logins["{user}"].on_delete', fate)
        identities = login.get("identities") if isinstance(login, Mapping) else None
        for name, identity in _bags(identities):
            at = f'logins["{user}"].identities["{name}"]'
            yield from _not_texts(at, identity, ("source", "audience", "subject"))


def _not_texts(path: str, bag: object, names: tuple[str, ...]) -> Iterator[Problem]:
    for name in names:
        value = bag.get(name) if isinstance(bag, Mapping) else None
        if not isinstance(value, str | Unknown | None):
            yield Problem(f"{path}.{name}", "it is no text. Put it in quotes.")


def _target_problems(props: PropertyBag) -> Iterator[Problem]:
    url = props.get("cluster_url")
    if not isinstance(url, Unknown):
        # no path: the engine would print the value, and it may hold a password
        yield from tried("", lambda: check_cluster_url(str(url or "")))
    if not props.get("owner"):
        yield Problem("owner", "the owner is empty. Give it a name that no other stack has.")
    mode = props.get("mode")
    if not isinstance(mode, Unknown) and mode not in ("pinned", "fetched"):
        yield Problem("mode", "it is neither `pinned` nor `fetched`")
    database = props.get("registry_database")
    if not isinstance(database, Unknown):
        yield from tried("registry_database", lambda: check_database_name(str(database or "")))


def _source_problems(path: str, source: Source) -> Iterator[Problem]:
    issuer = source.issuer
    if issuer is not None:
        yield from tried(f"{path}.issuer", lambda: Issuer(issuer))
    for kid, text in (source.keys or {}).items():
        if text is not None:
            yield from tried(f'{path}.keys["{kid}"]', lambda k=kid, t=text: _check_key(k, t))  # type: ignore[misc] # bound now


def _check_key(kid: str, text: str) -> None:
    named = parse_given(text).text_by_kid()
    if list(named) != [kid] or jwk_from_text(text) is None:
        raise InvalidInput(
            f"it is not one JWK of the kid {kid!r}", hint="Name each key by the kid inside it."
        )


def _login_problems(
    path: str, user: str, login: Login, sources: Mapping[str, Source] | None
) -> Iterator[Problem]:
    """Yield what is wrong with a login.

    Args:
        path: Where it stands.
        user: The SQL user.
        login: The login.
        sources: Sources by name; None if they are not known yet.
    """
    yield from tried(path, lambda: check_login_name(user))
    for role in login.roles:
        yield from tried(f'{path}.roles["{role}"]', lambda r=role: check_role_name(r))  # type: ignore[misc] # bound now
    for name, identity in login.identities.items():
        at = f'{path}.identities["{name}"]'
        if sources is not None and identity.source not in sources:
            yield Problem(f"{at}.source", f"there is no source {identity.source!r}")
        if identity.audience == "":
            reason = "the audience is empty. Give the `aud` that the workload's tokens carry."
            yield Problem(f"{at}.audience", reason)
        subject = identity.subject
        source = (sources or {}).get(identity.source) or Source(None)
        if subject is not None and source.subject_is_username:
            yield from tried(f"{at}.subject", partial(check_name, subject, user))
        elif subject is not None:
            yield from tried(f"{at}.subject", partial(map_line, source.issuer or "", subject, user))
