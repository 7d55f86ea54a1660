"""What the next logins revoke is said when groups begin to give roles, and when a login is new."""

from collections.abc import Mapping
from dataclasses import replace

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.plan.inputs import LiveUser
from crdb_sso.plan.planner import plan_context
from crdb_sso.preview.on_cluster.revoked_roles import revoked_lines
from tests.unit.cluster_model import Cluster, carried_out, with_texts
from tests.unit.request_strategies import wanted

IDP = "https://idp.example.com"
SYNC = GroupSync(allow_privileged=True)
SYNCED = Desired({}, {}, group_sync=SYNC)
APP = Login({"me": Identity("idp", "crdb", "me")})
LOGINS = Desired({"idp": Source(IDP, subject_is_username=False)}, {"app": APP})
READERS = frozenset({"readers"})
EVERYONE = {
    "ann": frozenset({"admin", "readers"}),
    "app": frozenset({"readers"}),
    "bob": frozenset({"writers"}),
    "root": frozenset({"admin"}),
    "svc_x": frozenset({"writers"}),
}


def said(
    cluster: Cluster,
    wish: Desired,
    everyone: Mapping[str, frozenset[str]] = EVERYONE,
) -> list[str]:
    request = cluster.known(wanted("me", wish))
    live = replace(cluster.live_for(request), roles_by_login=everyone)
    return list(revoked_lines(plan_context(live, request)))


def mapped(*lines: str, **texts: str) -> Cluster:
    found = {Setting[name]: text for name, text in texts.items()}
    return Cluster(
        with_texts({Setting.ISSUERS: IDP, Setting.IDENTITY_MAP: "\n".join(lines), **found}),
        {"app": LiveUser(may_login=True, roles=READERS)},
        roles=READERS,
    )


def line(user: str, roles: str) -> str:
    return (
        f"group sync: the next login of {user} by token revokes {roles}, unless the token's groups"
        " name the roles to keep"
    )


def test_users_are_found_whatever_the_case_of_a_line() -> None:
    cluster = mapped(f"{IDP} me Ann", f"{IDP} /^(.*)$ SVC_\\1")

    assert said(cluster, SYNCED) == [line("ann", "admin, readers"), line("svc_x", "writers")]


def test_users_of_map_lines_are_named_with_what_they_lose() -> None:
    cluster = mapped(f"{IDP} ann ann", f"{IDP} new nobody_yet", "other bob bob")

    assert said(cluster, SYNCED) == [line("ann", "admin, readers")]


def test_a_line_with_a_placeholder_opens_whomever_it_fits() -> None:
    cluster = mapped(rf"{IDP} /^(.*)@corp$ svc_\1")

    assert said(cluster, SYNCED) == [line("svc_x", "writers")]


def test_without_a_line_tokens_open_everybody_but_root() -> None:
    assert said(mapped(), SYNCED) == [
        line("ann", "admin, readers"),
        line("app", "readers"),
        line("bob", "writers"),
        line("svc_x", "writers"),
    ]


def test_lines_of_this_very_change_count() -> None:
    both = replace(LOGINS, group_sync=SYNC)

    assert said(mapped(f"{IDP} ann ann"), both) == [
        line("ann", "admin, readers"),
        line("app", "readers"),
    ]


def test_what_the_change_itself_revokes_is_not_said_twice() -> None:
    given = replace(LOGINS, logins={"app": replace(APP, roles=READERS)})
    there = replace(mapped(f"{IDP} bob bob"), users={})
    before = carried_out(there, wanted("me", given))

    assert said(before, replace(LOGINS, group_sync=SYNC)) == [line("bob", "writers")]


def test_where_sync_is_on_only_newly_opened_users_are_named() -> None:
    on = mapped(f"{IDP} ann ann", GROUP_SYNC="true")

    assert said(on, LOGINS, {}) == [line("app", "readers")]
    assert said(carried_out(on, wanted("me", LOGINS)), LOGINS, {}) == []
    assert said(on, SYNCED) == []


def test_a_new_identity_opens_a_user_too() -> None:
    on = carried_out(mapped(f"{IDP} ann ann", GROUP_SYNC="true"), wanted("me", LOGINS))
    more = replace(
        LOGINS,
        logins={"app": Login({"me": APP.identities["me"], "too": Identity("idp", "crdb", "too")})},
    )

    assert said(on, more, {}) == [line("app", "readers")]


def test_a_user_that_may_not_log_in_loses_nothing() -> None:
    on = replace(
        mapped(f"{IDP} ann ann", GROUP_SYNC="true"),
        users={"app": LiveUser(may_login=False, roles=READERS)},
    )

    assert said(on, LOGINS, {}) == []


def test_without_sync_nothing_is_revoked() -> None:
    assert said(mapped(f"{IDP} ann ann"), LOGINS) == []
    on = carried_out(mapped(f"{IDP} ann ann"), wanted("me", SYNCED))
    assert said(on, Desired({}, {})) == []


def test_many_users_are_counted() -> None:
    everyone = {f"u{number:03}": READERS for number in range(25)}

    lines = said(mapped(), SYNCED, everyone)

    assert len(lines) == 21
    assert lines[-1] == "group sync: so do the next logins of 5 more users"
