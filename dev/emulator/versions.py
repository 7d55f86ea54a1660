"""What differs between versions of CockroachDB, as data: one row for each that can be imitated.

Code that behaves differently from version to version asks the row. Which settings a version has is
written beside the settings (setting_texts/settings.py), which options a role has in
statements/role_statements.py; both compare with `Version.series`. The checks of a token and their
texts are in login/token_checks.py and login/token_check_orders.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Series = tuple[int, int]
"""Year and number of a release, e.g. (25, 2)."""

_SINCE_26_1 = (26, 1)

AUTOCOMMIT = "autocommit_before_ddl"
"""The session variable by which a schema change commits the transaction it comes in."""
UNSAFE_INTERNALS = "allow_unsafe_internals"
"""The session variable that opens `crdb_internal` and `system`; without it they are open."""


class TokenChecks(Enum):
    """In which order a token, its user and its claims are judged.

    Attributes:
        COLLAPSED: The user first; then signature and times in one step without detail, and only
            then the issuer.
        USER_FIRST: The user first; then the issuer, signature and times, each with a detail.
        TOKEN_FIRST: Whom the token says it is for, unverified; then the user, who may be created;
            then everything, as for USER_FIRST.
    """

    COLLAPSED = "collapsed"
    USER_FIRST = "user first"
    TOKEN_FIRST = "token first"  # noqa: S105 - an order, not a secret


class Inherited(Enum):
    """What SHOW GRANTS .. FOR a user lists beside its own grants, each under who was given it.

    Attributes:
        NOTHING: Nothing.
        ROLES: What its roles were given, and their roles.
        ROLES_AND_PUBLIC: That, and what `public` was given.
    """

    NOTHING = "nothing"
    ROLES = "roles"
    ROLES_AND_PUBLIC = "roles and public"


@dataclass(frozen=True, eq=False)
class Version:
    """One version of CockroachDB.

    Attributes:
        series: Year and number.
        patch: The patch level that is imitated.
        token_checks: How a login with a token is judged.
        checks_licence: Whether a login with a token ends with a look at the enterprise licence.
        infers_algorithm: Whether a key without `alg` verifies tokens.
        reads_issuer_map: Whether `issuers` may be a map to key URLs, and text after it is ignored.
        settings_are_public: Whether SHOW CLUSTER SETTINGS lists the settings of token logins.
        lists_origin: Whether the lists of settings have the columns `default_value` and `origin`.
        unknown_setting: SQLSTATE of SET for the name of an unknown setting.
        sql_writers_read_all: Whether MODIFYSQLCLUSTERSETTING allows SHOW of any single setting.
        users_have_last_login: Whether SHOW USERS has a column with the time of the last login, and
            options as an array; before, they are one text.
        admin_owns_public: Whether the schema `public` of a new database belongs to admin; later it
            belongs to the owner of the database.
        only_admins_list_system_grants: Whether SHOW SYSTEM GRANTS needs membership of admin.
        checks_fetch_status: Whether an issuer's answer counts only with a status of 2xx.
        caches_issuer_keys: Whether a node keeps what it fetched from issuers, as their headers
            allow.
        reads_claim_pointers: Whether a `claim` that begins with `/` is a JSON Pointer.
        locks_in_transactions: Whether advisory locks of transactions exist; those of sessions are
            stubs in all versions.
        system_privilege_column: The second column of SHOW SYSTEM GRANTS.
        lists_object_types: Whether SHOW GRANTS has the columns `object_name` and `object_type`;
            before, they were one, `relation_name`.
        inherited_grants: What SHOW GRANTS .. FOR a user lists beside its own.
        variables: Session variables that not every version has, with their defaults.
    """

    series: Series
    patch: int
    token_checks: TokenChecks
    checks_licence: bool = False
    infers_algorithm: bool = True
    reads_issuer_map: bool = True
    settings_are_public: bool = True
    lists_origin: bool = True
    unknown_setting: str = "42P02"
    sql_writers_read_all: bool = False
    users_have_last_login: bool = False
    admin_owns_public: bool = False
    only_admins_list_system_grants: bool = False
    checks_fetch_status: bool = False
    caches_issuer_keys: bool = False
    reads_claim_pointers: bool = False
    locks_in_transactions: bool = False
    system_privilege_column: str = "privilege_type"
    lists_object_types: bool = True
    inherited_grants: Inherited = Inherited.ROLES_AND_PUBLIC
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def name(self) -> str:
        """The version as `--version` takes it and the setting `version` shows it."""
        return f"{self.series[0]}.{self.series[1]}"

    @property
    def folds_identities(self) -> bool:
        """Whether the identity map matches whatever the letter case of a token's identity."""
        return self.series >= _SINCE_26_1

    @property
    def negotiates_protocol(self) -> bool:
        """Whether a client that asks for a newer minor version of the protocol is let go on."""
        return self.series >= _SINCE_26_1

    @property
    def may_disallow_root(self) -> bool:
        """Whether a node can be started with --disallow-root-login."""
        return self.series >= _SINCE_26_1

    @property
    def build(self) -> str:
        """What `version()` answers."""
        return (
            f"CockroachDB CCL v{self.name}.{self.patch} EMULATOR "
            "(an imitation for development and tests, not CockroachDB)"
        )


