"""The README's previews are what the product says, line by line."""

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from crdb_sso.desired.logins import NOTHING, Identity, Login, Logins, Source
from crdb_sso.preview.effects import effect_lines

DUE = datetime(2026, 11, 26, 6, 30, tzinfo=timezone.utc)
README = Path(__file__).resolve().parents[3] / "README.md"

UP = Logins(
    {"idp": Source("https://idp.example.com", keys={"2026-a": "{}"})},
    {
        "app_orders": Login(
            {"orders-service": Identity("idp", "crdb", "orders-service")}, frozenset({"orders_rw"})
        )
    },
)
ROTATED = replace(
    UP, sources={"idp": replace(UP.sources["idp"], keys={"2026-b": "{}"}, retiring={"2026-a": DUE})}
)
GOOGLE = Logins(
    {"google": Source("https://accounts.google.com")},
    {
        "app_orders": Login(
            {"orders": Identity("google", "crdb-sso/shop/prod", "107812345678901234567")}
        )
    },
)
REMADE = replace(
    GOOGLE,
    logins={"app_orders": Login({"orders": Identity("google", "crdb-sso/shop/prod", None)})},
)
DRIFTED = replace(UP, logins={"app_orders": Login({})})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(NOTHING, UP, id="a first login"),
        pytest.param(UP, ROTATED, id="a key rotation"),
        pytest.param(GOOGLE, REMADE, id="an account made anew"),
        pytest.param(DRIFTED, UP, id="drift"),
    ],
)
def test_the_readme_shows_previews_as_they_are(before: Logins, after: Logins) -> None:
    block = "```\n" + "\n".join(effect_lines(before, after)) + "\n```"

    assert block in README.read_text()
