"""The previews in the README and in docs/ are what the product says, line by line."""

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from crdb_sso.desired.logins import NOTHING, Desired, Identity, Login, Source
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.desired.remembered import Remembered, Retiring
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.preview.effects import effect_lines

DUE = datetime(2026, 11, 26, 6, 30, tzinfo=timezone.utc)
PROJECT = Path(__file__).resolve().parents[3]

UP = Desired(
    {"idp": Source("https://idp.example.com", keys={"2026-a": "{}"})},
    {
        "app_orders": Login(
            {"orders-service": Identity("idp", "crdb", "orders-service")}, frozenset({"orders_rw"})
        )
    },
)
ROTATED = replace(UP, sources={"idp": replace(UP.sources["idp"], keys={"2026-b": "{}"})})
STAYING = {"idp": {"2026-a": DUE}}
GOOGLE = Desired(
    {"google": Source("https://accounts.google.com")},
    {
        "app_orders": Login(
            {"orders": Identity("google", "crdb-sso/shop/prod", "107812345678901234567")}
        )
    },
)
RECREATED = replace(
    GOOGLE,
    logins={"app_orders": Login({"orders": Identity("google", "crdb-sso/shop/prod", UNKNOWN)})},
)
DRIFTED = replace(UP, logins={"app_orders": Login({})})


OPTIONS = replace(UP, auto_provisioning=True, group_sync=GroupSync(allow_privileged=True))
FETCHED = replace(UP, sources={"idp": Source("https://idp.example.com")}, fetched=True)
GONE = replace(UP, sources={"idp": replace(UP.sources["idp"], keys={})})


@pytest.mark.parametrize(
    ("page", "before", "after", "staying"),
    [
        pytest.param("README.md", NOTHING, UP, {}, id="a first login"),
        pytest.param("docs/previews.md", UP, ROTATED, STAYING, id="a key rotation"),
        pytest.param("docs/previews.md", GOOGLE, RECREATED, {}, id="a recreated account"),
        pytest.param("docs/previews.md", DRIFTED, UP, {}, id="drift"),
        pytest.param("docs/keys.md", UP, ROTATED, STAYING, id="a retired key"),
        pytest.param("docs/keys.md", UP, GONE, {}, id="a key whose time is over"),
        pytest.param("docs/keys.md", UP, FETCHED, {}, id="fetched keys"),
        pytest.param("docs/provisioning.md", UP, OPTIONS, {}, id="provisioning and group sync"),
    ],
)
def test_pages_show_previews_as_they_are(
    page: str, before: Desired, after: Desired, staying: Retiring
) -> None:
    lines = effect_lines(Remembered(before), after, staying)
    block = "```\n" + "\n".join(lines) + "\n```"

    assert block in (PROJECT / page).read_text()
