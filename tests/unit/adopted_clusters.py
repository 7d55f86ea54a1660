"""Clusters that were set up by hand, for tests of adoption."""

from collections.abc import Mapping

from crdb_sso.adopt.adoption import AdoptedLogin, Adoption, Principal
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.plan.inputs import ClusterState, LiveUser
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry
from tests.unit.cluster_model import with_texts
from tests.unit.named_keys import ec_key

ISSUER = "https://idp.example.com"
LINE = f"{ISSUER} orders app_orders"
KEY = ec_key("k1")
OTHER = "acme/shop/prod/sso"
ORDERS = AdoptedLogin((Principal(ISSUER, "orders"),))

TEXTS = {
    Setting.ENABLED: "true",
    Setting.JWKS: f'{{"keys":[{KEY}]}}',
    Setting.ISSUERS: ISSUER,
    Setting.AUDIENCE: "crdb",
    Setting.IDENTITY_MAP: LINE,
}


def by_hand(
    texts: Mapping[Setting, str] | None = None,
    users: Mapping[str, LiveUser] | None = None,
    *claims: Claim,
) -> ClusterState:
    """Return a cluster with one login, changed in some settings."""
    return ClusterState(
        with_texts({**TEXTS, **(texts or {})}),
        Registry("the-cluster", claims) if claims else None,
        users if users is not None else {"app_orders": LiveUser(may_login=True)},
    )


def fetching(text: str) -> dict[Setting, LiveSetting]:
    """Return the switch by which a cluster fetches keys itself."""
    return {Setting.AUTO_FETCH: LiveSetting(Setting.AUTO_FETCH.value, text)}


def claimed(kind: Kind, name: str, text: str = "") -> Claim:
    return Claim(Entry(kind, name), OTHER, text or name, found=False)


def reasons(adoption: Adoption) -> dict[str, str]:
    """Return why each thing stays foreign."""
    return {thing.what: thing.reason for thing in adoption.foreign}
