"""What is wrong with the inputs, each at the input that has to change."""

from collections.abc import Iterator, Mapping
from functools import partial

from pulumi.output import Unknown

from crdb_sso.clients.connection import check_cluster_url
from crdb_sso.crdb.identity_map import map_line
from crdb_sso.crdb.user_names import (
    check_database_name,
    check_login_name,
    check_name,
    check_role_name,
)
from crdb_sso.desired.logins import Login, Source
from crdb_sso.errors import InvalidInput
from crdb_sso.preview.effects import UNKNOWN
from crdb_sso.provider.key_props import key_problems
from crdb_sso.provider.option_props import option_problems
from crdb_sso.provider.problems import Problem, on_delete_problems, passthrough_problems, tried
from crdb_sso.provider.props import PropertyBag, bags, logins
from crdb_sso.tokens.issuers import Issuer
from crdb_sso.tokens.jwks import jwk_from_text, parse_given


def problems(props: PropertyBag) -> list[Problem]:
    """Return what is wrong with the inputs, each at the input that has to change.

    Leaves that are not known yet are taken as good; they are checked when they are.
    """
    found = [*_target_problems(props), *_leaf_problems(props)]
    wanted = logins(props)
    for name, source in wanted.sources.items():
        found += _source_problems(f"sources.{name}", source)
    found += (Problem(*each) for each in key_problems(props, wanted))
    found += option_problems(props, wanted)
    found += passthrough_problems(wanted)
    known = {**wanted.sources, UNKNOWN: Source(None)}
    named = None if isinstance(props.get("sources"), Unknown) else known
    for user, login in wanted.logins.items():
        found += _login_problems(f'logins["{user}"]', user, login, named)
    return found


def _leaf_problems(props: PropertyBag) -> Iterator[Problem]:
    """Yield the texts that were given as something else: a long number would change its digits."""
    for name, source in bags(props.get("sources")):
        yield from _not_texts(f"sources.{name}", source, ("issuer", "jwks_uri", "ca", "audience"))
    for user, login in bags(props.get("logins")):
        fate = login.get("on_delete") if isinstance(login, Mapping) else None
        if not isinstance(fate, Unknown):
            yield from on_delete_problems(f'logins["{user}"].on_delete', fate)
        identities = login.get("identities") if isinstance(login, Mapping) else None
        for name, identity in bags(identities):
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
