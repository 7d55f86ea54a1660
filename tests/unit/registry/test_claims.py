import pytest

from crdb_sso.registry.claims import (
    SCHEMA_VERSION,
    Claim,
    Entry,
    Kind,
    Registry,
    found_key,
    names_of,
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
def test_what_was_found_is_kept_by_setting_or_user(kind: Kind, name: str, expected: str) -> None:
    assert found_key(kind, name) == expected


def test_the_schema_is_version_two() -> None:
    assert SCHEMA_VERSION == 2


@pytest.mark.parametrize(
    ("renames", "expected"),
    [
        pytest.param({}, {"dev"}, id="no rename"),
        pytest.param({"dev": "new"}, {"dev", "new"}, id="to a new name"),
        pytest.param({"old": "dev"}, {"dev"}, id="from an old name, which may be another's by now"),
        pytest.param({"dev": "new", "new": "newer"}, {"dev", "new", "newer"}, id="twice"),
        pytest.param({"dev": "new", "new": "dev"}, {"dev", "new"}, id="there and back"),
        pytest.param({"prod": "stage"}, {"dev"}, id="of somebody else"),
    ],
)
def test_an_owner_has_the_names_that_its_state_does_not_know_yet(
    renames: dict[str, str], expected: set[str]
) -> None:
    assert names_of({"dev"}, renames) == expected
