"""The properties of a ClusterLogins: one row each, with everything about it.

States remember the names: never rename one (see README.md next to this file). If a cluster can show
the value of a property, its row says how a refresh writes it; defaults are left out.
"""

from collections.abc import Callable

from crdb_sso.clients.connecting.connection import check_cluster_url
from crdb_sso.crdb import pem
from crdb_sso.crdb.claim_names import check_claim, check_group_names
from crdb_sso.crdb.hba import Door, check_door
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.user_names import check_database_name, check_login_name, check_role_name
from crdb_sso.desired.logins import Identity, Login, OnDelete, Source
from crdb_sso.desired.provisioning import DEFAULT_GROUPS, GROUP_NAMES, GroupSync
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.errors import InvalidInput
from crdb_sso.plan.drift import Observed, ObservedLogin, ObservedSource
from crdb_sso.provider.property_types import (
    Choice,
    Hours,
    Names,
    Switch,
    Text,
    TextMap,
    Texts,
    Times,
    items,
)
from crdb_sso.provider.rows import ABSENT, Input, MapOf, Shape, written
from crdb_sso.registry.acceptances import check_acceptance
from crdb_sso.tokens.issuers import Issuer, is_https
from crdb_sso.tokens.jwks import canonical_text, public_text
from crdb_sso.verdict.findings import check_id

LONGEST_WAIT_H = 24.0 * 366
"""Hours; keys that stay for more than a year are not rotated at all."""


# checks of single texts


def _owner(text: str) -> None:
    if not text:
        raise InvalidInput("the owner is empty", hint="Give a name that no other stack has.")


def _audience(text: str) -> None:
    if not text:
        raise InvalidInput(
            "the audience is empty", hint="Give the `aud` that the workload's tokens carry."
        )


def _jwks_uri(text: str) -> None:
    if text and not is_https(text):
        raise InvalidInput(
            f"{text!r} is not an https URL with a host: no node can fetch keys from it",
            hint="Give the https URL of the keys, or leave it out.",
        )


def _door(name: str, method: str) -> None:
    check_door(Door.read(name), method)


def _accepted(id_: str, reason: str) -> None:
    check_id(id_)
    check_acceptance(id_, reason)


def _anything(_name: str, _text: str) -> None:
    """Accept any parameter: `checking` asks the token source."""


# what a refresh writes


def _enabled(given: object, shown: Observed) -> object:
    live = shown.scalars.get(Setting.ENABLED)
    return given if live is None else live == "true"


def _mode(given: object, shown: Observed) -> object:
    is_lost = shown.has_written(Setting.AUTO_FETCH) and not shown.is_fetching
    return PINNED if is_lost else given


def _claim_seen(given: object, shown: Observed) -> object:
    return shown.scalars.get(Setting.CLAIM, "") if shown.has_written(Setting.CLAIM) else given


def _provisioning(_given: object, shown: Observed) -> object:
    return True if shown.scalars.get(Setting.PROVISIONING) == "true" else ABSENT


def _groups(given: object, shown: Observed) -> object:
    is_on = shown.scalars.get(Setting.GROUP_SYNC) == "true"
    return written(GROUP_SYNC, given, shown) if is_on else ABSENT


def _group_name_seen(field: str) -> Callable[[object, Observed], object]:
    def seen(given: object, shown: Observed) -> object:
        live = shown.scalars.get(GROUP_NAMES[field], DEFAULT_GROUPS)
        return ABSENT if given is ABSENT and live == DEFAULT_GROUPS else live

    return seen


def _doors(_given: object, shown: Observed) -> object:
    if shown.sso_only is None:
        return ABSENT
    return {door.text: method for door, method in shown.sso_only.items()}


def _sources(given: object, shown: Observed) -> object:
    bag = dict(items(given))
    return {name: written(SOURCE, bag.get(name), seen) for name, seen in shown.sources.items()}


def _logins(given: object, shown: Observed) -> object:
    bag = dict(items(given))
    return {user: written(LOGIN, bag.get(user), seen) for user, seen in shown.logins.items()}


def _keys_seen(given: object, shown: ObservedSource) -> object:
    """Write a key that is there as it was written before: its text may not be the canonical one."""
    before = {kid: text for kid, text in items(given) if isinstance(text, str)}
    return {
        kid: before[kid] if canonical_text(before.get(kid, "")) == text else text
        for kid, text in shown.keys.items()
    }


def _identities(given: object, shown: ObservedLogin) -> object:
    bag = dict(items(given))
    return {n: written(IDENTITY, bag.get(n), audience) for n, audience in shown.identities.items()}


# nested rows

SOURCE_NAME: Input[str] = Input("source", Text())
SUBJECT: Input[str] = Input("subject", Text())

IDENTITY: tuple[Input[str], ...] = (
    SOURCE_NAME,
    Input("audience", Text(_audience, is_required=True), seen=lambda _, shown: shown),
    SUBJECT,
)
"""One principal; a cluster shows its audience, "" if that is gone."""

IDENTITIES = Input("identities", MapOf(Shape(Identity, IDENTITY)), seen=_identities)

LOGIN: tuple[Input[ObservedLogin], ...] = (
    IDENTITIES,
    Input(
        "roles",
        Names(check_role_name),
        seen=lambda _, shown: dict.fromkeys(sorted(shown.roles), True) or ABSENT,
    ),
    Input(
        "login",
        Switch(default=True),
        field="may_login",
        seen=lambda _, shown: ABSENT if shown.may_login else False,
    ),
    Input("on_delete", Choice({choice.value: choice for choice in OnDelete})),
    Input("allow_privileged", Switch()),
)

