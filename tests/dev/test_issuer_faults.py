"""Tokens that the local issuer spoils, over HTTPS and by hand; and its keys, changed by hand."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.errors import BadSignatureError

from dev.issuer.faults import FAULTS, spoilt
from tests.dev.issuer_program import FORM, Issuer, header, run, running

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"iss": "i", "sub": "s", "aud": "a", "iat": 1000, "exp": 1300}
VOICES: dict[str, dict[str, Any]] = {
    "": {},
    "google": {"as": "google", "sub": "113794436627259432046"},
    "entra-v2": {
        "as": "entra-v2",
        "sub": "7f3f2b1c-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
        "aud": "11111111-2222-4333-8444-555555555555",
        "tenant": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    },
}
KEYS = {"": "/jwks", "google": "/google/oauth2/v3/certs"}
KEYS["entra-v2"] = "/entra/common/discovery/v2.0/keys"


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        pytest.param(["expired"], {**GOOD, "iat": 640, "exp": 940}, id="expired"),
        pytest.param(
            ["future"], {**GOOD, "iat": 1600, "exp": 1900, "nbf": 1600}, id="of the future"
        ),
        pytest.param(["wrong-issuer"], {**GOOD, "iss": "i/"}, id="issuer"),
        pytest.param(["wrong-audience"], {**GOOD, "aud": "somebody-else"}, id="audience"),
        pytest.param(
            ["no-subject", "wrong-issuer"],
            {"iss": "i/", "aud": "a", "iat": 1000, "exp": 1300},
            id="two at once",
        ),
        pytest.param(["no-kid", "unknown-kid", "forged"], GOOD, id="only the signature"),
        pytest.param([], GOOD, id="none"),
    ],
)
def test_a_fault_spoils_one_thing(faults: list[str], expected: dict[str, Any]) -> None:
    assert spoilt(GOOD, faults, 1000) == expected


@pytest.mark.parametrize("voice", VOICES)
def test_faults_of_the_signature(issuer: Issuer, voice: str) -> None:
    form, path = VOICES[voice], KEYS[voice]
    kids = set(issuer.kids(path))

    assert "kid" not in header(issuer.token(**form, fault="no-kid"))
    assert header(issuer.token(**form, fault="unknown-kid"))["kid"] not in kids
    forged = issuer.token(**form, fault="forged")
    assert header(forged)["kid"] in kids
    with pytest.raises(BadSignatureError):
        issuer.claims(forged, path)


@pytest.mark.parametrize("voice", VOICES)
def test_faults_of_the_claims_keep_a_good_signature(issuer: Issuer, voice: str) -> None:
    form, path = VOICES[voice], KEYS[voice]

    claims = issuer.claims(issuer.token(**form, fault=["expired", "wrong-audience"]), path)

    assert claims["exp"] == pytest.approx(time.time() - 60, abs=30)
    assert claims["iat"] < claims["exp"]
    assert claims["aud"] == "somebody-else"


def test_an_unknown_fault_is_refused(issuer: Issuer) -> None:
    answer = issuer.post("/token", FORM | {"fault": "late"})

    assert answer.status_code == 400
    told = answer.json()["error_description"]
    assert told == f"fault 'late' is not one of {', '.join(FAULTS)}"


def test_faults_by_hand_are_options(issuer: Issuer) -> None:
    options = ("--sub", "x", "--aud", "y", "--no-kid", "--wrong-issuer")

    minted = run("token", "--dir", str(issuer.folder), *options)

    assert minted.returncode == 0, minted.stderr
    assert header(minted.stdout) == {"typ": "JWT", "alg": "RS256"}


@pytest.mark.parametrize("runs", [True, False], ids=["it runs", "it does not run"])
def test_keys_are_changed_by_hand(fresh: Issuer, runs: bool) -> None:  # noqa: FBT001 - a table's cell
    (old,) = fresh.kids()
    if not runs:
        fresh.stop()
    folder = str(fresh.folder)

    rotated = json.loads(run("rotate", "--dir", folder, "--alg", "ES256").stdout)
    assert rotated == {"kid": rotated["kid"], "published": [rotated["kid"], old]}
    retired = json.loads(run("retire", "--dir", folder).stdout)
    assert retired["published"] == [rotated["kid"]]
    spoken = json.loads(run("rotate", "--dir", folder, "--as", "google", "--keep", "0").stdout)
    assert spoken["published"] == [spoken["kid"]]

    if runs:
        assert fresh.kids() == [rotated["kid"]]
        return
    with running(fresh.folder) as again:
        assert again.kids() == [rotated["kid"]]
        assert again.kids(KEYS["google"]) == [spoken["kid"]]


@pytest.mark.parametrize("runs", [True, False], ids=["it runs", "it does not run"])
def test_what_can_not_be_rotated_is_refused(fresh: Issuer, runs: bool) -> None:  # noqa: FBT001 - a table's cell
    if not runs:
        fresh.stop()

    refused = run("rotate", "--dir", str(fresh.folder), "--as", "google", "--alg", "ES256")
    too_many = run("rotate", "--dir", str(fresh.folder), "--keep", "99")

    assert (refused.returncode, too_many.returncode) == (2, 2)
    assert refused.stderr == "issuer: its keys are RS256, never ES256\n"
    assert "keep must be a whole number from 0 to 16" in too_many.stderr


def test_a_folder_without_an_issuer_has_nothing_to_rotate(tmp_path: Path) -> None:
    refused = run("rotate", "--dir", str(tmp_path))

    assert refused.returncode == 2
    assert "no issuer ran in" in refused.stderr
