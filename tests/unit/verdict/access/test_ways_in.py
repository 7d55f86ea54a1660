"""Who can log in as whom, out of what a cluster shows."""

from collections.abc import Mapping

import pytest

from crdb_sso.registry.claims import Claim, Entry, Kind, Registry
from crdb_sso.verdict.access.views import AccessView, Account
from crdb_sso.verdict.access.ways_in import How, Obstacle, WayIn, ways_in
from crdb_sso.verdict.access.whose import Origin
from tests.unit.verdict.logins import ISSUER, JWT, MAP, PROVISIONING, cluster

ACCOUNTS = {
    "root": Account(roles=frozenset({"admin"})),
    "admin": Account(may_login=False),
    "app": Account(roles=frozenset({"rw"})),
    "shut": Account(may_login=False),
}
OWNER = "org/shop/prod/sso"


def view(
    lines: str = "",
    version: str = "25.2",
    *,
    accounts: Mapping[str, Account] | None = ACCOUNTS,
    claims: tuple[Claim, ...] = (),
    sees_claims: bool = True,
    settings: Mapping[str, str] | None = None,
) -> AccessView:
    """A cluster that trusts ISSUER, with lines for it."""
    texts = {MAP: lines, **(settings or {})}
    registry = Registry("id", claims) if claims else None
    seen = cluster(version, settings=texts)
    return AccessView(seen, accounts, registry, sees_claims=sees_claims)


def told(ways: tuple[WayIn, ...]) -> list[tuple[str, str, str, str]]:
    return [(way.issuer, way.how.value, way.subject, way.user) for way in ways]


def claim(entry: Entry, *, found: bool = False) -> Claim:
    return Claim(entry, OWNER, "", found)


def test_a_line_leads_from_a_subject_of_an_issuer_to_a_user():
    (way,) = ways_in(view(f"# ours\n{ISSUER} orders-service app"))

    assert told((way,)) == [(ISSUER, "subject", "orders-service", "app")]
    assert (way.line, way.template, way.account, way.works) == (2, "app", ACCOUNTS["app"], True)


def test_a_trusted_issuer_without_lines_leads_to_every_user_who_may_log_in():
    ways = ways_in(view())

    assert told(ways) == [(ISSUER, "name", "", "app")]
    assert ways[0].is_open


@pytest.mark.parametrize(
    ("subject", "template"),
    [
        pytest.param(r"/^[0-9\pL]{1,999}$", "app", id="as large as Go takes"),
        pytest.param("/^" + r"\pL{1,1000}" * 6, "app", id="too large to be judged"),
        pytest.param("/^(" + r"\pL{1,1000}" * 6 + ")", r"\1", id="the same, with a group"),
    ],
)
def test_a_pattern_that_the_cluster_may_take_is_a_way(subject: str, template: str):
    (way,) = ways_in(view(f"{ISSUER} {subject} {template}"))

    assert (way.how, way.user, way.works) == (How.PATTERN, "app", True)


@pytest.mark.parametrize(
    ("line", "users"),
    [
        (rf"{ISSUER} /^(.*)@example\.com$ \1", ["app"]),
        (rf"{ISSUER} /^svc-([a-o]+)$ \1", [""]),
        (rf"{ISSUER} /^([a-z]+)-svc$ a\1", ["app"]),
        (rf"{ISSUER} /^x$ app\1", ["app"]),
        (f"{ISSUER} /.* app", ["app"]),
        (rf"{ISSUER} x \1", [r"\1"]),
    ],
)
def test_a_group_leads_to_the_users_that_it_can_make(line, users):
    assert [way.user for way in ways_in(view(line))] == users


@pytest.mark.parametrize(
    ("text", "obstacle"),
    [
        ("https://other.example.com x app", Obstacle.NOT_TRUSTED),
        (f"{ISSUER} x gone", Obstacle.NO_USER),
        (f"{ISSUER} x shut", Obstacle.NO_LOGIN),
        (f"{ISSUER} x root", Obstacle.RESERVED_USER),
        (f"{ISSUER} x pg_x", Obstacle.RESERVED_USER),
        (f"{ISSUER} /(x app", Obstacle.MATCHES_NOBODY),
    ],
)
def test_what_is_in_the_way_of_a_line_is_said(text, obstacle):
    ways = ways_in(view(f"{ISSUER} fine app\n{text}"))

    assert {way.line: way.obstacles for way in ways} == {1: (), 2: (obstacle,)}


def test_the_line_that_keeps_an_issuer_closed_matches_nobody():
    (way,) = ways_in(view(rf"{ISSUER} /[^\x00-\x{{10FFFF}}] public"))

    assert way.obstacles == (Obstacle.MATCHES_NOBODY, Obstacle.RESERVED_USER)


@pytest.mark.parametrize(
    ("settings", "obstacle"),
    [
        ({JWT + "enabled": "false"}, Obstacle.OFF),
        ({JWT + "jwks": '{"keys":[]}'}, Obstacle.NO_KEYS),
        ({JWT + "jwks": "nonsense"}, Obstacle.NO_KEYS),
    ],
)
def test_what_keeps_everybody_out_is_in_every_way(settings, obstacle):
    assert ways_in(view(f"{ISSUER} x app", settings=settings))[0].obstacles == (obstacle,)