TRUSTED: Input[ObservedSource] = Input(
    "trusted",
    Switch(default=True),
    field=None,
    seen=lambda _, shown: ABSENT if shown.is_trusted else False,
)
"""Written only by a refresh; see `Remembered.untrusted`."""

ISSUER: Input[ObservedSource] = Input("issuer", Text(Issuer, is_required=True))
JWKS_URI: Input[ObservedSource] = Input("jwks_uri", Text(_jwks_uri))
KEYS = Input(
    "keys", TextMap(public_text, unknown=UNKNOWN, absent={}, text=canonical_text), seen=_keys_seen
)

SOURCE: tuple[Input[ObservedSource], ...] = (
    ISSUER,
    JWKS_URI,
    Input(
        "ca",
        Text(pem.check_certificates),
        seen=lambda given, shown: given if shown.has_ca else ABSENT,
    ),  # PEM text
    KEYS,
    Input("close_passthrough", Switch()),
    Input("subject_is_username", Switch()),
    Input(
        "audience",
        Text(),
        seen=lambda given, shown: given if given is ABSENT else shown.audience,
    ),
    TRUSTED,
)

GROUP_SYNC: tuple[Input[Observed], ...] = (
    *(
        Input(name, Text(check_group_names, DEFAULT_GROUPS), seen=_group_name_seen(name))
        for name in GROUP_NAMES
    ),
    Input("allow_privileged", Switch()),
)


# the rows

CLUSTER_ID: Input[Observed] = Input("cluster_id", Text())
"""Output: the uuid that names the cluster in its claim tables."""

INSTANCE: Input[Observed] = Input("instance", Text())
"""Output: the uuid that identifies the resource in the claim tables; older states have none."""

UNPROVEN: Input[Observed] = Input("unproven", Texts())
"""Output: the users whose logins failed the proof of the last `up`: the next tries them again."""

TIMES = Times()

RETIRING: Input[Observed] = Input("retiring", TIMES)
"""Output: when the keys that are no longer published are removed, ISO 8601 by kid by source."""

LEFTOVERS: Input[Observed] = Input(
    "leftovers",
    Texts(),
    seen=lambda _, shown: list(shown.leftovers) or ABSENT,
)
"""Written only by a refresh: entries that an unfinished change left behind."""

SECRET_INPUTS: Input[Observed] = Input("secret_inputs", Texts())
"""Where the program gives secrets, see `secret_inputs.py`."""

CLUSTER_URL: Input[Observed] = Input(
    "cluster_url", Text(check_cluster_url, is_required=True, is_secret=True)
)
OWNER: Input[Observed] = Input("owner", Text(_owner, is_required=True))

TARGET: tuple[Input[Observed], ...] = (
    CLUSTER_URL,
    OWNER,
    Input("registry_database", Text(check_database_name, is_required=True), field="database"),
)
"""Which cluster, and in whose name."""

PINNED = "pinned"
"""The mode in which a stack writes the keys of its issuers."""

MODE = Input(
    "mode", Choice({PINNED: False, "fetched": True}, is_required=True), field="fetched", seen=_mode
)
SOURCES = Input("sources", MapOf(Shape(Source, SOURCE), is_quoted=False), seen=_sources)
LOGINS = Input("logins", MapOf(Shape(Login, LOGIN), check_login_name), seen=_logins)
ACCEPT: Input[Observed] = Input("accept", TextMap(_accepted, unknown={}, absent={}))

DESIRED: tuple[Input[Observed], ...] = (
    MODE,
    Input("enabled", Switch(default=True), seen=_enabled),
    SOURCES,
    LOGINS,
    Input(
        "sso_only",
        TextMap(_door, unknown=None, absent=None, key=Door.read),
        seen=_doors,
    ),
    Input("retire_after_h", Hours(LONGEST_WAIT_H), field="retire_after"),
    Input("claim", Text(check_claim), seen=_claim_seen),
    Input("take_over", Switch()),
    Input("auto_provisioning", Switch(), seen=_provisioning),
    ACCEPT,
    Input("group_sync", Shape(GroupSync, GROUP_SYNC, is_optional=True), seen=_groups),
)
"""What a program wants of that cluster."""

PROOF: tuple[Input[Observed], ...] = (
    Input("prove", MapOf(TextMap(_anything, unknown={}, absent={})), field="logins"),
    Input("on_failed_proof", Choice({"keep": False, "restore": True}), field="restores"),
)
"""What is checked after the write: `kind`, a token source, its parameters, and `identity`."""

STATE: tuple[Input[Observed], ...] = (LEFTOVERS, RETIRING)
"""What a state remembers in addition."""

INPUTS: tuple[Input[Observed], ...] = (*TARGET, *DESIRED, *PROOF, LEFTOVERS, SECRET_INPUTS)

OUTPUTS: tuple[Input[Observed], ...] = (CLUSTER_ID, INSTANCE, RETIRING, UNPROVEN)

PROPERTY_NAMES = frozenset(
    row.name for rows in (INPUTS, SOURCE, LOGIN, IDENTITY, GROUP_SYNC) for row in rows
)
"""All names that are ours, not a program's."""
