"""Errors of components name the keys of a program's configuration, if it has one."""

import pulumi
import pytest

from components import OidcIssuer
from components._options import as_run_error
from components.config_names import ConfigNames, use_config_names
from crdb_sso.errors import CrdbSsoError, DiscoveryFailed, InvalidInput
from tests.components.mockrun import run
from tests.components.programs import ISSUER, PASSWORD, facts, sso

NAMES = {
    "OidcIssuer 'idp'": ConfigNames(
        "app:issuer in Pulumi.prod.yaml", {"ca_file": "app:caFile", "jwks": "app:keys"}
    ),
    "ClusterSso 'sso'": ConfigNames("Pulumi.prod.yaml", {"cluster_url": "app:clusterUrl"}),
}


def said(where: str, error: CrdbSsoError) -> str:
    """Return how an error leaves a component of a configured program."""

    def program() -> None:
        use_config_names(NAMES)
        with as_run_error(where):
            raise error

    with pytest.raises(pulumi.RunError) as caught:
        run(program)
    return str(caught.value)


def test_what_and_hint_name_the_keys_and_where_they_are() -> None:
    error = InvalidInput("`jwks` and ca_file are both 'jwks'", hint="Leave out `jwks` or ca_file.")
    assert said("OidcIssuer 'idp'", error) == (
        "OidcIssuer 'idp' (app:issuer in Pulumi.prod.yaml):"
        " `app:keys` and `app:caFile` are both 'jwks'\n"
        "  Next step: Leave out `app:keys` or `app:caFile`."
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("the jwks of the issuer", id="a word without backticks"),
        pytest.param("'ca_file'", id="a value in quotes"),
        pytest.param("/etc/ca_file.pem", id="a part of a path"),
        pytest.param("my_ca_file", id="a part of a name"),
        pytest.param("`kid`", id="something else in backticks"),
        pytest.param("`audience`", id="an argument without a key"),
    ],
)
def test_what_is_not_an_argument_is_left_alone(text: str) -> None:
    assert NAMES["OidcIssuer 'idp'"].translate(text) == text


def test_for_errors_of_an_issuer_only_the_hint_names_keys() -> None:
    error = DiscoveryFailed("https://idp has no `jwks`", hint="Give them as `jwks`.")
    assert said("OidcIssuer 'idp'", error) == (
        "OidcIssuer 'idp' (app:issuer in Pulumi.prod.yaml): https://idp has no `jwks`\n"
        "  Next step: Give them as `app:keys`."
    )


def test_a_part_of_a_component_has_the_names_of_the_component() -> None:
    error = InvalidInput("cluster_url is wrong", hint="Fix it.")
    assert said("ClusterSso 'sso', source 'idp'", error) == (
        "ClusterSso 'sso', source 'idp' (Pulumi.prod.yaml): `app:clusterUrl` is wrong\n"
        "  Next step: Fix it."
    )


def test_a_component_without_config_names_names_its_arguments() -> None:
    error = InvalidInput("`jwks` is wrong", hint="Fix `jwks`.")
    assert said("OidcIssuer 'other'", error) == (
        "OidcIssuer 'other': `jwks` is wrong\n  Next step: Fix `jwks`."
    )


def test_errors_of_keys_that_are_asked_for_late_name_the_keys_too() -> None:
    def program() -> None:
        use_config_names(NAMES)
        idp = OidcIssuer("idp", {"issuer": ISSUER, "audience": "crdb", "jwks": "no keys"})
        sso({"app": {"identities": [idp.subject("batch")]}})

    with pytest.raises(pulumi.RunError) as caught:
        run(program)
    assert str(caught.value).startswith("OidcIssuer 'idp' (app:issuer in Pulumi.prod.yaml): ")
    assert "`app:keys`" in str(caught.value).partition("Next step: ")[2]


def test_a_warning_names_the_keys() -> None:
    url = f"postgresql://ops:{PASSWORD.replace('/', '%2F')}@db.example.com/defaultdb"

    def program() -> None:
        use_config_names(NAMES)
        sso({"app": {"identities": [facts()]}}, cluster_url=url)

    (warning,) = run(program).warnings
    assert warning.startswith("`app:clusterUrl` contains a password: ")


def test_config_names_end_with_the_program() -> None:
    said("OidcIssuer 'idp'", InvalidInput("`jwks`", hint="."))

    def program() -> None:
        with as_run_error("OidcIssuer 'idp'"):
            raise InvalidInput("`jwks` is wrong", hint="Fix it.")

    with pytest.raises(pulumi.RunError, match=r"^OidcIssuer 'idp': `jwks` is wrong"):
        run(program)
