"""Unknown keys of a configuration are refused, and the nearest one is named."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.test_stack_config import LEAST
from tests.unit.test_stack_config_errors import error_text


@pytest.mark.parametrize(
    ("changes", "what", "hint"),
    [
        pytest.param({"protct": "true"}, "protct", "Did you mean protect?", id="a letter left out"),
        pytest.param({"sso_only": "{}"}, "sso_only", "Did you mean ssoOnly?", id="an argument"),
        pytest.param({"KEYS": "x"}, "KEYS", "Did you mean keys?", id="capitals"),
        pytest.param({"caFile": "x"}, "caFile", "Did you mean issuerCaFile?", id="a part of a key"),
        pytest.param(
            {"issuers": [{"issuer": "https://idp.example.com", "audience": "crdb"}]},
            "issuers",
            "Set issuer and audience, each to one text; published recipes that list issuers as"
            " objects do not work (docs/from-the-published-recipe.md).",
            id="a published recipe",
        ),
        pytest.param(
            {"verbosity": "5"},
            "verbosity",
            "See docs/configuration.md for all keys.",
            id="similar to none",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": ["x"], "rols": ["r"]}}},
            "logins.app.rols",
            "Did you mean roles?",
            id="in a login",
        ),
        pytest.param(
            {"logins": {"roles": {"subjects": ["x"], "may": ["r"]}}},
            "logins.roles.may",
            "Known keys: subjects, identities, roles, login, onDelete, allowPrivileged.",
            id="similar to none in a login",
        ),
        pytest.param(
            {"groupSync": {"claim": "x"}},
            "groupSync.claim",
            "Did you mean groupClaim?",
            id="in groupSync",
        ),
        pytest.param(
            {
                "ssoOnly": {
                    "keep": [
                        {"user": "a", "method": "cert"},
                        {"user": "b", "method": "cert", "adress": ""},
                    ]
                }
            },
            "ssoOnly.keep[1].adress",
            "Did you mean address?",
            id="in a list",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(
    changes: Mapping[str, Any], what: str, hint: str
) -> None:
    assert error_text({**LEAST, **changes}) == (
        f"Pulumi.prod.yaml: crdb-sso:{what} is unknown\n  Next step: {hint}"
    )
