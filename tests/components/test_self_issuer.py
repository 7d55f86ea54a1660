"""`SelfIssuer`: an issuer of the stack's own."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pulumi
import pytest

from components import ClusterSso, SelfIssuer
from crdb_sso.provider import issuer_keys
from crdb_sso.tokens.private_keys import made_key, public_half
from tests.components.mockrun import Run, Secret, World, run
from tests.components.programs import LOGINS, URL

KEYS = "pulumi-python:dynamic/crdb-sso:IssuerKeys"
ISSUER = "https://id.example.com/shop"
ARGS: Any = {"issuer": ISSUER, "audience": "crdb"}
PEM = made_key("ES256")
A, B = public_half(PEM), public_half(made_key("ES256"))
NOW = datetime.now(timezone.utc)


def world(ends_in: timedelta) -> World:
    made = {
        "private_key": PEM,
        "kid": A.kid,
        "keys": {A.kid: A.text, B.kid: B.text},
        "retiring": {B.kid: (NOW + ends_in).isoformat()},
    }
    return World(outputs={KEYS: made})


def program(**changes: Any) -> Mapping[str, Any]:
    args: Any = {**ARGS, **changes}
    signer = SelfIssuer("signer", args)
    logins: Any = {"app": {"identities": [signer.subject("orders")]}}
    sso = ClusterSso("sso", {"cluster_url": URL, "keys": "pinned", "logins": logins})
    return {
        "private_key": signer.private_key,
        "kid": signer.kid,
        "key_set": signer.key_set,
        "discovery": signer.discovery_document,
        "connect": sso.connect,
    }


def sent(done: Run) -> Mapping[str, Any]:
    """Return what the resource of the keys gets."""
    inputs = done.only(KEYS).inputs
    return {k: v for k, v in inputs.items() if v is not None and not k.startswith("__")}


def test_it_makes_a_key_by_default_and_sends_the_names_of_the_rows() -> None:
    made = sent(run(program))
    assert made == {"component": "signer", "algorithm": "ES256", "overlap_h": 24}

    more = run(lambda: program(rotation=pulumi.Output.secret("2026-11"), algorithm="EdDSA"))
    assert sent(more)["rotation"] == Secret("2026-11")
    given = sent(run(lambda: program(key=PEM)))
    names = {*sent(more), *given}
    assert names == {row.name for row in issuer_keys.INPUTS}


def test_the_private_key_is_a_secret_and_everything_else_is_not() -> None:
    done = run(program, world=world(timedelta(hours=1)))

    assert done.exports["private_key"] == Secret(PEM)
    assert done.exports["kid"] == A.kid
    kids = {key["kid"] for key in json.loads(done.exports["key_set"])["keys"]}
    assert kids == {A.kid, B.kid}
    assert json.loads(done.exports["discovery"])["issuer"] == ISSUER
    assert done.outputs["signer"] == {"issuer": ISSUER, "audience": "crdb", "kid": A.kid}
    assert done.only(LOGINS).inputs["sources"]["signer"] == {
        "issuer": ISSUER,
        "keys": {A.kid: A.text, B.kid: B.text},
    }


def test_a_key_whose_overlap_has_ended_is_left_out_without_a_change_of_its_resource() -> None:
    done = run(program, world=world(timedelta(hours=-1)))

    assert done.only(LOGINS).inputs["sources"]["signer"]["keys"] == {A.kid: A.text}


@pytest.mark.parametrize("given", [PEM, A.text], ids=["private", "public"])
def test_of_a_given_key_only_the_public_half_is_sent(given: str) -> None:
    done = run(lambda: program(key=pulumi.Output.secret(given)))

    assert sent(done) == {"component": "signer", "public_key": A.text, "overlap_h": 24}
    assert PEM.splitlines()[1] not in str(done.resources)


def test_nodes_that_fetch_keys_are_told_where_and_get_none() -> None:
    def fetched() -> Mapping[str, Any]:
        where: Any = {**ARGS, "jwks_uri": "https://cdn.example.com/jwks.json"}
        logins: Any = {"app": {"identities": [SelfIssuer("signer", where).subject("orders")]}}
        sso = ClusterSso("sso", {"cluster_url": URL, "keys": "fetched", "logins": logins})
        return {"connect": sso.connect}

    source = run(fetched, world=world(timedelta(1))).only(LOGINS).inputs["sources"]["signer"]

    assert source == {
        "issuer": ISSUER,
        "jwks_uri": "https://cdn.example.com/jwks.json",
        "keys": {},
    }


def test_a_workload_is_told_where_its_key_is() -> None:
    told: list[Any] = []

    def subjects() -> None:
        signer = SelfIssuer("signer", ARGS)
        told.append(signer.subject("orders")["token_from"])
        told.append(signer.subject("/^pr-[0-9]+$")["token_from"])
        file = {"kind": "self_signed", "key_file": "/run/key"}
        told.append(signer.subject("orders", token_from=file)["token_from"])

    run(subjects)

    source = {"kind": "self_signed", "issuer": ISSUER, "key_env": "CRDB_SSO_SIGNING_KEY"}
    assert told == [
        {**source, "subject": "orders"},
        source,
        {"kind": "self_signed", "key_file": "/run/key"},
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"issuer": "a b"}, "contains ' '", id="issuer"),
        pytest.param({"algorithm": "HS256"}, "Write one of ES256, ES384", id="algorithm"),
        pytest.param({"key": PEM, "algorithm": "ES256"}, "`algorithm` is for", id="both"),
        pytest.param({"key": PEM, "rotation": "2"}, "`rotation` is for", id="rotation"),
        pytest.param({"key": "no key"}, "the key can't be read", id="not a key"),
        pytest.param({"publish_to": ""}, "`publish_to` is not", id="folder"),
        pytest.param({"overlap": 1}, "unknown key 'overlap' in ", id="a typo"),
    ],
)
def test_what_can_not_work_is_refused_with_the_name_of_the_component(
    changes: Any, reason: str
) -> None:
    with pytest.raises(pulumi.RunError, match=r"SelfIssuer 'signer': ") as caught:
        run(lambda: program(**changes))

    assert reason in str(caught.value)


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(pulumi.RunError, match=r"file/\.well-known.* can't be written: Not a dir"):
        run(lambda: program(publish_to=str(tmp_path / "file")), world=world(timedelta(1)))


def test_files_to_serve_are_written_by_up_and_not_by_a_preview(tmp_path: Any) -> None:
    folder = tmp_path / "web"
    run(lambda: program(publish_to=str(folder)), preview=True, world=world(timedelta(1)))
    assert not folder.exists()

    run(lambda: program(publish_to=str(folder)), world=world(timedelta(1)))

    key_set = folder / ".well-known" / "jwks.json"
    assert len(json.loads(key_set.read_text())["keys"]) == 2
    assert key_set.stat().st_mode & 0o777 == 0o644
    assert sorted(f.name for f in key_set.parent.iterdir()) == ["jwks.json", "openid-configuration"]
