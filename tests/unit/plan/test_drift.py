"""What a cluster still has of what a stack wrote."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.desired.remembered import Remembered, Retiring
from crdb_sso.plan.drift import Observed, ObservedLogin, ObservedSource, observed
from crdb_sso.plan.inputs import ClusterState, LiveUser
from crdb_sso.registry.claims import Claim, Entry, Kind
from tests.unit.cluster_model import Cluster, carried_out
from tests.unit.cluster_versions import BEFORE_26_1
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.observations import all_there, shown_by
from tests.unit.request_strategies import wanted

IDP, IDLE = "https://idp.example.com", "https://idle.example.com"
CLOSED = r"https://idle.example.com /[^\x00-\x{10FFFF}] public"
KEYS = {"k1": ec_key("k1"), "k2": ed_key("k2")}
ORDERS, BATCH = Identity("idp", "crdb", "orders"), Identity("idp", "other", "batch")
APP = Login({"orders": ORDERS, "batch": BATCH}, frozenset({"readers", "writers"}))
LOGINS = Desired(
    {"idp": Source(IDP, f"{IDP}/keys", KEYS), "idle": Source(IDLE)},
    {"app": APP, "idle": Login({}, may_login=False)},
)
WISH = wanted("me", LOGINS, "my uuid")
AS_WRITTEN = Observed(
    sources={"idp": ObservedSource(KEYS), "idle": ObservedSource({})},
    logins={
        "app": ObservedLogin({"orders": "crdb", "batch": "other"}, APP.roles),
        "idle": ObservedLogin({}, may_login=False),
    },
    scalars={Setting.ENABLED: "true"},
    sso_only=None,
    leftovers=(),
    retiring={},
)
CLUSTER = carried_out(Cluster(roles=frozenset({"readers", "writers"})), WISH)

Texts = Mapping[Setting, str]


def look(
    texts: Texts | None = None, users: Mapping[str, LiveUser] | None = None, owner: str = "me"
) -> Observed:
    """Return what is seen of `LOGINS` after manual edits."""
    cluster = CLUSTER
    for setting, text in (texts or {}).items():
        cluster = cluster.edited(setting, text)
    cluster = replace(cluster, users={**cluster.users, **(users or {})})
    known = cluster.known(wanted(owner, LOGINS))
    return observed(Remembered(LOGINS), cluster.live_for(known), known.holders)


def with_app(login: ObservedLogin) -> Observed:
    return replace(AS_WRITTEN, logins={**AS_WRITTEN.logins, "app": login})


def with_source(name: str, source: ObservedSource) -> Observed:
    return replace(AS_WRITTEN, sources={**AS_WRITTEN.sources, name: source})


ALL_OF_APP = AS_WRITTEN.logins["app"]


def test_everything_that_is_as_written_is_seen() -> None:
    assert look() == AS_WRITTEN


def test_foreign_additions_are_not_drift() -> None:
    text = CLUSTER.text(Setting.IDENTITY_MAP)
    assert (
        look(
            {
                Setting.IDENTITY_MAP: f"# note\n{text}https://theirs s u\n",
                Setting.JWKS: f'{{"keys":[{ed_key("theirs")},{KEYS["k2"]},{KEYS["k1"]}],"x":1}}',
                Setting.ISSUERS: f'["a","{IDLE}","{IDP}"]',
                Setting.AUDIENCE: '["theirs","other","crdb"]',
            },
            {"app": LiveUser(may_login=True, roles=frozenset({"readers", "writers", "theirs"}))},
        )
        == AS_WRITTEN
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(
            {Setting.IDENTITY_MAP: f"{IDP} batch app\n{CLOSED}"},
            with_app(replace(ALL_OF_APP, identities={"batch": "other"})),
            id="a map line",
        ),
        pytest.param(
            {Setting.IDENTITY_MAP: f"{IDP} orders app\n{IDP} batch app"},
            with_source("idle", ObservedSource({}, is_trusted=False)),
            id="the line that closes an issuer",
        ),
        pytest.param(
            {Setting.AUDIENCE: "crdb"},
            with_app(replace(ALL_OF_APP, identities={"orders": "crdb", "batch": ""})),
            id="an audience",
        ),
        pytest.param(
            {Setting.ISSUERS: IDP},
            with_source("idle", ObservedSource({}, is_trusted=False)),
            id="an issuer",
        ),
        pytest.param(
            {Setting.JWKS: KEYS["k2"]},
            with_source("idp", ObservedSource({"k2": KEYS["k2"]})),
            id="a key",
        ),
        pytest.param(
            {Setting.JWKS: f'{{"keys":[{KEYS["k1"]},{ec_key("k2")}]}}'},
            with_source("idp", ObservedSource({**KEYS, "k2": ec_key("k2")})),
            id="a key that was replaced",
        ),
    ],
)
def test_what_is_gone_from_the_settings_is_not_seen(texts: Texts, expected: Observed) -> None:
    assert look(texts) == expected


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        pytest.param(
            LiveUser(may_login=True, roles=frozenset({"readers"})),
            replace(ALL_OF_APP, roles=frozenset({"readers"})),
            id="a membership",
        ),
        pytest.param(
            LiveUser(may_login=False, roles=APP.roles),
            replace(ALL_OF_APP, may_login=False),
            id="the login state",
        ),
    ],
)
def test_what_is_gone_from_a_user_is_not_seen_at_its_login(
    user: LiveUser, expected: ObservedLogin
) -> None:
    assert look(users={"app": user}) == with_app(expected)


RESPELLED = {
    Setting.IDENTITY_MAP: f"{IDP} ORDERS app\n{IDP} batch app\n{CLOSED}",
}


def test_a_line_in_other_case_is_not_drift_where_case_does_not_count() -> None:
    assert look(RESPELLED) == AS_WRITTEN


def test_a_line_in_other_case_is_drift_where_case_counts() -> None:
    cluster = replace(CLUSTER.edited(*next(iter(RESPELLED.items()))), version=BEFORE_26_1)
    known = cluster.known(wanted("me", LOGINS))

    seen = observed(Remembered(LOGINS), cluster.live_for(known), known.holders)

    assert seen == with_app(replace(ALL_OF_APP, identities={"batch": "other"}))


def test_a_dropped_user_is_a_missing_login() -> None:
    users = {name: user for name, user in CLUSTER.users.items() if name != "app"}
    live = replace(CLUSTER, users=users).live_for(WISH)

    assert observed(Remembered(LOGINS), live, {"my uuid"}) == replace(
        AS_WRITTEN, logins={"idle": AS_WRITTEN.logins["idle"]}
    )


@pytest.mark.parametrize(
    ("remembered", "expected"),
    [
        pytest.param(LOGINS, {Setting.ENABLED: "false"}, id="seen where a source needs it"),
        pytest.param(Desired({}, {}, enabled=True), {}, id="not ours without a source"),
    ],
)
def test_a_switch_that_somebody_turned_off_is_seen(
    remembered: Desired, expected: Mapping[Setting, str]
) -> None:
    off = {Setting.ENABLED: LiveSetting(Setting.ENABLED.value, "false")}
    live = ClusterState({**CLUSTER.settings, **off})

    assert observed(Remembered(remembered), live, "me").scalars == expected


def test_what_an_unfinished_change_left_is_listed() -> None:
    small = Desired({"idle": Source(IDLE)}, {})

    left = observed(Remembered(small), CLUSTER.live_for(WISH), {"my uuid"})

    assert left == replace(
        AS_WRITTEN,
        sources={"idle": ObservedSource({})},
        logins={},
        leftovers=(
            "audience crdb",
            "audience other",
            f"issuer {IDP}",
            "key k1",
            "key k2",
            f"map line {IDP} batch app",
            f"map line {IDP} orders app",
            "membership readers app",
            "membership writers app",
            "user app",
            "user idle",
        ),
    )


def test_what_another_owner_claims_is_not_left_over() -> None:
    live = CLUSTER.live_for(WISH)
    small = Remembered(Desired({"idle": Source(IDLE)}, {}))
    assert observed(small, live, "you").leftovers == ()


def test_a_claim_on_what_is_not_there_is_not_left_over() -> None:
    registry = CLUSTER.registry
    assert registry is not None
    gone = [
        Claim(Entry(Kind.USER, "gone"), "me", "LOGIN", found=False),
        Claim(Entry(Kind.MEMBERSHIP, "readers gone"), "me", "", found=False),
        Claim(Entry(Kind.MEMBERSHIP, "others app"), "me", "", found=False),
        Claim(Entry(Kind.KEY, "gone"), "me", "", found=False),
        Claim(Entry(Kind.SETTING, Setting.ENABLED.value), "me", "true", found=False),
    ]
    live = replace(CLUSTER.live_for(WISH), registry=replace(registry, claims=tuple(gone)))

    assert observed(Remembered(LOGINS), live, {"my uuid"}).leftovers == ()


DUE = datetime(2026, 11, 26, 6, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        pytest.param(DUE, {"idp": {"k2": DUE}}, id="as the cluster says"),
        pytest.param(None, {}, id="the claim has no end"),
    ],
)
def test_a_retired_key_is_seen_with_its_end_and_is_not_left_over(
    until: datetime | None, expected: Retiring
) -> None:
    source = Source(IDP, f"{IDP}/keys", {"k1": KEYS["k1"]})
    remembered = Remembered(
        replace(LOGINS, sources={**LOGINS.sources, "idp": source}),
        retiring={"idp": {"k2": DUE - timedelta(1), "gone": DUE}},
    )
    registry = CLUSTER.registry
    assert registry is not None
    claims = [replace(c, until=until) if c.entry.name == "k2" else c for c in registry.claims]
    live = replace(CLUSTER.live_for(WISH), registry=replace(registry, claims=tuple(claims)))

    assert observed(remembered, live, {"my uuid"}) == replace(
        with_source("idp", ObservedSource({"k1": KEYS["k1"]})), retiring=expected
    )


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        pytest.param({}, True, id="as written"),
        pytest.param({Setting.AUTO_FETCH: "false"}, False, id="switched off"),
        pytest.param(
            {Setting.TIMEOUT: "15s"}, False, id="with a limit that lets a slow issuer block others"
        ),
    ],
)
def test_whether_nodes_fetch_keys_is_seen(edited: Mapping[Setting, str], *, expected: bool) -> None:
    desired = Desired({"idp": Source(IDP)}, {}, fetched=True)
    shown = all_there(desired)

    assert shown_by(carried_out(Cluster(), wanted("me", desired)), desired) == shown
    assert replace(shown, scalars={**shown.scalars, **edited}).is_fetching is expected
