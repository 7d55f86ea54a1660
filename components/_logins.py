"""Logins as a program writes them: checked, and turned into the maps that the engine compares.

Everything that becomes a map key (users, identity names, sources, roles) is plain text, so that a
preview never has to guess what exists; values may be Outputs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import pulumi
from typing_extensions import NotRequired, TypedDict

from crdb_sso.crdb.identity_map import check_subject
from crdb_sso.desired.logins import OnDelete
from crdb_sso.errors import InvalidInput, InvalidMapLine

from ._keys import ca_text, joined_keys
from ._options import applied, check_names
from ._workloads import check_token_from
from .identity import Asked, IdentityFacts, SourceFacts, asked


class Login(TypedDict):
    """One SQL user and who may log in as it; None is the same as not given."""

    identities: Sequence[IdentityFacts]
    """Whose tokens open it, e.g. `[idp.subject("batch-runner")]`."""

    roles: NotRequired[Sequence[str] | None]
    """Existing roles it is a member of."""

    login: NotRequired[bool | None]
    """False shuts it out now (NOLOGIN) and leaves everything else in place; by default True."""

    on_delete: NotRequired[Literal["drop", "disable"] | None]
    """What happens to a SQL user created here once its login is removed: by default `"drop"`; with
    `"disable"` it stays, shut out (NOLOGIN) and without the `roles`. Takes effect only if an `up`
    sets it before the login is removed. A user that was found is restored as found, either way."""

    allow_privileged: NotRequired[bool | None]
    """Whether it may open a SQL user that is a member of admin or holds system privileges, or make
    one a member of admin with its `roles`; by default that is refused."""


def check_logins(logins: Mapping[str, Login], more: Iterable[SourceFacts] = ()) -> None:
    """Check what a preview relies on: shape, plain names, and that no two things share a name.

    Args:
        logins: The logins.
        more: Sources that are used without a login.

    Raises:
        InvalidInput: The program must be changed.
    """
    if not isinstance(logins, Mapping):
        raise InvalidInput("`logins` is not a dict", hint='Write {"app": {"identities": [...]}}.')
    sources: dict[str, SourceFacts] = {}
    for facts in more:
        _check_source(sources.setdefault(facts["source"], facts), facts)
    unmapped = frozenset(sources)
    for user, login in logins.items():
        _check_plain("the name of a login", user)
        _check_login(user, login)
        for facts in login["identities"]:
            _check_source(sources.setdefault(facts["source"], facts), facts)
            if facts["source"] not in unmapped:
                _check_pattern(user, facts)


def login_props(logins: Mapping[str, Login]) -> Mapping[str, object]:
    """Return the `logins` property of ClusterLogins, without defaults."""
    return {user: _login_prop(login) for user, login in logins.items()}


def source_props(
    logins: Mapping[str, Login],
    label: str,
    *,
    fetched: bool = False,
    more: Iterable[SourceFacts] = (),
) -> Mapping[str, dict[str, object]]:
    """Return the `sources` property of ClusterLogins: one entry per source, however often used.

    Args:
        logins: Checked logins.
        label: Names the component in errors that appear only once keys are known.
        fetched: Whether the nodes fetch the keys; they are not needed here then.
        more: Sources that are used without a login.
    """
    sources: dict[str, dict[str, object]] = {}
    keys: dict[str, dict[int, Asked[Mapping[str, str]]]] = {}
    for facts in (*more, *_all_facts(logins)):
        source = sources.setdefault(facts["source"], {"issuer": facts["issuer"]})
        keys.setdefault(facts["source"], {})[id(facts["keys"])] = facts["keys"]
        uri = facts.get("jwks_uri")
        leads_there = callable(uri) or facts.get("has_discovery", False)
        if uri is not None and not (fetched and leads_there):
            source.setdefault("jwks_uri", asked(uri))
        if fetched and facts.get("ca_file") is not None:
            whose = f"{label}, source {facts['source']!r}"
            source.setdefault("ca", applied(whose, ca_text, facts["ca_file"]))
        if facts.get("close_passthrough"):
            source["close_passthrough"] = True
    for name, different in keys.items():
        found = [] if fetched else [asked(one) for one in different.values()]
        sources[name]["keys"] = joined_keys(found, f"{label}, source {name!r}") if found else {}
    return sources


def _all_facts(logins: Mapping[str, Login]) -> Iterator[IdentityFacts]:
    for login in logins.values():
        yield from login["identities"]


def _login_prop(login: Login) -> Mapping[str, object]:
    bag: dict[str, object] = {
        "identities": {
            facts["name"]: {
                "source": facts["source"],
                "audience": facts["audience"],
                "subject": facts["subject"],
            }
            for facts in login["identities"]
        }
    }
    if login.get("roles"):
        bag["roles"] = dict.fromkeys(login["roles"] or (), True)
    if login.get("on_delete") == OnDelete.DISABLE.value:
        bag["on_delete"] = OnDelete.DISABLE.value
    if login.get("allow_privileged"):
        bag["allow_privileged"] = True
    return bag | {"login": False} if login.get("login") is False else bag


def _check_login(user: str, login: Login) -> None:
    what = f"login {user!r}"
    if not isinstance(login, Mapping):
        raise InvalidInput(f"{what} is not a dict", hint='Write {"identities": [...]}.')
    check_names(what, login, Login)
    _check_list(f"`identities` of {what}", login["identities"])
    if not login["identities"]:
        raise InvalidInput(
            f"{what} has no identity, so nobody could use it",
            hint="Add an identity, or remove the login; `login: False` shuts it out for a while.",
        )
    _check_list(f"`roles` of {what}", login.get("roles") or ())
    for role in login.get("roles") or ():
        _check_plain(f"a role of {what}", role)
    for name in ("login", "allow_privileged"):
        if not isinstance(login.get(name), bool | None):
            raise InvalidInput(
                f"`{name}` of {what} is not True or False", hint="Write a plain bool."
            )
    if login.get("on_delete") not in (None, *(choice.value for choice in OnDelete)):
        raise InvalidInput(
            f"`on_delete` of {what} is neither 'drop' nor 'disable'", hint="Write one of them."
        )
    named: dict[str, IdentityFacts] = {}
    for facts in login["identities"]:
        _check_facts(f"an identity of {what}", facts)
        _check_name_is_free(what, named.setdefault(facts["name"], facts), facts)


def _check_facts(what: str, facts: IdentityFacts) -> None:
    if not isinstance(facts, Mapping):
        raise InvalidInput(
            f"{what} is not a dict of facts", hint='Write e.g. idp.subject("batch-runner").'
        )
    check_names(what, facts, IdentityFacts)
    _check_plain(f"the name of {what}", facts["name"])
    _check_plain(f"the source of {what}", facts["source"])
    check_token_from(facts.get("token_from"))


def _check_pattern(user: str, facts: IdentityFacts) -> None:
    """Check a regular expression; ClusterLogins reports what is wrong with literals together."""
    subject = facts["subject"]
    if not isinstance(subject, str) or not subject.startswith("/"):
        return
    try:
        check_subject(subject)
    except InvalidMapLine as error:
        raise InvalidMapLine(
            f"the subject of identity {facts['name']!r} of login {user!r}: {error.what}",
            hint=error.hint,
        ) from error


def _check_name_is_free(what: str, first: IdentityFacts, facts: IdentityFacts) -> None:
    if first is not facts:
        raise InvalidInput(
            f"{what} has two identities named {facts['name']!r}: {_principal(first)} and"
            f" {_principal(facts)}",
            hint="Rename one of them, e.g. idp.subject(text, name=...).",
        )


def _check_source(first: SourceFacts, facts: SourceFacts) -> None:
    if not _agree(first["issuer"], facts["issuer"]):
        raise InvalidInput(
            f"two issuers are both called {facts['source']!r}: {_text(first['issuer'])} and"
            f" {_text(facts['issuer'])}",
            hint="Give the two components different names.",
        )


def _agree(one: object, other: object) -> bool:
    """Tell whether two values are certain to be the same: one Output, or equal plain texts."""
    return one is other or (isinstance(one, str) and isinstance(other, str) and one == other)


def _check_list(what: str, value: object) -> None:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise InvalidInput(f"{what} is not a list", hint="Write [...], even around a single one.")


def _check_plain(what: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise InvalidInput(
            f"{what} is not plain text: {_text(value)}",
            hint="It decides what exists, so it can't be an Output; write it as text.",
        )


def _principal(facts: IdentityFacts) -> str:
    return f"{_text(facts['subject'])} of {facts['source']!r}"


def _text(value: object) -> str:
    """Show a value, but never an Output, whose text says nothing."""
    return "an Output" if isinstance(value, pulumi.Output) else repr(value)
