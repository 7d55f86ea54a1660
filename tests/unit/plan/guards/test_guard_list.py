"""The list of guards is complete, every guard in it refuses something, and a plan asks them all."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pkgutil import iter_modules

import pytest

from crdb_sso.crdb.hba import Door
from crdb_sso.crdb.privileges import MEMBER_OF_ADMIN
from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.errors import GuardRefused, UnsupportedVersion
from crdb_sso.plan import guards
from crdb_sso.plan.guards import GUARDS
from crdb_sso.plan.inputs import CERTIFICATE, ClusterState, LiveUser, Operator, OwnerRequest
from crdb_sso.plan.planner import plan_changes, plan_context
from tests.unit.cluster_model import Cluster, carried_out, with_texts
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.request_strategies import wanted

IDP, THEIRS = "https://idp.example.com", "https://theirs.example.com"
VENDOR = "https://cockroachlabs.cloud"
LOGIN = Login({"orders": Identity("idp", "crdb", "orders")})
MINE = Desired({"idp": Source(IDP)}, {"app": LOGIN})
READER = Desired({}, {"app": Login({}, frozenset({"readers"}))})
VENDORS = Desired({"idp": Source(VENDOR)}, {"app": LOGIN})


@dataclass(frozen=True)
class Case:
    """What one guard refuses, and no earlier guard does."""

    says: str
    wish: Desired
    texts: Mapping[Setting, str]
    missing: Setting | None = None
    earlier: tuple[tuple[str, Desired], ...] = ()
    operator: Operator = field(default_factory=Operator)
    instance: str = ""
    users: Mapping[str, LiveUser] = field(default_factory=dict)

    def cluster(self) -> Cluster:
        cluster = Cluster(with_texts(self.texts), self.users, roles=frozenset({"writers"}))
        for owner, logins in self.earlier:
            cluster = carried_out(cluster, wanted(owner, logins))
        there = {s: live for s, live in cluster.settings.items() if s != self.missing}
        return replace(cluster, settings=there)

    def request(self) -> OwnerRequest:
        return self.cluster().known(wanted("me", self.wish, self.instance))

    def state(self) -> ClusterState:
        return replace(self.cluster().live_for(self.request()), operator=self.operator)


CASES = {
    "missing_settings": Case(
        "has no setting server.jwt_authentication.claim",
        replace(MINE, claim="email"),
        {},
        missing=Setting.CLAIM,
    ),
    "owner_names": Case(
        "another stack has claims on this cluster under the name me, since",
        MINE,
        {},
        earlier=(("me", MINE),),
        instance="another uuid",
    ),
    "owner_conflicts": Case(
        "you wants true: a cluster has one value",
        replace(MINE, enabled=False),
        {},
        earlier=(("you", replace(MINE, logins={})),),
    ),
    "keys": Case(
        "already names another key on this cluster",
        replace(MINE, sources={"idp": Source(IDP, keys={"k1": ec_key("k1")})}),
        {Setting.JWKS: ed_key("k1")},
    ),
    "passthrough": Case("without an identity map line", MINE, {Setting.ISSUERS: IDP}),
    "roles": Case("this role does not exist on the cluster: readers", READER, {}),
    "principal_claim": Case(
        "would end logins of others", replace(MINE, claim="email"), {Setting.ISSUERS: THEIRS}
    ),
    "provisioning": Case(
        "turned on here by somebody outside these stacks",
        Desired({}, {}, group_sync=GroupSync("teams", allow_privileged=True)),
        {Setting.GROUP_SYNC: "true"},
    ),
    "fetched_keys": Case(
        "nodes that fetch keys ignore the pinned ones",
        replace(MINE, fetched=True),
        {Setting.ISSUERS: THEIRS, Setting.IDENTITY_MAP: f"{THEIRS} s u"},
    ),
    "privileged_users": Case(
        "app: exists, member of admin",
        MINE,
        {},
        users={"app": LiveUser(may_login=True, privileges=(MEMBER_OF_ADMIN,))},
    ),
    "open_to_everybody": Case(
        "CRDB-SSO-003: Line 1 of the identity map",
        Desired(
            {"idp": Source("https://accounts.google.com")},
            {"app": Login({"all": Identity("idp", "crdb", "/^[0-9]+$")})},
        ),
        {},
    ),
    "synced_admins": Case(
        "group sync would let tokens make admins", Desired({}, {}, group_sync=GroupSync()), {}
    ),
    "forced_sso": Case(
        "would shut out the operator ops",
        Desired({}, {}, sso_only={Door("mon"): "cert"}),
        {},
        operator=Operator("ops", CERTIFICATE),
    ),
    "synced_roles": Case(
        "the next login would revoke",
        Desired({}, {"app": Login({}, frozenset({"writers"}))}),
        {Setting.GROUP_SYNC: "true"},
    ),
    "vendor_issuer": Case(
        f"this would drop {VENDOR}", Desired({}, {}), {}, earlier=(("me", VENDORS),)
    ),
    "jwks_uris": Case(
        f"nodes can't be told the JWKS URI of {IDP}",
        Desired({"idp": Source(IDP, f"{IDP}/keys"), "b": Source(THEIRS)}, {}, fetched=True),
        {},
    ),
}
"""A case for each guard, by the module that it is."""


def test_each_guard_module_is_listed_once_and_has_a_case() -> None:
    modules = [import_module(m.name) for m in iter_modules(guards.__path__, f"{guards.__name__}.")]

    assert Counter(GUARDS) == Counter(module.check for module in modules)
    assert [check.__module__.rpartition(".")[2] for check in GUARDS] == list(CASES)


@pytest.mark.parametrize("module", CASES)
def test_a_guard_refuses_its_case_and_no_earlier_guard_does(module: str) -> None:
    place = [check.__module__ for check in GUARDS].index(f"{guards.__name__}.{module}")
    case = CASES[module]
    state, request = case.state(), case.request()
    context = plan_context(state, request)

    for check in GUARDS[:place]:
        check(context)
    with pytest.raises((GuardRefused, UnsupportedVersion)) as caught:
        GUARDS[place](context)
    with pytest.raises(type(caught.value)) as planned:
        plan_changes(state, request)

    assert case.says in caught.value.what
    assert caught.value.hint
    assert str(planned.value) == str(caught.value)
