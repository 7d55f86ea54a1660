"""Claims: who owns an entry."""

from datetime import datetime, timedelta, timezone

import pytest

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.errors import InvalidInput
from crdb_sso.registry.claims import (
    SCHEMA_VERSION,
    Claim,
    Entry,
    Kind,
    Owner,
    Registry,
    found_key,
    lines_among,
    memberships_among,
    of_others,
    owned,
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


def test_the_schema_is_version_three() -> None:
    assert SCHEMA_VERSION == 3


def test_the_holders_of_a_name_are_uuids_and_the_name_of_older_rows() -> None:
    begun = datetime(2026, 3, 1, tzinfo=timezone.utc)
    owners = {uuid: Owner(uuid, name, begun) for uuid, name in [("1", "dev"), ("2", "prod")]}

    assert Registry("id", owners=owners).holders_named("dev") == {"1", "dev"}
    assert Registry("id").holders_named("dev") == {"dev"}


@pytest.mark.parametrize(
    ("completed_after_s", "expected"), [(None, False), (-1, False), (0, True), (1, True)]
)
def test_a_change_is_complete_once_it_ended(
    completed_after_s: int | None, *, expected: bool
) -> None:
    begun = datetime(2026, 3, 1, tzinfo=timezone.utc)
    ended = None if completed_after_s is None else begun + timedelta(seconds=completed_after_s)

    assert Owner("1", "dev", begun, ended).is_complete is expected


def test_a_claim_with_a_uuid_wins_over_an_older_row() -> None:
    newer = Claim(USER, "dev", "NOLOGIN", found=False, instance="1")

    assert owned([newer, *CLAIMS], {"1", "dev"})[USER] == newer
    assert (newer.holder, CLAIMS[0].holder) == ("1", "dev")
