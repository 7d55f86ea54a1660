"""Claims: who owns an entry, and what the registry may hold."""

from datetime import datetime, timezone

import pytest

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.errors import GuardRefused, InvalidInput
from crdb_sso.registry.claims import (
    SCHEMA_VERSION,
    Claim,
    Entry,
    Kind,
    Registry,
    found_key,
    lines_among,
    memberships_among,
    names_of,
    of_others,
    owned,
    read_registry,
)

USER, LINE = Entry(Kind.USER, "app"), Entry(Kind.LINE, "i s app")


def claim(entry: Entry, owner: str) -> Claim:
    return Claim(entry, owner, entry.name, found=False)


CLAIMS = (claim(USER, "dev"), claim(LINE, "dev"), claim(USER, "prod"))


@pytest.mark.parametrize(
    ("owners", "ours", "others"),
    [
        pytest.param({"dev"}, {USER: CLAIMS[0], LINE: CLAIMS[1]}, {USER: CLAIMS[2]}, id="one"),
        pytest.param({"prod"}, {USER: CLAIMS[2]}, {USER: CLAIMS[0], LINE: CLAIMS[1]}, id="other"),
        pytest.param({"stage"}, {}, {USER: CLAIMS[2], LINE: CLAIMS[1]}, id="nobody"),
        pytest.param({"dev", "prod"}, {USER: CLAIMS[2], LINE: CLAIMS[1]}, {}, id="two names"),
    ],
)
def test_a_claim_is_ours_or_somebody_elses(
    owners: set[str], ours: dict[Entry, Claim], others: dict[Entry, Claim]
) -> None:
    assert owned(CLAIMS, owners) == ours
    assert of_others(CLAIMS, owners) == others


def test_a_new_registry_has_no_claims_and_no_found_texts() -> None:
    registry = Registry("id")
    assert (registry.claims, registry.found_texts) == ((), {})


def test_an_entry_of_a_line_or_a_membership_says_what_it_stands_for() -> None:
    line, membership = MapLine("i", "s", "app"), Membership("readers", "app.orders")

    assert Entry.of(line) == LINE
    assert Entry.of(membership) == Entry(Kind.MEMBERSHIP, "readers app.orders")
    assert Entry(Kind.MEMBERSHIP, "readers app.orders").value == membership
    assert list(lines_among([USER, LINE])) == [line]
    assert list(memberships_among([LINE, Entry.of(membership)])) == [membership]
    assert USER.value == "app"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.LINE, "i s"),
        (Kind.LINE, "i s u v"),
        (Kind.MEMBERSHIP, "readers"),
        (Kind.MEMBERSHIP, "readers app orders"),
    ],
)
def test_an_impossible_line_or_membership_has_no_entry(kind: Kind, name: str) -> None:
    with pytest.raises(InvalidInput):
        Entry(kind, name)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("map line", "two fields"), ("membership", "readers"), ("grant", "all")],
)
def test_a_row_that_no_version_writes_is_named(kind: str, name: str) -> None:
    since = datetime(2026, 3, 1, tzinfo=timezone.utc)
    meta = {"schema_version": "2", "cluster_id": "id"}

    with pytest.raises(GuardRefused) as caught:
        read_registry("sso", meta, [(kind, name, "by hand", "", False, since)], {}, {}, retiring={})

    assert "the claim tables in database sso hold a claim o" in caught.value.what
    assert repr(name) in caught.value.what
    assert "by 'by hand', which this program never writes" in caught.value.what


@pytest.mark.parametrize("version", ["9" * 5_000, "²", "٣", "2.0", "-1", " 2", "", "two"])
def test_a_version_that_no_program_writes_is_named_in_short(version: str) -> None:
    with pytest.raises(GuardRefused) as caught:
        read_registry("sso", {"schema_version": version}, [], {}, {}, retiring={})

    assert "hold the schema_version " in caught.value.what
    assert len(caught.value.what) < 200


def test_entries_sort_by_kind_and_name() -> None:
    assert sorted([USER, LINE, Entry(Kind.KEY, "z")]) == [Entry(Kind.KEY, "z"), LINE, USER]


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        pytest.param(Kind.LINE, "i s u", "server.identity_map.configuration", id="a map line"),
        pytest.param(Kind.KEY, "k1", "server.jwt_authentication.jwks", id="a key"),
        pytest.param(
            Kind.ISSUER, "i", "server.jwt_authentication.issuers.configuration", id="an issuer"
        ),
        pytest.param(Kind.AUDIENCE, "a", "server.jwt_authentication.audience", id="an audience"),
        pytest.param(Kind.USER, "app", "user app", id="a user"),
        pytest.param(Kind.SETTING, "server.x", "server.x", id="a scalar"),
    ],
)
def test_found_texts_are_stored_by_setting_or_user(kind: Kind, name: str, expected: str) -> None:
    assert found_key(kind, name) == expected


def test_the_schema_is_version_two() -> None:
    assert SCHEMA_VERSION == 2


@pytest.mark.parametrize(
    ("renames", "expected"),
    [
        pytest.param({}, {"dev"}, id="no rename"),
        pytest.param({"dev": "new"}, {"dev", "new"}, id="to a new name"),
        pytest.param(
            {"old": "dev"}, {"dev"}, id="from an old name, which may belong to somebody else"
        ),
        pytest.param({"dev": "new", "new": "newer"}, {"dev", "new", "newer"}, id="twice"),
        pytest.param({"dev": "new", "new": "dev"}, {"dev", "new"}, id="there and back"),
        pytest.param({"prod": "stage"}, {"dev"}, id="of somebody else"),
    ],
)
def test_an_owner_has_names_that_its_state_does_not_remember_yet(
    renames: dict[str, str], expected: set[str]
) -> None:
    assert names_of({"dev"}, renames) == expected
