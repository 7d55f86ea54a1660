"""SET, RESET and SHOW of cluster settings as statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.contract.expectations import UNCATEGORISED, every_version, holds, refusal, says
from tests.contract.setting_names import AUDIENCE, ENABLED, ISSUERS, JWKS, JWT

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings, Value

pytestmark = every_version

OLD_CODE = holds(before="23.2")  # some version in between gave it a code of its own
IN_TRANSACTION = "SET CLUSTER SETTING cannot be used inside a multi-statement transaction"


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        pytest.param("= 'email'", "email", id="an equals sign"),
        pytest.param("TO 'email'", "email", id="the word TO"),
        pytest.param("= email", "email", id="a bare identifier is a string"),
        pytest.param("TO id_token", "id_token", id="a bare identifier after TO"),
        pytest.param("= 'e' || 'mail'", "email", id="an expression is evaluated"),
        pytest.param("= 'it''s'", "it's", id="a doubled quote"),
        pytest.param("= e'a\\nb'", "a\nb", id="an escape string"),
        pytest.param("= 'a\nb'", "a\nb", id="a line break"),
        pytest.param("= 'back\\slash'", "back\\slash", id="a backslash in a plain string"),
        pytest.param("= ''", "", id="an empty string"),
        pytest.param("= 'Ω; -- no comment'", "Ω; -- no comment", id="what looks like SQL"),
        pytest.param("= DEFAULT", "", id="DEFAULT"),
    ],
)
def test_a_string_setting_takes_what_sql_calls_a_string(
    db: Connection, settings: Settings, assignment: str, expected: str
) -> None:
    settings.put(AUDIENCE, "before")
    db.execute(f"SET CLUSTER SETTING {AUDIENCE} {assignment}")
    assert settings.show(AUDIENCE) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param(AUDIENCE, 'it\'s \\ "quoted"\n', 'it\'s \\ "quoted"\n', id="a text"),
        pytest.param(AUDIENCE, '["a", "b"]', '["a", "b"]', id="a list"),
        pytest.param(ENABLED, True, True, id="a boolean"),
    ],
)
def test_a_value_may_be_a_placeholder(
    db: Connection, settings: Settings, name: str, value: Value, expected: Value
) -> None:
    settings.will_touch(name)
    db.execute(f"SET CLUSTER SETTING {name} = %s", [value])
    assert settings.show(name) == expected


def test_a_refused_placeholder_is_refused_as_a_literal_is(
    db: Connection, settings: Settings
) -> None:
    settings.put(AUDIENCE, "kept")
    said = refusal(db, f"SET CLUSTER SETTING {AUDIENCE} = %s", ["123"])
    assert says("JWT authentication audiences JSON not valid: .+", said.message_primary)
    assert settings.show(AUDIENCE) == "kept"


def test_the_name_may_not_be_a_placeholder(db: Connection) -> None:
    said = refusal(db, "SET CLUSTER SETTING %s = 'x'", [AUDIENCE])
    assert said.sqlstate in {"42601", "0A000"}


@pytest.mark.parametrize("value", ["true", "false"])
def test_a_bare_boolean_stays_a_boolean(db: Connection, settings: Settings, value: str) -> None:
    settings.will_touch(ENABLED)
    db.execute(f"SET CLUSTER SETTING {ENABLED} = {value}")
    assert settings.show(ENABLED) is (value == "true")


@holds(since="23.2")
@pytest.mark.parametrize(
    "back", [f"RESET CLUSTER SETTING {AUDIENCE}", f"SET CLUSTER SETTING {AUDIENCE} = DEFAULT"]
)
def test_reset_and_default_restore_the_origin(
    db: Connection, settings: Settings, back: str
) -> None:
    settings.put(AUDIENCE, "email")
    assert settings.origin(AUDIENCE) == "override"
    db.execute(back)
    assert settings.show(AUDIENCE) == ""
    assert settings.origin(AUDIENCE) == "default"


def test_reset_of_a_default_is_not_an_error(settings: Settings) -> None:
    settings.reset(AUDIENCE)
    settings.reset(AUDIENCE)
    assert settings.show(AUDIENCE) == ""


def test_the_version_cannot_be_reset(db: Connection) -> None:
    said = refusal(db, "RESET CLUSTER SETTING version")
    assert said.message_primary == "cannot RESET cluster version setting"


def test_the_same_value_may_be_set_again(settings: Settings) -> None:
    settings.put(JWKS, '{"keys": []}')
    settings.put(JWKS, '{"keys": []}')
    assert settings.show(JWKS) == '{"keys": []}'


def test_settings_do_not_check_each_other(settings: Settings) -> None:
    settings.put(JWKS, '{"keys": []}')
    settings.put(ISSUERS, "[]")
    settings.put(ENABLED, value=True)
    assert settings.show(ENABLED) is True


def test_set_gives_its_tag_and_no_rows(db: Connection, settings: Settings) -> None:
    settings.will_touch(AUDIENCE)
    done = db.execute(f"SET CLUSTER SETTING {AUDIENCE} = 'email'")
    assert done.description is None
    assert says("SET( CLUSTER SETTING)?", done.statusmessage)


def test_a_new_value_is_seen_by_other_sessions_of_the_gateway(
    cluster: Cluster, settings: Settings
) -> None:
    settings.put(AUDIENCE, "email")
    with cluster.operator() as other:
        assert other.execute(f"SHOW CLUSTER SETTING {AUDIENCE}").fetchone() == ("email",)


@pytest.mark.parametrize(
    ("statement", "error", "sqlstate"),
    [
        pytest.param(
            f"SET CLUSTER SETTING {JWT}nonsense = 'x'",
            f"unknown cluster setting '{JWT}nonsense'",
            "42P02",
            id="set",
            marks=holds(since="24.1"),
        ),
        pytest.param(
            f"SET CLUSTER SETTING {JWT}nonsense = 'x'",
            f"unknown cluster setting '{JWT}nonsense'",
            UNCATEGORISED,
            id="set, old",
            marks=OLD_CODE,
        ),
        pytest.param(
            f"RESET CLUSTER SETTING {JWT}nonsense",
            f"unknown cluster setting '{JWT}nonsense'",
            "42P02",
            id="reset",
            marks=holds(since="24.1"),
        ),
        pytest.param(
            f"RESET CLUSTER SETTING {JWT}nonsense",
            f"unknown cluster setting '{JWT}nonsense'",
            UNCATEGORISED,
            id="reset, old",
            marks=OLD_CODE,
        ),
        pytest.param(
            f"SHOW CLUSTER SETTING {JWT}nonsense",
            f'unknown setting: "{JWT}nonsense"',
            None,
            id="show",
        ),
    ],
)
def test_an_unknown_name_is_named(
    db: Connection, statement: str, error: str, sqlstate: str | None
) -> None:
    said = refusal(db, statement)
    assert said.message_primary == error
    assert sqlstate is None or said.sqlstate == sqlstate


@pytest.mark.parametrize(
    ("name", "column"),
    [
        pytest.param(AUDIENCE, AUDIENCE, id="a text"),
        pytest.param(ENABLED, ENABLED, id="a boolean"),
        pytest.param(AUDIENCE.upper(), AUDIENCE, id="upper case is folded"),
        pytest.param("version", "version", id="the version"),
    ],
)
def test_show_one_has_one_column_named_as_the_setting(
    db: Connection, name: str, column: str
) -> None:
    shown = db.execute(f"SHOW CLUSTER SETTING {name}")
    assert [described.name for described in shown.description or ()] == [column]
    assert len(shown.fetchall()) == 1


def test_set_folds_the_letter_case_of_the_name(db: Connection, settings: Settings) -> None:
    settings.will_touch(AUDIENCE)
    db.execute(f"SET CLUSTER SETTING {AUDIENCE.upper()} = 'Email'")
    assert settings.show(AUDIENCE) == "Email"


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        pytest.param(f"SET CLUSTER SETTING {AUDIENCE} = 'x'", IN_TRANSACTION, id="set"),
        pytest.param(f"RESET CLUSTER SETTING {AUDIENCE}", IN_TRANSACTION, id="reset"),
        pytest.param(
            f"SET CLUSTER SETTING {JWT}nonsense = 'x'",
            f"unknown cluster setting '{JWT}nonsense'",
            id="an unknown name comes first",
        ),
    ],
)
def test_settings_cannot_be_written_in_a_transaction(
    cluster: Cluster, settings: Settings, statement: str, error: str
) -> None:
    settings.put(AUDIENCE, "before")
    with cluster.operator() as db, pytest.raises(psycopg.Error) as caught, db.transaction():
        db.execute(statement)
    assert caught.value.diag.message_primary == error
    if error == IN_TRANSACTION:
        assert caught.value.diag.sqlstate == UNCATEGORISED
    assert settings.show(AUDIENCE) == "before"


def test_settings_cannot_be_written_in_a_batch_of_statements(
    cluster: Cluster, settings: Settings
) -> None:
    settings.put(AUDIENCE, "before")
    with cluster.operator() as db:
        refusal(db, f"SELECT 1; SET CLUSTER SETTING {AUDIENCE} = 'after'")
    assert settings.show(AUDIENCE) == "before"


def test_settings_can_be_read_in_a_transaction(cluster: Cluster, settings: Settings) -> None:
    settings.put(AUDIENCE, "email")
    with cluster.operator() as db, db.transaction():
        assert db.execute(f"SHOW CLUSTER SETTING {AUDIENCE}").fetchone() == ("email",)
