"""`OidcIssuer`: one component, facts for any number of subjects."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from components import OidcIssuer
from tests.components.mockrun import UNKNOWN, Run, run

ISSUER = "https://idp.example.com"
X, Y = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
JWK = {"crv": "P-256", "kid": "k1", "kty": "EC", "x": X, "y": Y}
JWK_TEXT = f'{{"crv":"P-256","kid":"k1","kty":"EC","x":"{X}","y":"{Y}"}}'
ARGS: Any = {"issuer": ISSUER, "audience": "crdb", "jwks": json.dumps(JWK)}


def with_args(**changes: Any) -> Any:
    return {**ARGS, **changes}


def facts_of(args: Any, subject: Any = "batch", name: str | None = None) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    run(lambda: found.update(OidcIssuer("idp", args).subject(subject, name)))
    return found


def test_it_is_one_component_and_stores_issuer_and_audience() -> None:
    done = run(lambda: {"keys": OidcIssuer("idp", ARGS).keys})
    (only,) = done.resources
    assert (only.type, only.name) == ("crdb-sso:index:OidcIssuer", "idp")
    assert only.inputs == {}
    assert done.outputs["idp"] == {"issuer": ISSUER, "audience": "crdb"}
    assert done.exports == {"keys": {"k1": JWK_TEXT}}


def test_facts_of_plain_arguments_are_plain() -> None:
    facts = dict(facts_of(ARGS))
    keys = facts.pop("keys")
    assert isinstance(keys, pulumi.Output)
    assert facts == {
        "issuer": ISSUER,
        "audience": "crdb",
        "source": "idp",
        "subject": "batch",
        "name": "batch",
        "token": "OIDC token: iss=https://idp.example.com aud=crdb sub=batch",
        "proof_from": None,
    }


def test_all_subjects_share_one_set_of_keys_and_make_no_resource() -> None:
    found: list[Any] = []

    def program() -> None:
        idp = OidcIssuer("idp", ARGS)
        found.extend(idp.subject(f"s{number}") for number in range(1000))

    done = run(program)
    assert len(done.resources) == 1
    assert len({id(facts["keys"]) for facts in found}) == 1
    outputs = {id(v) for facts in found for v in facts.values() if isinstance(v, pulumi.Output)}
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        pytest.param("batch", None, "batch", id="the subject"),
        pytest.param("batch", "night", "night", id="a given name"),
    ],
)
def test_an_identity_is_named_by(given: str, name: str | None, expected: str) -> None:
    assert facts_of(ARGS, given, name)["name"] == expected


def test_a_subject_that_is_an_output_is_named_by_the_component() -> None:
    found: dict[str, Any] = {}

    def program() -> Mapping[str, Any]:
        subject = pulumi.Output.from_input("42")
        found.update(OidcIssuer("idp", ARGS).subject(subject))
        return {"same": found["subject"] is subject}

    assert run(program).exports == {"same": True}
    assert found["name"] == "idp"
    assert found["token"] == "OIDC token: iss=https://idp.example.com aud=crdb"


def test_what_is_given_besides_the_keys_is_passed_on() -> None:
    facts = facts_of(with_args(jwks_uri="https://keys.example.com", close_passthrough=True))
    assert facts["jwks_uri"] == "https://keys.example.com"
    assert facts["close_passthrough"] is True


def test_none_and_false_count_as_not_given() -> None:
    facts = facts_of(with_args(jwks_uri=None, ca_file=None, close_passthrough=False))
    assert "jwks_uri" not in facts
    assert "close_passthrough" not in facts


def unknown_issuer() -> Mapping[str, Any]:
    issuer: pulumi.Output[str] = pulumi.Output.from_input(pulumi.UNKNOWN)  # type: ignore[arg-type] # becomes known in `up`
    idp = OidcIssuer("idp", {"issuer": issuer, "audience": "crdb", "jwks": json.dumps(JWK)})
    return {"issuer": idp.issuer, "keys": idp.keys, "token": idp.subject("batch")["token"]}


def test_with_an_issuer_not_known_yet_given_keys_are_still_read() -> None:
    assert run(unknown_issuer, preview=True).exports == {
        "issuer": UNKNOWN,
        "keys": {"k1": JWK_TEXT},
        "token": "OIDC token: iss of idp aud=crdb sub=batch",
    }


def test_keys_not_known_yet_stay_unknown() -> None:
    def program() -> Mapping[str, Any]:
        jwks: pulumi.Output[str] = pulumi.Output.from_input(pulumi.UNKNOWN)  # type: ignore[arg-type] # becomes known in `up`
        return {"keys": OidcIssuer("idp", with_args(jwks=jwks)).keys}

    assert run(program, preview=True).exports == {"keys": UNKNOWN}


def test_under_mocks_nothing_is_fetched() -> None:
    done = run(lambda: {"keys": OidcIssuer("idp", {"issuer": ISSUER, "audience": "crdb"}).keys})
    assert done.exports == {"keys": {}}


def test_protect_comes_from_the_caller() -> None:
    protected = pulumi.ResourceOptions(protect=True)
    done = run(lambda: {"keys": OidcIssuer("idp", ARGS, protected).keys})
    assert done.resources[0].protect


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(
            {"issuer": "https://idp example.com", "audience": "crdb"},
            "OidcIssuer 'idp': the issuer 'https://idp example.com' contains ' '",
            id="an issuer with a space",
        ),
        pytest.param(
            {"issuer": "", "audience": "crdb"},
            "OidcIssuer 'idp': the issuer is empty",
            id="no issuer",
        ),
        pytest.param(
            {"issuer": ISSUER}, "OidcIssuer 'idp': OidcIssuer needs 'audience'", id="missing"
        ),
        pytest.param(
            with_args(jwk="x"),
            "OidcIssuer 'idp': unknown key 'jwk' in OidcIssuer\n  Next step: Did you mean 'jwks'?",
            id="misspelt",
        ),
        pytest.param(
            with_args(jwks=json.dumps({**JWK, "d": "c2VjcmV0"})),
            "OidcIssuer 'idp': key 'k1': it holds a private key",
            id="a private key",
        ),
        pytest.param(
            with_args(jwks="{"), "OidcIssuer 'idp': the key set is not JSON", id="no key set"
        ),
    ],
)
def test_bad_arguments_end_the_program_with_a_plain_error(args: Any, message: str) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run(lambda: {"keys": OidcIssuer("idp", args).keys})
    assert str(caught.value).startswith(message)
    assert "\n  Next step: " in str(caught.value)
    assert "c2VjcmV0" not in str(caught.value)


def test_a_failed_run_leaves_nothing_behind_for_the_next() -> None:
    with pytest.raises(pulumi.RunError):
        run(lambda: {"keys": OidcIssuer("idp", with_args(jwks="{")).keys})
    assert isinstance(run(lambda: {"keys": OidcIssuer("idp", ARGS).keys}), Run)
