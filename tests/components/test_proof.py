"""`prove` of `ClusterSso`: what a program may say, and what is sent of it."""

from typing import Any

import pulumi
import pytest

from components import SelfIssuer
from tests.components.mockrun import run
from tests.components.programs import LOGINS, facts, run_sso, sso

FILE = {"kind": "file", "path": "token"}


def sent(prove: Any, **args: Any) -> Any:
    """Return what the engine gets of a program that proves its login."""
    wanted = {"app": {"identities": [facts()]}}
    made = run(lambda: {"connect": sso(wanted, prove=prove, **args).connect})
    return made.only(LOGINS).inputs


def test_nothing_is_sent_where_nothing_is_proven() -> None:
    nothing: list[Any] = [None, {}]
    for prove in nothing:
        assert not {"prove", "on_failed_proof"} & sent(prove, on_failed_proof="keep").keys()


def test_the_source_is_sent_as_it_is() -> None:
    inputs = sent({"app": FILE}, on_failed_proof="restore")

    assert inputs["prove"] == {"app": FILE}
    assert inputs["on_failed_proof"] == "restore"


def test_an_identity_may_know_how_a_deployer_gets_its_token() -> None:
    def program() -> Any:
        proof_from = {"kind": "gcp", "impersonate": pulumi.Output.from_input("a@b.iam")}
        identities = [facts(proof_from=proof_from), facts(name="other")]
        made = sso({"app": {"identities": identities}}, prove={"app": {"identity": "batch"}})
        return {"connect": made.connect}

    inputs = run(program).only(LOGINS).inputs

    expected = {"kind": "gcp", "impersonate": "a@b.iam", "identity": "batch"}
    assert inputs["prove"] == {"app": expected}


@pytest.mark.parametrize(
    ("subject", "given"),
    [
        pytest.param("orders", {}, id="a subject"),
        pytest.param("/^or.*$", {"subject": "orders"}, id="a pattern, and one of its subjects"),
    ],
)
def test_a_subject_of_an_own_issuer_is_proven_with_the_key_in_the_variable(
    subject: str, given: dict[str, str]
) -> None:
    def program() -> Any:
        signer = SelfIssuer("signer", {"issuer": "https://id.example.com", "audience": "crdb"})
        wanted: Any = {"app": {"identities": [signer.subject(subject)]}}
        return {"connect": sso(wanted, prove={"app": given}).connect}

    inputs = run(program).only(LOGINS).inputs

    assert inputs["prove"]["app"] == {
        "kind": "self_signed",
        "issuer": "https://id.example.com",
        "key_env": "CRDB_SSO_SIGNING_KEY",
        "subject": "orders",
    }


def test_a_command_that_is_a_secret_is_one_of_the_secret_inputs() -> None:
    def program() -> Any:
        command = pulumi.Output.secret("vault --password hunter2")
        prove: Any = {"app": {"kind": "command", "command": command}}
        return {"connect": sso({"app": {"identities": [facts()]}}, prove=prove).connect}

    inputs = run(program).only(LOGINS).inputs

    assert "/prove/app/command" in inputs["secret_inputs"]


@pytest.mark.parametrize(
    ("prove", "more", "what"),
    [
        (["app"], {}, "`prove` is not a dict"),
        ({"ap": FILE}, {}, "there is no login 'ap' to prove"),
        ({"app": "file"}, {}, "`prove` of login 'app' does not name a token source"),
        ({"app": {}}, {}, "`prove` of login 'app' does not say where this machine gets the token"),
        ({"app": {"kind": "fil"}}, {}, "there is no token source 'fil'"),
        ({"app": {**FILE, "pth": "x"}}, {}, "file does not take `pth`"),
        ({"app": FILE}, {"on_failed_proof": "undo"}, "on_failed_proof='undo' is neither"),
        (None, {"on_failed_proof": "restore"}, "`on_failed_proof` is set, but nothing is proven"),
    ],
)
def test_what_cannot_be_proven_is_refused(prove: Any, more: dict[str, Any], what: str) -> None:
    with pytest.raises(pulumi.RunError) as error:
        run_sso(prove=prove, **more)

    assert what in str(error.value)
