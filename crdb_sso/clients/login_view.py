"""What decides a login with a token, as an operator with VIEWCLUSTERSETTING sees it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

import psycopg

from crdb_sso.clients.connecting.connection import node_version
from crdb_sso.clients.reading import OPERATOR
from crdb_sso.clients.sql import statements
from crdb_sso.clients.sql.session import Rows, Session
from crdb_sso.crdb.active_version import VERSION
from crdb_sso.crdb.privileges import grouped
from crdb_sso.crdb.settings import ASKED_NAMES, Setting, listed_settings, missing_setting
from crdb_sso.verdict import ClusterView, UserView
from crdb_sso.verdict.outcome import Check
from crdb_sso.verdict.steps import Step
from crdb_sso.verdict.unseen import unseen

_LICENCE = "enterprise.license"
_NO_LICENCE = (
    "none is set: builds before November 2024 refuse every token unless the cluster has a single"
    " node"
)
_RELEASE = re.compile(r"\bv(\d+\.\d+)(\.\d+)")


@dataclass(frozen=True, slots=True)
class LoginView:
    """A cluster as it decides logins.

    Attributes:
        cluster: What is seen of it.
        now: Its time.
        instead: What stands for checks that this operator can't look at.
    """

    cluster: ClusterView
    now: datetime
    instead: Mapping[Step, Check] = field(default_factory=dict)


def read_login_view(session: Session) -> LoginView:
    """Read settings, version and users.

    Raises:
        UnsupportedVersion: The cluster knows no logins with tokens.
        psycopg.errors.InsufficientPrivilege: The operator may not list settings.
    """
    session.doing = "reading the cluster settings"
    asked = [[*ASKED_NAMES, VERSION, _LICENCE]]
    rows, operator = session.ask([(statements.READ_SETTINGS, asked), OPERATOR])
    listed = {name: value for name, value, _ in listed_settings(rows or [])}
    if Setting.ENABLED.value not in listed:
        raise missing_setting(
            Setting.ENABLED, or_else="check that the URL names a CockroachDB cluster"
        )
    version = _version(listed.pop(VERSION, ""), node_version(session.conn))
    licence = listed.pop(_LICENCE, "")
    instead = {} if licence else unseen([Step.LICENCE], _NO_LICENCE)
    now = next((row[2] for row in operator or []), datetime.now(timezone.utc))
    view = ClusterView(version, listed, {})
    return _with_users(session, LoginView(view, now, instead))


def _with_users(session: Session, view: LoginView) -> LoginView:
    session.doing = "reading users and roles"
    try:
        logins, members = session.ask(
            [(statements.READ_LOGINS, None), (statements.READ_ALL_MEMBERSHIPS, None)]
        )
    except psycopg.errors.InsufficientPrivilege:
        session.leave_transaction()
        hidden = unseen((Step.USER, Step.LOGIN), "users are hidden from this operator")
        return replace(view, instead={**view.instead, **hidden})
    return replace(view, cluster=replace(view.cluster, users=_users(logins or [], members or [])))


def _users(logins: Rows, members: Rows) -> dict[str, UserView]:
    roles = grouped((member, role) for role, member, _ in members)
    return {
        name: UserView(bool(may_login), frozenset(roles.get(name, ())))
        for name, may_login in logins
    }


def _version(active: str, node: str) -> str:
    """Return the active version, with the patch that the node runs if it is of that series."""
    found = _RELEASE.search(node)
    return active + found[2] if found and active == found[1] else active
