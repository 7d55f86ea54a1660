"""What two owners can't want differently is an error that names the other owner."""

from datetime import datetime, timezone

import pytest

from crdb_sso.crdb.settings import Setting
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.guards.owner_conflicts import check_conflicts
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Claim, Entry, Kind
from tests.unit.named_keys import ec_key, ed_key

KEY = Entry(Kind.KEY, "k1")
ENABLED = Entry(Kind.SETTING, "server.jwt_authentication.enabled")
FETCH = Entry(Kind.SETTING, Setting.AUTO_FETCH.value)
TIMEOUT = Entry(Kind.SETTING, "server.jwt_authentication.client.timeout")
USER = Entry(Kind.USER, "app")
SINCE = datetime(2026, 3, 1, 23, 59, tzinfo=timezone.utc)


def claim(entry: Entry, text: str, owner: str = "you") -> Claim:
    return Claim(entry, owner, text, found=False, since=SINCE)


@pytest.mark.parametrize(
    ("entry", "ours", "claims", "what", "hint"),
    [
        pytest.param(
            KEY,
            ec_key("k1"),
            [claim(KEY, ed_key("k1"))],
            "the kid 'k1' already names another key on this cluster, put there by you"
            " (since 2026-03-01)",
            "under another kid",
            id="one kid with two meanings",
        ),
        pytest.param(
            ENABLED,
            "false",
            [claim(ENABLED, "true")],
            "this stack wants server.jwt_authentication.enabled = false, you (since 2026-03-01)"
            " wants true: a cluster has one value",
            "Give both the same value, or change or destroy you first.",
            id="the switch",
        ),
        pytest.param(
            TIMEOUT,
            "5s",
            [claim(TIMEOUT, "5s", "she"), claim(TIMEOUT, "9s")],
            "server.jwt_authentication.client.timeout = 5s, you (since 2026-03-01) wants 9s",
            "destroy you first",
            id="any other scalar, the second of two owners",
        ),
        pytest.param(
            FETCH,
            "true",
            [claim(KEY, ec_key("k1"))],
            "this stack wants its keys fetched, you (since 2026-03-01) has them pinned",
            "Take the same `keys` in both programs.",
            id="fetched where others have keys",
        ),
        pytest.param(
            KEY,
            ec_key("k1"),
            [claim(FETCH, "true")],
            "this stack wants its keys pinned, you (since 2026-03-01) has them fetched",
            "Take the same `keys` in both programs.",
            id="keys where others have them fetched",
        ),
    ],
)
def test_what_another_owner_wants_otherwise_is_refused(
    entry: Entry, ours: str, claims: list[Claim], what: str, hint: str
) -> None:
    with pytest.raises(GuardRefused) as caught:
        check_conflicts(OwnerRequest("me", {entry: ours}), claims)

    assert what in caught.value.what
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("wanted", "claims"),
    [
        pytest.param({KEY: ec_key("k1")}, [claim(KEY, ec_key("k1"))], id="the same key"),
        pytest.param({ENABLED: "true"}, [claim(ENABLED, "true")], id="the same value"),
        pytest.param({ENABLED: "true"}, [claim(ENABLED, "false", "me")], id="ours until now"),
        pytest.param({ENABLED: "true"}, [claim(ENABLED, "false", "old")], id="our former name's"),
        pytest.param({FETCH: "true"}, [claim(FETCH, "true")], id="both fetched"),
        pytest.param({FETCH: "false", KEY: ec_key("k1")}, [claim(KEY, "{}", "me")], id="pinned"),
        pytest.param({USER: "LOGIN"}, [claim(USER, "NOLOGIN")], id="a login that one shuts out"),
        pytest.param({}, [claim(ENABLED, "true"), claim(KEY, ec_key("k1"))], id="who leaves"),
    ],
)
def test_what_owners_agree_on_is_shared(wanted: dict[Entry, str], claims: list[Claim]) -> None:
    check_conflicts(OwnerRequest("me", wanted, former_owner="old"), claims)
