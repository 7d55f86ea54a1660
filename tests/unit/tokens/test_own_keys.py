"""Which keys an issuer of your own publishes, and for how long."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.errors import InvalidInput
from crdb_sso.tokens.jwk import PublicKey
from crdb_sso.tokens.own_keys import (
    OwnKeys,
    default_jwks_uri,
    discovery_text,
    files_to_publish,
    key_set_text,
)
from crdb_sso.tokens.private_keys import made_key, public_half

NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
A, B, C = (public_half(made_key("ES256")) for _ in range(3))
ISSUER = "https://id.example.com/shop"


def test_the_last_key_stays_published_for_the_overlap() -> None:
    keys = OwnKeys.of(A).rotated(B, NOON, DAY)

    assert (keys.kid, keys.until) == (B.kid, {A.kid: NOON + DAY})
    assert keys.published(NOON + DAY - timedelta(seconds=1)).keys() == {A.kid, B.kid}
    assert keys.published(NOON + DAY).keys() == {B.kid}


def test_a_rotation_within_an_overlap_keeps_both_and_a_later_one_forgets_what_is_due() -> None:
    keys = OwnKeys.of(A).rotated(B, NOON, DAY).rotated(C, NOON + DAY / 2, DAY)
    assert keys.published(NOON + DAY / 2).keys() == {A.kid, B.kid, C.kid}

    assert keys.kept(NOON + DAY, DAY).texts.keys() == {B.kid, C.kid}


def test_a_shorter_overlap_counts_for_keys_that_wait_and_a_longer_one_does_not() -> None:
    keys = OwnKeys.of(A).rotated(B, NOON, DAY)

    assert keys.kept(NOON, DAY / 2).until == {A.kid: NOON + DAY / 2}
    assert keys.kept(NOON, 2 * DAY).until == {A.kid: NOON + DAY}
    assert keys.kept(NOON, timedelta(0)).texts.keys() == {B.kid}


def test_a_key_that_signs_again_no_longer_ends() -> None:
    keys = OwnKeys.of(A).rotated(B, NOON, DAY).rotated(A, NOON, DAY)

    assert (keys.kid, keys.until) == (A.kid, {B.kid: NOON + DAY})


def test_a_kid_stands_for_one_key() -> None:
    other = PublicKey(A.kid, B.text.replace(B.kid, A.kid))

    with pytest.raises(InvalidInput, match="stands for another key"):
        OwnKeys.of(A).rotated(other, NOON, DAY)


@given(
    st.lists(
        st.tuples(st.sampled_from([A, B, C]), st.integers(0, 50), st.integers(0, 50)), max_size=8
    )
)
def test_whatever_is_rotated_the_key_that_signs_is_published_and_each_other_ends(
    steps: list[tuple[PublicKey, int, int]],
) -> None:
    keys, now = OwnKeys.of(A), NOON
    for key, hours_later, overlap_h in steps:
        now += timedelta(hours=hours_later)
        keys = keys.rotated(key, now, timedelta(hours=overlap_h))
        assert keys.kid == key.kid
        assert keys.published(now + 1000 * DAY).keys() == {key.kid}
        assert keys.until.keys() == keys.texts.keys() - {key.kid}
        assert all(now < end <= now + timedelta(hours=overlap_h) for end in keys.until.values())


def test_the_documents_name_each_other_and_hold_public_members_alone() -> None:
    document = json.loads(discovery_text(ISSUER, default_jwks_uri(ISSUER), {A.kid: A.text}))

    assert document == {
        "issuer": ISSUER,
        "jwks_uri": f"{ISSUER}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }
    assert json.loads(key_set_text({A.kid: A.text})) == {"keys": [json.loads(A.text)]}


def test_an_issuer_that_is_not_an_https_url_has_no_documents() -> None:
    assert discovery_text("shop", "shop/.well-known/jwks.json", {A.kid: A.text}) == ""
    with pytest.raises(InvalidInput, match="not an https URL"):
        files_to_publish("shop", "https://id.example.com/k", {A.kid: A.text})


@pytest.mark.parametrize(
    ("issuer", "jwks_uri", "path"),
    [
        pytest.param(ISSUER, f"{ISSUER}/keys/v1.json", "keys/v1.json", id="below the issuer"),
        pytest.param(f"{ISSUER}/", f"{ISSUER}/keys", "keys", id="an issuer with a slash"),
        pytest.param(ISSUER, "https://cdn.example.com/k", "jwks.json", id="elsewhere"),
        pytest.param(ISSUER, f"{ISSUER}/../../etc/passwd", "jwks.json", id="out of the folder"),
        pytest.param(ISSUER, f"{ISSUER}//etc/passwd", "jwks.json", id="an absolute path"),
        pytest.param(ISSUER, f"{ISSUER}/keys?v=1", "jwks.json", id="a query"),
        pytest.param(ISSUER, f"{ISSUER}/", "jwks.json", id="a folder"),
    ],
)
def test_where_the_files_are(issuer: str, jwks_uri: str, path: str) -> None:
    files = files_to_publish(issuer, jwks_uri, {A.kid: A.text})

    assert files.keys() == {".well-known/openid-configuration", path}
