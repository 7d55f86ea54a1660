"""Issuers whose subjects are user names, in a program."""

from typing import Any

import pulumi
import pytest

from components import ClusterSso, OidcIssuer
from components._passthrough import check_passthrough
from crdb_sso.errors import CrdbSsoError
from tests.components.mockrun import Run, run
from tests.components.programs import JWK_TEXT, LOGINS, URL, facts

SOURCE = {"source": "idp", "issuer": "https://i", "audience": "crdb", "keys": {}}


def run_open(*names: str, other: Any = None, logins: Any = None) -> Run:
    """Run a program whose issuer's subjects are user names, with some logins and more."""

    def program() -> None:
        idp = OidcIssuer("idp", {"issuer": "https://i", "audience": "crdb", "jwks": JWK_TEXT})
        ClusterSso(
            "sso",
            {
                "cluster_url": URL,
                "keys": "pinned",
                "logins": {
                    **{name: {"identities": [idp.subject(name)]} for name in names},
                    **(logins or {}),
                },
                "subject_is_username": [other or idp.facts],
            },
        )

    return run(program)


@pytest.mark.parametrize("names", [[], ["app"]], ids=["no login", "a login"])
def test_the_source_is_marked_and_keeps_its_keys(names: list[str]) -> None:
    source = run_open(*names).only(LOGINS).inputs["sources"]["idp"]

    assert source["subject_is_username"] is True
    assert source["audience"] == "crdb"
    assert source["issuer"] == "https://i"
    assert len(source["keys"]) == 1


def test_other_sources_are_not_marked() -> None:
    inputs = (
        run_open(logins={"app": {"identities": [{**facts(), "source": "zoo"}]}}).only(LOGINS).inputs
    )
    (other,) = [source for name, source in inputs["sources"].items() if name != "idp"]

    assert not {"subject_is_username", "audience"} & other.keys()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        pytest.param(True, "`subject_is_username` is not a list", id="a switch"),
        pytest.param("idp", "`subject_is_username` is not a list", id="a name"),
        pytest.param(["idp"], "no. 1 of `subject_is_username` is not a dict of facts", id="a text"),
        pytest.param(
            [SOURCE, facts()], "no. 2 of `subject_is_username` is one principal", id="who"
        ),
        pytest.param([SOURCE | {"jwks": "{}"}], "unknown key 'jwks' in ", id="misspelt"),
        pytest.param([SOURCE | {"close_passthrough": True}], "which is the opposite", id="both"),
    ],
)
def test_impossible_values_are_refused(given: Any, text: str) -> None:
    with pytest.raises(CrdbSsoError) as caught:
        check_passthrough(given)
    assert text in str(caught.value)


def test_two_issuers_of_one_name_are_told_apart() -> None:
    other = {**SOURCE, "issuer": "https://other"}

    with pytest.raises(pulumi.RunError, match="two issuers are both called 'idp'"):
        run_open("app", other=other)
