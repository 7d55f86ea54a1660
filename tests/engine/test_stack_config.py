"""What a person sees of a wrong configuration of the example program, with the real engine."""

from pathlib import Path

import pytest

from tests.support.servers import PROJECT, LocalIssuer
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

PASSWORD = "s3cret-pw"
NOISE = ("Traceback", "pydantic", "Input should", PASSWORD)


@pytest.fixture
def program(tmp_path: Path, issuer: LocalIssuer) -> Stack:
    """The example program on a stack whose configuration is right, except for the private CA."""
    stack = Stack(tmp_path / "project", (PROJECT / "__main__.py").read_text())
    configure(stack, "--secret", "crdb-sso:clusterUrl", f"postgresql://op:{PASSWORD}@127.0.0.1/x")
    configure(stack, "crdb-sso:keys", "pinned")
    configure(stack, "crdb-sso:issuer", issuer.issuer)
    configure(stack, "crdb-sso:audience", "crdb")
    configure(stack, "--path", "crdb-sso:logins.app_batch.subjects[0]", "batch-runner")
    return stack


def configure(stack: Stack, *arguments: str) -> None:
    done = stack.pulumi("config", "set", *arguments, "-s", stack.name)
    assert done.code == 0, done.text


def refused(stack: Stack) -> str:
    outcome = stack.pulumi("preview", "-s", stack.name)
    assert outcome.code != 0, outcome.text
    for noise in NOISE:
        assert noise not in outcome.text
    return " ".join(outcome.text.split())


def test_all_mistakes_are_named_at_once(program: Stack) -> None:
    configure(program, "crdb-sso:protct", "true")
    configure(program, "crdb-sso:connectPort", "many")
    configure(program, "--secret", "crdb-sso:retireKeysAfterHours", PASSWORD)
    configure(program, "--secret", "crdb-sso:isuer", PASSWORD)
    configure(program, "--path", "crdb-sso:logins.app_batch.onDelete", "keep")

    said = refused(program)

    assert (
        "error: Pulumi.test.yaml has 5 mistakes:"
        " crdb-sso:retireKeysAfterHours is [secret]. Write a whole number."
        " crdb-sso:connectPort is 'many'. Write a whole number."
        " crdb-sso:logins.app_batch.onDelete is 'keep'. Write drop or disable."
        " crdb-sso:isuer is unknown. Did you mean issuer?"
        " crdb-sso:protct is unknown. Did you mean protect?"
        " Next step: Fix each of them."
    ) in said


def test_an_issuer_behind_a_private_ca_asks_for_the_key_that_names_it(program: Stack) -> None:
    said = refused(program)

    assert "problem: OidcIssuer 'idp' (crdb-sso:issuer in Pulumi.test.yaml): " in said
    assert "name it as `crdb-sso:issuerCaFile`" in said
