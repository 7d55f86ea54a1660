"""How an operator logged in, as libpq tells it."""

from types import SimpleNamespace
from typing import cast

import pytest

from crdb_sso.clients.connecting.connection import Connection, logged_in_operator
from crdb_sso.plan.inputs import CERTIFICATE, OAUTH, PASSWORD, TOKEN, Operator


@pytest.mark.parametrize(
    ("parameters", "used_password", "method"),
    [
        pytest.param({"sslcert": "op.crt"}, False, CERTIFICATE, id="a certificate"),
        pytest.param({}, False, CERTIFICATE, id="a certificate where libpq looks for one"),
        pytest.param({}, True, PASSWORD, id="a password"),
        pytest.param(
            {"options": "-c x=1 --crdb:jwt_auth_enabled=true"},
            True,
            TOKEN,
            id="a token as password",
        ),
        pytest.param({"oauth_issuer": "https://idp"}, False, OAUTH, id="OAUTHBEARER"),
        pytest.param({"oauth_issuer": "https://idp"}, True, PASSWORD, id="a password in its place"),
        pytest.param(
            {"oauth_issuer": "https://idp", "sslcert": "op.crt"},
            False,
            CERTIFICATE,
            id="a certificate in its place",
        ),
    ],
)
def test_the_method_of_an_operator_is_what_libpq_used(
    parameters: dict[str, str], *, used_password: bool, method: str
) -> None:
    info = SimpleNamespace(options=parameters.get("options", ""), get_parameters=lambda: parameters)
    conn = SimpleNamespace(info=info, pgconn=SimpleNamespace(used_password=used_password))

    assert logged_in_operator(cast("Connection", conn), "op") == Operator("op", method)
