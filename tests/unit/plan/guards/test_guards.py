"""What is refused, with the error and its way out; a refused plan is not a plan."""

from collections.abc import Mapping

import pytest

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry
from tests.unit.cluster_model import Cluster, carried_out, planned, with_texts
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.request_strategies import wanted

IDP = "https://idp.example.com"
VENDOR = "https://cockroachlabs.cloud"
KEY = Entry(Kind.KEY, "k1")
ISSUER = Entry(Kind.ISSUER, IDP)
FETCHING = {Setting.AUTO_FETCH: LiveSetting(Setting.AUTO_FETCH.value, "true")}


def one_source(**changes: object) -> Desired:
    fields: dict[str, object] = {"issuer": IDP, "keys": {"k1": ec_key("k1")}} | changes
    return Desired({"idp": Source(**fields)}, {})  # type: ignore[arg-type] # a table's cells


def with_roles(*roles: str) -> Desired:
    return Desired({}, {"app": Login({}, frozenset(roles))})


def found(texts: Mapping[Setting, str], *claims: Claim) -> Cluster:
    """Return a cluster on which some owners, each known by its name, have claims and a state."""
    states = {
        owner: OwnerRequest(owner, {c.entry: c.text for c in claims if c.owner == owner})
        for owner in {claim.owner for claim in claims}
    }
    return Cluster(with_texts(texts), registry=Registry("id", claims), states=states)


def key_set(*keys: str) -> str:
    return f'{{"keys":[{",".join(keys)}]}}'


def claimed(entry: Entry, text: str = "", *, owner: str, found: bool = False) -> Claim:
    return Claim(entry, owner, text, found, instance=owner)


def is_refused(cluster: Cluster, wish: OwnerRequest, message: str, hint: str) -> None:
    with pytest.raises(GuardRefused) as caught:
        planned(cluster, wish)
    assert message in caught.value.what
    assert hint in caught.value.hint


def test_pinned_keys_are_refused_where_the_cluster_fetches_keys_itself() -> None:
    cluster = Cluster(with_texts({}) | FETCHING)
    is_refused(
        cluster,
        wanted("me", one_source()),
        "this cluster fetches keys itself (server.jwt_authentication.jwks_auto_fetch.enabled is on)"
        " and ignores pinned ones",
        "SET CLUSTER SETTING server.jwt_authentication.jwks_auto_fetch.enabled = false",
    )


def test_without_keys_a_cluster_may_fetch_them() -> None:
    cluster = Cluster(with_texts({}) | FETCHING)
    assert planned(cluster, wanted("me", one_source(keys={})))


@pytest.mark.parametrize(
    ("cluster", "whose"),
    [
        pytest.param(
            found({Setting.JWKS: key_set(ed_key("k1"))}),
            "put there by somebody outside these stacks",
            id="a foreign key",
        ),
        pytest.param(
            found({Setting.JWKS: ed_key("k1")}, claimed(KEY, ed_key("k1"), owner="shop/dev")),
            "put there by shop/dev",
            id="another owner's key",
        ),
        pytest.param(
            found({Setting.JWKS: '{"kid":"k1","kty":"EC","crv":"P-256K","x":"AA","y":"AA"}'}),
            "put there by somebody outside these stacks",
            id="a foreign key that can't be compared",
        ),
    ],
)
def test_a_kid_that_names_another_key_is_refused(cluster: Cluster, whose: str) -> None:
    is_refused(
        cluster,
        wanted("me", one_source(close_passthrough=True)),
        f"the kid 'k1' already names another key on this cluster, {whose}",
        "Let one of the issuers publish its key under another kid",
    )


@pytest.mark.parametrize(
    "cluster",
    [
        pytest.param(found({Setting.JWKS: key_set(ec_key("k1"))}), id="already there"),
        pytest.param(found({}, claimed(KEY, ec_key("k1"), owner="you")), id="also another owner's"),
        pytest.param(
            found({Setting.JWKS: ed_key("k1")}, claimed(KEY, ed_key("k1"), owner="me")),
            id="our own, which is replaced",
        ),
    ],
)
def test_a_kid_with_one_meaning_is_accepted(cluster: Cluster) -> None:
    after = carried_out(cluster, wanted("me", one_source()))
    assert after.text(Setting.JWKS) == key_set(ec_key("k1"))


