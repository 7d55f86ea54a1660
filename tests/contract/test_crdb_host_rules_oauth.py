"""Host-based rules for tokens over SASL OAUTHBEARER, the method `oauth` of 26.4.

Sources: issues #170078, #172131 and #172480 of cockroachdb/cockroach. What they leave open is
marked as inferred.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.contract import setting_names
from tests.contract.expectations import every_version, holds, refusal

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = every_version

SASL = 10
REST = "host all all all cert-password\nlocal all all password"
"""What the built-in rules say, for everybody who is not part of the test."""


@holds(since="26.4", inferred=True)
@pytest.mark.parametrize("options", ["", " map=m"])
def test_tokens_over_sasl_are_a_method_with_a_map(settings: Settings, options: str) -> None:
    text = f"host all nobody all oauth{options}\n{REST}"
    settings.put(setting_names.HBA, text)
    assert settings.show(setting_names.HBA) == text


@holds(since="26.4", inferred=True)
@pytest.mark.parametrize("option", ["issuer=https://idp", "scope=openid", "MAP=m"])
def test_the_map_is_the_only_option_of_tokens_over_sasl(
    db: Connection, settings: Settings, option: str
) -> None:
    """#172480; that the name is matched with its case is inferred, and so is the text."""
    settings.will_touch(setting_names.HBA)
    rule = f"host all nobody all oauth map=m {option}\n{REST}"
    said = refusal(db, f"SET CLUSTER SETTING {setting_names.HBA} = '{rule}'")
    assert said.message_primary
    assert settings.show(setting_names.HBA) != rule


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param(False, marks=holds(before="26.3")),
        pytest.param(True, marks=holds(since="26.4", inferred=True), id="listed (inferred)"),
    ],
)
def test_the_hint_lists_tokens_over_sasl_where_they_are_a_method(
    db: Connection,
    settings: Settings,
    listed: bool,  # noqa: FBT001 - a cell of the table
) -> None:
    settings.will_touch(setting_names.HBA)
    said = refusal(db, f"SET CLUSTER SETTING {setting_names.HBA} = 'host all all all oauthbearer'")
    assert said.message_primary == 'unimplemented: unknown auth method "oauthbearer"'
    assert (", oauth," in (said.message_hint or "")) is listed


@holds(since="26.4", inferred=True)
def test_a_client_that_knows_only_passwords_gets_nowhere_with_tokens_over_sasl(
    cluster: Cluster, settings: Settings, users: Users
) -> None:
    """RFC 7628: the server offers a SASL mechanism that such a client cannot choose (inferred)."""
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    settings.put(setting_names.HBA, f"host all {user} all oauth\n{REST}")
    assert cluster.knock(user, password, "").asked == SASL
    with pytest.raises(psycopg.OperationalError):
        cluster.connect(user, password)


@holds(since="26.4", inferred=True)
def test_a_rule_for_tokens_over_sasl_leaves_other_tokens_alone(
    cluster: Cluster, sso: Sso, settings: Settings, users: Users
) -> None:
    """A token in the password's place meets no rule at all, as before (inferred)."""
    user = users.create()
    sso.trust()
    settings.put(setting_names.HBA, f"host all {user} all oauth\n{REST}")
    assert cluster.verdict(user, sso.token(sub=user)) == "admitted"