def test_nodes_that_fetch_keys_need_none_that_are_pinned():
    settings = {JWT + "jwks": '{"keys":[]}', JWT + "jwks_auto_fetch.enabled": "true"}

    assert ways_in(view(f"{ISSUER} x app", settings=settings))[0].works


def test_an_unset_list_of_issuers_trusts_tokens_without_issuer_only_if_keys_are_pinned():
    assert told(ways_in(view(settings={JWT + "issuers.configuration": ""}))) == [
        ("", "name", "", "app")
    ]
    assert ways_in(view(settings={JWT + "issuers.configuration": "", JWT + "jwks": ""})) == ()
    assert (
        ways_in(view(settings={JWT + "issuers.configuration": "", JWT + "enabled": "false"})) == ()
    )


def test_where_logins_make_users_a_missing_one_is_no_obstacle():
    lines = f"{ISSUER} x new\n{ISSUER} y no@name"
    new, bad = ways_in(view(lines, "25.4", settings={PROVISIONING: "true"}))

    assert (new.user, new.is_made, new.obstacles) == ("new", True, ())
    assert (bad.is_made, bad.obstacles) == (False, (Obstacle.NO_USER,))
    raw = ways_in(view("", "25.4", settings={PROVISIONING: "true"}))
    assert [(way.user, way.is_made) for way in raw] == [("", True), ("app", False)]


def test_before_25_4_no_login_makes_a_user():
    (way,) = ways_in(view(f"{ISSUER} x new", "25.2", settings={PROVISIONING: "true"}))

    assert way.obstacles == (Obstacle.NO_USER,)


@pytest.mark.parametrize(
    ("found", "origin"), [(False, Origin.OWNER), (True, Origin.FOUND), (None, Origin.BY_HAND)]
)
def test_a_line_and_its_user_are_of_whoever_claimed_them(found, origin):
    entries = (Entry(Kind.LINE, f"{ISSUER} x app"), Entry(Kind.USER, "app"))
    claims = () if found is None else tuple(claim(entry, found=found) for entry in entries)
    (way,) = ways_in(view(f"{ISSUER}   x app", claims=claims))

    owners = () if found is None else (OWNER,)
    assert (way.line_whose.origin, way.line_whose.owners) == (origin, owners)
    assert (way.user_whose.origin, way.user_whose.owners) == (origin, owners)


def test_from_26_1_on_a_line_in_other_case_is_of_the_same_stack():
    claims = (claim(Entry(Kind.LINE, f"{ISSUER} Batch app")),)

    assert ways_in(view(f"{ISSUER} batch app", claims=claims))[0].line_whose.owners == ()
    (way,) = ways_in(view(f"{ISSUER} batch app", "26.1", claims=claims))
    assert way.line_whose.owners == (OWNER,)


def test_an_issuer_without_lines_is_of_whoever_claimed_the_issuer():
    (way,) = ways_in(view(claims=(claim(Entry(Kind.ISSUER, ISSUER)),)))

    assert way.line_whose.owners == (OWNER,)


def test_what_is_not_seen_is_not_called_absent():
    (way,) = ways_in(view(f"{ISSUER} x app", accounts=None, sees_claims=False))

    assert (way.account, way.obstacles, way.line_whose.origin) == (None, (), Origin.UNSEEN)
    assert told(ways_in(view(accounts=None))) == [(ISSUER, "name", "", "")]


def test_hidden_settings_are_named_and_nothing_is_made_of_them():
    hidden = view(
        "<redacted>",
        settings={JWT + "issuers.configuration": "<redacted>", JWT + "jwks": "<redacted>"},
    )

    assert ways_in(hidden) == ()
    assert [spot.split(" is hidden")[0] for spot in hidden.blind_spots] == [
        "Setting server.jwt_authentication.jwks",
        "Setting server.jwt_authentication.issuers.configuration",
        "Setting server.identity_map.configuration",
    ]
    (way,) = ways_in(
        view(f"{ISSUER} x app", settings={JWT + "issuers.configuration": "<redacted>"})
    )
    assert way.obstacles == ()


def test_a_version_that_is_not_known_yet_is_said():
    assert view("", "99.1").blind_spots == (
        "Version 99.1 is newer than this program knows: judged as 26.4.",
    )


def test_who_a_way_takes_depends_on_case_where_the_cluster_does():
    (way,) = ways_in(view(f"{ISSUER} Batch app"))

    assert way.how is How.SUBJECT
    assert way.user_of("batch", folds_case=False) is None
    assert way.user_of("batch", folds_case=True) == "app"


@pytest.mark.parametrize(
    ("line", "users"),
    [(None, {"app", "else"}), (rf"{ISSUER} /^(a\w*)$ \1", {"app"}), (f"{ISSUER} x app", {"app"})],
)
def test_a_way_may_lead_to_users_that_are_not_seen(line, users):
    (way,) = ways_in(view(line or "", accounts=None))

    assert {user for user in ("app", "else") if way.may_be(user)} == users
