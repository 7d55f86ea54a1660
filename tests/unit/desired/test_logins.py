"""What one stack wants, as entries of settings."""

import pytest

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.desired.logins import (
    NOTHING,
    Desired,
    Identity,
    Login,
    Source,
    identity_line,
    wanted_entries,
)
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.registry.claims import Entry, Kind

IDP = "https://idp.example.com"
CLOSED = r"https://idp.example.com /[^\x00-\x{10FFFF}] public"
ENABLED = Entry(Kind.SETTING, "server.jwt_authentication.enabled")
ORDERS = Identity("idp", "crdb", "orders")


def test_everything_that_a_login_needs_is_wanted_in_reading_order() -> None:
    logins = Desired(
        {"idp": Source(IDP, f"{IDP}/keys", {"k1": "{1}", "k2": "{2}"})},
        {"app": Login({"orders": ORDERS}, frozenset({"writers", "readers"}))},
    )

    assert list(wanted_entries(logins).items()) == [
        (Entry(Kind.USER, "app"), "LOGIN"),
        (Entry(Kind.MEMBERSHIP, "readers app"), ""),
        (Entry(Kind.MEMBERSHIP, "writers app"), ""),
        (Entry(Kind.LINE, f"{IDP} orders app"), f"{IDP} orders app"),
        (Entry(Kind.AUDIENCE, "crdb"), "crdb"),
        (Entry(Kind.ISSUER, IDP), f"{IDP}/keys"),
        (Entry(Kind.KEY, "k1"), "{1}"),
        (Entry(Kind.KEY, "k2"), "{2}"),
        (ENABLED, "true"),
    ]


def test_an_issuer_that_no_identity_uses_is_closed() -> None:
    assert list(wanted_entries(Desired({"idp": Source(IDP)}, {})).items()) == [
        (Entry(Kind.LINE, CLOSED), CLOSED),
        (Entry(Kind.ISSUER, IDP), ""),
        (ENABLED, "true"),
    ]


def test_an_issuer_that_another_source_uses_is_not_closed() -> None:
    logins = Desired({"idp": Source(IDP), "again": Source(IDP)}, {"app": Login({"orders": ORDERS})})
    assert [e.name for e in wanted_entries(logins) if e.kind is Kind.LINE] == [f"{IDP} orders app"]


@pytest.mark.parametrize(
    ("logins", "expected"),
    [
        pytest.param(NOTHING, {}, id="a destroyed stack"),
        pytest.param(
            Desired({}, {"app": Login({}, may_login=False)}),
            {Entry(Kind.USER, "app"): "NOLOGIN"},
            id="a login that is shut out",
        ),
        pytest.param(Desired({}, {}, enabled=False), {}, id="no source, no switch"),
        pytest.param(
            Desired({"idp": Source(IDP)}, {}, enabled=False),
            {
                Entry(Kind.LINE, CLOSED): CLOSED,
                Entry(Kind.ISSUER, IDP): "",
                ENABLED: "false",
            },
            id="switched off",
        ),
    ],
)
def test_what_small_wishes_want(logins: Desired, expected: dict[Entry, str]) -> None:
    assert wanted_entries(logins) == expected


def test_one_subject_may_open_two_logins_and_one_login_two_subjects() -> None:
    batch = Identity("idp", "crdb", r"/^batch-\d+$")
    logins = Desired(
        {"idp": Source(IDP)},
        {"app": Login({"orders": ORDERS, "batch": batch}), "audit": Login({"orders": ORDERS})},
    )
    assert [e.name for e in wanted_entries(logins) if e.kind is Kind.LINE] == [
        f"{IDP} orders app",
        f"{IDP} /^batch-\\d+$ app",
        f"{IDP} orders audit",
    ]


def test_a_line_names_issuer_subject_and_user() -> None:
    logins = Desired({"idp": Source(IDP)}, {})
    assert identity_line(logins, "app", ORDERS) == MapLine(IDP, "orders", "app")


@pytest.mark.parametrize("subject", ["/^foo(?m)$", r"/^\Qfoo$", "/^(?<n>a)$"])
def test_a_subject_of_an_older_version_can_still_be_taken_away(subject: str) -> None:
    identity = Identity("idp", "crdb", subject)
    logins = Desired({"idp": Source(IDP)}, {"app": Login({"old": identity})})

    assert Entry.of(MapLine(IDP, subject, "app")) in wanted_entries(logins)


@pytest.mark.parametrize(
    "desired",
    [
        pytest.param(Desired({"idp": Source(UNKNOWN)}, {}), id="issuer"),
        pytest.param(Desired({"idp": Source(IDP, UNKNOWN)}, {}), id="address of keys"),
        pytest.param(Desired({"idp": Source(IDP, keys={"k1": UNKNOWN})}, {}), id="key"),
        pytest.param(Desired({"idp": Source(IDP)}, {}, claim=UNKNOWN), id="claim"),
        pytest.param(
            Desired({"idp": Source(IDP)}, {"a": Login({"x": Identity("idp", "c", UNKNOWN)})}),
            id="subject",
        ),
        pytest.param(Desired({}, {}, group_sync=GroupSync(UNKNOWN)), id="group claim"),
    ],
)
def test_unknown_values_make_no_entries(desired: Desired) -> None:
    with pytest.raises(ValueError, match="not known yet can't be written"):
        wanted_entries(desired)