_UNCATEGORISED = "XXUUU"
_SINCE_23_2 = {"enable_durable_locking_for_serializable": "off", "transaction_timeout": "0"}
_SINCE_25_1 = {
    **_SINCE_23_2,
    "allow_role_memberships_to_change_during_transaction": "off",
    AUTOCOMMIT: "on",
}

_ROWS = (
    Version(
        series=(22, 2),
        patch=0,
        token_checks=TokenChecks.COLLAPSED,
        checks_licence=True,
        infers_algorithm=False,
        reads_issuer_map=False,
        settings_are_public=False,
        lists_origin=False,
        unknown_setting=_UNCATEGORISED,
        sql_writers_read_all=True,
        admin_owns_public=True,
        only_admins_list_system_grants=True,
        system_privilege_column="privilege",
        lists_object_types=False,
        inherited_grants=Inherited.NOTHING,
    ),
    Version(  # the last patch before fetched keys, which changed the order of checks too
        series=(23, 1),
        patch=16,
        token_checks=TokenChecks.COLLAPSED,
        checks_licence=True,
        reads_issuer_map=False,
        settings_are_public=False,
        lists_origin=False,
        unknown_setting=_UNCATEGORISED,
        sql_writers_read_all=True,
        admin_owns_public=True,
        lists_object_types=False,
        inherited_grants=Inherited.ROLES,
    ),
    Version(  # the first patch whose refusals have a detail; issuers become a map in later ones
        series=(24, 1),
        patch=1,
        token_checks=TokenChecks.USER_FIRST,
        checks_licence=True,
        reads_issuer_map=False,
        settings_are_public=False,
        admin_owns_public=True,
        inherited_grants=Inherited.ROLES,
        variables=MappingProxyType({**_SINCE_23_2, AUTOCOMMIT: "off"}),
    ),
    Version(
        series=(25, 2),
        patch=0,
        token_checks=TokenChecks.USER_FIRST,
        variables=MappingProxyType(_SINCE_25_1),
    ),
    Version(
        series=(25, 4),
        patch=0,
        token_checks=TokenChecks.TOKEN_FIRST,
        users_have_last_login=True,
        variables=MappingProxyType({**_SINCE_25_1, UNSAFE_INTERNALS: "on"}),
    ),
    Version(
        series=(26, 2),
        patch=0,
        token_checks=TokenChecks.TOKEN_FIRST,
        users_have_last_login=True,
        checks_fetch_status=True,
        variables=MappingProxyType({**_SINCE_25_1, UNSAFE_INTERNALS: "off"}),
    ),
    Version(  # read in sources of 2026, before its release: see the README for what is inferred
        series=(26, 4),
        patch=0,
        token_checks=TokenChecks.TOKEN_FIRST,
        users_have_last_login=True,
        checks_fetch_status=True,
        caches_issuer_keys=True,
        reads_claim_pointers=True,
        locks_in_transactions=True,
        variables=MappingProxyType({**_SINCE_25_1, UNSAFE_INTERNALS: "off"}),
    ),
)
VERSIONS: Mapping[str, Version] = MappingProxyType({row.name: row for row in _ROWS})
DEFAULT = VERSIONS["25.2"]
