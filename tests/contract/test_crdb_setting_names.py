"""The lists of cluster settings, and the names a setting goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract import setting_names, setting_restorer
from tests.contract.expectations import every_version, holds
from tests.contract.setting_names import AUDIENCE, ENABLED, ISSUERS, JWKS, JWT, OLD_ISSUERS
from tests.contract.setting_restorer import UNTOLD

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings, Value

pytestmark = every_version

ALIAS_NOTICE = f'"{OLD_ISSUERS}" is now an alias for "{ISSUERS}", the preferred setting name'
OLD_LIST = ["variable", "value", "setting_type", "description"]
OLD_FULL_LIST = ["variable", "value", "setting_type", "public", "description"]
LIST = [*OLD_LIST, "default_value", "origin"]
FULL_LIST = [*OLD_FULL_LIST, "default_value", "origin"]
NEW, OLD = holds(since="23.2"), holds(before="23.2")


@pytest.mark.parametrize(
    ("statement", "columns"),
    [
        pytest.param("SHOW CLUSTER SETTINGS", LIST, id="public ones", marks=NEW),
        pytest.param("SHOW ALL CLUSTER SETTINGS", FULL_LIST, id="all", marks=NEW),
        pytest.param("SHOW CLUSTER SETTINGS", OLD_LIST, id="public ones, old", marks=OLD),
        pytest.param("SHOW ALL CLUSTER SETTINGS", OLD_FULL_LIST, id="all, old", marks=OLD),
    ],
)
def test_the_lists_have_these_columns(db: Connection, statement: str, columns: list[str]) -> None:
    shown = db.execute(statement)
    assert [described.name for described in shown.description or ()] == columns


@holds(since="24.3")
@pytest.mark.parametrize("statement", ["SHOW CLUSTER SETTINGS", "SHOW ALL CLUSTER SETTINGS"])
def test_both_lists_show_the_jwt_settings(db: Connection, statement: str) -> None:
    rows = db.execute(f"SELECT variable FROM [{statement}] WHERE variable LIKE '{JWT}%'")  # noqa: S608 - a constant
    listed = {name for (name,) in rows}
    suffixes = ("enabled", "jwks", "audience", "claim", "jwks_auto_fetch.enabled")
    assert {f"{JWT}{suffix}" for suffix in suffixes} <= listed
    assert {ISSUERS, setting_names.CUSTOM_CA, setting_names.CLIENT_TIMEOUT} <= listed


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=holds(needs=name))
        for name in (
            setting_names.GROUPS_ENABLED,
            setting_names.GROUP_CLAIM,
            setting_names.USERINFO_GROUP_KEY,
            setting_names.PROVISIONING,
        )
    ],
)
def test_only_the_full_list_shows_groups_and_provisioning(db: Connection, name: str) -> None:
    """Sources: S3, PV, and the lists of settings in the manual of 25.3 to 26.3."""
    asked = "SELECT variable FROM [SHOW CLUSTER SETTINGS] WHERE variable = %s"
    assert db.execute(asked, [name]).fetchall() == []
    asked = "SELECT public FROM [SHOW ALL CLUSTER SETTINGS] WHERE variable = %s"
    assert db.execute(asked, [name]).fetchall() == [(False,)]


@pytest.mark.parametrize(
    ("name", "value", "listed"),
    [
        pytest.param(ENABLED, True, "true", id="a boolean"),
        pytest.param(AUDIENCE, "email", "email", id="a text"),
        pytest.param(JWKS, '{"keys": []}', '{"keys": []}', id="a key set"),
        pytest.param(
            setting_names.CLIENT_TIMEOUT,
            "20s",
            "20s",
            id="a duration",
            marks=holds(needs=setting_names.CLIENT_TIMEOUT),
        ),
    ],
)
def test_the_list_shows_values_as_text(
    db: Connection, settings: Settings, name: str, value: Value, listed: str
) -> None:
    settings.put(name, value)
    text, origin = setting_restorer.snapshot(db)[name]
    assert text == listed
    assert origin in {"override", UNTOLD}


@holds(needs=ISSUERS)
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(f"SET CLUSTER SETTING {OLD_ISSUERS} = 'https://i'", id="set"),
        pytest.param(f"RESET CLUSTER SETTING {OLD_ISSUERS}", id="reset"),
        pytest.param(f"SHOW CLUSTER SETTING {OLD_ISSUERS}", id="show"),
    ],
)
def test_the_old_name_of_issuers_works_with_a_notice(
    cluster: Cluster, settings: Settings, statement: str
) -> None:
    settings.put(ISSUERS, "https://before")
    notices: list[str | None] = []
    with cluster.operator() as db:
        db.add_notice_handler(lambda said: notices.append(said.message_primary))
        db.execute(statement)
    assert ALIAS_NOTICE in notices


@holds(needs=ISSUERS)
def test_the_old_name_of_issuers_writes_the_new_one(db: Connection, settings: Settings) -> None:
    settings.will_touch(ISSUERS)
    db.execute(f"SET CLUSTER SETTING {OLD_ISSUERS} = 'https://i'")
    assert settings.show(ISSUERS) == "https://i"
    assert settings.show(OLD_ISSUERS) == "https://i"
