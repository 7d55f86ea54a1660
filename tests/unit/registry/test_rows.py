"""Rows of the claim tables are input: what no stack would write is left alone and named."""

from datetime import datetime, timezone
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.hba import Door
from crdb_sso.desired.forced_sso import claim_text
from crdb_sso.errors import GuardRefused, UnsupportedVersion
from crdb_sso.registry.claims import Claim, Entry, Kind, Owner, Registry
from crdb_sso.registry.rows import RegistryRows, read_registry
from tests.unit.named_keys import ec_key, ed_key

SINCE = datetime(2026, 3, 1, tzinfo=timezone.utc)
META = {"schema_version": "3", "cluster_id": "id"}
LINE = "https://idp.example.com orders app"
CLOSED = r"https://idp.example.com /[^\x00-\x{10FFFF}] public"
DOORS = claim_text({Door("ops"): "cert"})
RULES = "server.host_based_authentication.configuration"
SYMMETRIC = '{"kty":"oct","kid":"k1","k":"c2VjcmV0"}'


def read(*rows: tuple[str, str, str], holder: str = "uuid", schema: str = "3") -> Registry:
    stored = [(kind, name, holder, text, False, SINCE) for kind, name, text in rows]
    owners = [("uuid", "acme/shop/dev/sso", SINCE, None)]
    found = read_registry(
        "sso", RegistryRows({**META, "schema_version": schema}, stored, {}, owners)
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    "row",
    [
        ("issuer", "https://idp.example.com", "https://idp.example.com/keys"),
        ("issuer", "https://idp.example.com", ""),
        ("audience", "crdb", "crdb"),
        ("key", "k1", ec_key("k1")),
        ("map line", LINE, LINE),
        ("map line", CLOSED, CLOSED),
        ("user", "app", "NOLOGIN"),
        ("membership", "readers app", ""),
        ("setting", "server.jwt_authentication.enabled", "true"),
        ("setting", "server.jwt_authentication.claim", "email"),
        ("setting", RULES, DOORS),
    ],
)
def test_what_a_stack_writes_is_read(row: tuple[str, str, str]) -> None:
    registry = read(row)

    kind, name, text = row
    entry = Entry(Kind(kind), name)
    assert registry.claims == (Claim(entry, "", text, found=False, instance="uuid"),)
    assert registry.claims[0].owner == "acme/shop/dev/sso"
    assert registry.unreadable == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(("grant", "all", ""), "there is no such entry", id="unknown kind"),
        pytest.param(("map line", "two fields", ""), "there is no such entry", id="no line"),
        pytest.param(
            ("map line", LINE, "https://evil.example.com /^.*$ boss"),
            "something else",
            id="a line behind a harmless name",
        ),
        pytest.param(
            ("map line", "https://i /.*/ boss", "https://i /.*/ boss"), "anchored", id="any subject"
        ),
        pytest.param(("map line", "https://i s BOSS", "https://i s BOSS"), "stores it", id="case"),
        pytest.param(("key", "k1", SYMMETRIC), "symmetric", id="a symmetric key"),
        pytest.param(("key", "k1", ed_key("k2")), "kid", id="another kid"),
        pytest.param(("key", "k1", "{"), "JSON", id="no key"),
        pytest.param(("issuer", "https://i # x", ""), "can't carry", id="no issuer"),
        pytest.param(("issuer", "https://i", "http://i"), "https", id="an insecure address"),
        pytest.param(("audience", "crdb", "other"), "something else", id="another audience"),
        pytest.param(("user", "root", "LOGIN"), "reserved", id="root"),
        pytest.param(("user", "app", "SUPERUSER"), "login state", id="another state"),
        pytest.param(("membership", "admin root", ""), "reserved", id="a member that is reserved"),
        pytest.param(("membership", "admin", ""), "there is no such entry", id="no membership"),
        pytest.param(
            ("setting", "server.shutdown", "1"), "no such setting", id="a setting of others"
        ),
        pytest.param(
            ("setting", "server.jwt_authentication.enabled", "maybe"), "not a value", id="a value"
        ),
        pytest.param(("setting", RULES, "host all all all trust"), "block", id="no block"),
        pytest.param(
            ("setting", RULES, DOORS.replace("cert", "trust")), "trust", id="a door without proof"
        ),
        pytest.param(("certificate", "ab", "text"), "certificate", id="no certificate"),
    ],
)
def test_what_no_stack_writes_is_left_alone_and_named_with_its_owner(
    row: tuple[str, str, str], reason: str
) -> None:
    fine = ("audience", "crdb", "crdb")

    registry = read(row, fine)

    assert [claim.entry.name for claim in registry.claims] == ["crdb"]
    (line,) = registry.unreadable
    assert f"{row[0]} '{row[1]}', claimed by acme/shop/dev/sso: " in line
    assert reason in line


def test_a_flawed_claim_stays_known_to_an_owner_that_remembers_it() -> None:
    line = "https://i /.*/ boss"
    registry = read(("map line", line, line))

    assert [claim.entry.name for claim in registry.flawed] == [line]


def test_a_row_without_a_uuid_belongs_to_the_name_it_has() -> None:
    (claim,) = read(("audience", "crdb", "crdb"), holder="org/old/dev/sso", schema="2").claims

    assert (claim.instance, claim.owner, claim.holder) == ("", "org/old/dev/sso", "org/old/dev/sso")


def test_owners_are_read_with_their_last_change() -> None:
    assert read().owners == {"uuid": Owner("uuid", "acme/shop/dev/sso", SINCE)}


def test_a_registry_that_was_never_finished_is_none() -> None:
    assert read_registry("sso", RegistryRows({})) is None


def test_a_newer_registry_is_left_alone() -> None:
    with pytest.raises(UnsupportedVersion, match="are of version 4; this program knows up to 3"):
        read_registry("sso", RegistryRows({**META, "schema_version": "4"}))


@pytest.mark.parametrize("version", ["9" * 5_000, "²", "٣", "2.0", "-1", " 2", "", "two"])
def test_a_version_that_no_program_writes_is_named_in_short(version: str) -> None:
    with pytest.raises(GuardRefused) as caught:
        read_registry("sso", RegistryRows({"schema_version": version}))

    assert "hold the schema_version " in caught.value.what
    assert len(caught.value.what) < 200


def test_a_registry_without_the_name_of_its_cluster_is_refused() -> None:
    with pytest.raises(GuardRefused, match="hold no cluster_id"):
        read_registry("sso", RegistryRows({"schema_version": "3"}))


kinds = st.sampled_from([kind.value for kind in Kind]) | st.text(max_size=8)
words = st.text(max_size=12) | st.sampled_from(
    [" ".join(words) for words in product(["https://i", "admin"], ["s", "/^a$"], ["app", "root"])]
)


@given(st.lists(st.tuples(kinds, words, words), max_size=4))
def test_no_row_stops_anybody(rows: list[tuple[str, str, str]]) -> None:
    registry = read(*rows)

    assert len(registry.claims) + len(registry.unreadable) == len(rows)
    assert all(line.isprintable() for line in registry.unreadable)