def test_a_first_line_for_an_issuer_of_others_is_refused() -> None:
    is_refused(
        found({Setting.ISSUERS: f'["{IDP}"]'}),
        wanted("me", one_source()),
        f"issuer {IDP} is already trusted here without an identity map line: its raw subjects log"
        " in as the users of the same name, and a first line ends that",
        "set `close_passthrough` on the issuer if nobody relies on them",
    )


@pytest.mark.parametrize(
    ("cluster", "wish"),
    [
        pytest.param(found({}), one_source(), id="an issuer that is new here"),
        pytest.param(
            found({Setting.ISSUERS: IDP}), one_source(close_passthrough=True), id="with permission"
        ),
        pytest.param(
            found({Setting.ISSUERS: IDP, Setting.IDENTITY_MAP: f"{IDP} s u"}),
            one_source(),
            id="an issuer that has a line",
        ),
        pytest.param(
            found(
                {Setting.ISSUERS: IDP},
                claimed(ISSUER, owner="you"),
                claimed(Entry(Kind.LINE, f"{IDP} s u"), owner="you"),
            ),
            one_source(),
            id="an issuer of another owner that lost its line",
        ),
        pytest.param(
            found({Setting.ISSUERS: IDP}, claimed(ISSUER, owner="me")),
            one_source(),
            id="an issuer of ours that lost its line",
        ),
    ],
)
def test_an_issuer_may_get_its_line(cluster: Cluster, wish: Desired) -> None:
    after = carried_out(cluster, wanted("me", wish))
    assert f"{IDP} /[^" in after.text(Setting.IDENTITY_MAP)


def test_permission_for_one_issuer_does_not_close_another() -> None:
    wish = Desired(
        {
            "open": Source("https://open.example.com", close_passthrough=True),
            "idp": Source(IDP),
        },
        {},
    )
    is_refused(found({Setting.ISSUERS: IDP}), wanted("me", wish), f"issuer {IDP} is already", "")


def test_roles_that_do_not_exist_are_named_with_their_statements() -> None:
    is_refused(
        Cluster(roles=frozenset({"readers"})),
        wanted("me", with_roles("writers", "readers", "auditors")),
        "these roles do not exist on the cluster: auditors, writers",
        'Run: CREATE ROLE "auditors"; CREATE ROLE "writers";',
    )


def test_roles_that_exist_are_granted() -> None:
    cluster = Cluster(roles=frozenset({"readers"}))
    assert planned(cluster, wanted("me", with_roles("readers"))).announce.grants == (
        Membership("readers", "app"),
    )


def test_the_vendor_issuer_is_not_dropped() -> None:
    vendor = Desired(
        {"vendor": Source(VENDOR)}, {"app": Login({"a": Identity("vendor", "b", "c")})}
    )
    cluster = carried_out(Cluster(), wanted("me", vendor))
    is_refused(
        cluster,
        wanted("me"),
        f"this would drop {VENDOR}, which Cockroach Cloud's own logins rely on",
        "remove it from server.jwt_authentication.issuers.configuration by hand first",
    )


@pytest.mark.parametrize(
    ("cluster", "wish"),
    [
        pytest.param(found({Setting.ISSUERS: f'["{VENDOR}"]'}), one_source(), id="it stays"),
        pytest.param(
            carried_out(Cluster(), wanted("me", one_source())),
            Desired({}, {}),
            id="it was not there",
        ),
        pytest.param(Cluster(), one_source(issuer=VENDOR), id="it is added"),
    ],
)
def test_the_vendor_issuer_may_stay_or_be_added(cluster: Cluster, wish: Desired) -> None:
    assert planned(cluster, wanted("me", wish))
