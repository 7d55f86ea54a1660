"""What one list for all means when something joins it."""

from collections.abc import Mapping

import pytest

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.plan.planner import plan_changes
from crdb_sso.preview.on_cluster.flat_lists import joining_lines
from tests.unit.cluster_model import Cluster, with_texts
from tests.unit.named_keys import ec_key
from tests.unit.request_strategies import wanted

A, B = "https://a.example.com", "https://b.example.com"


def wish(*audiences: str, fetched: bool = False) -> Desired:
    keys = {} if fetched else {"k1": ec_key("k1")}
    ids = {audience: Identity("a", audience, f"s-{audience}") for audience in audiences}
    return Desired({"a": Source(A, f"{A}/keys", keys)}, {"app": Login(ids)}, fetched=fetched)


ISSUERS = (
    f"issuers of this cluster from now on: {A}, {B}. Their pinned keys are one list: a key of any"
    " of them signs for all of them, so trust them all alike"
)
AUDIENCES = (
    "audiences of this cluster from now on: crdb, dev. It is one list: tokens for any of them are"
    " accepted from every trusted issuer"
)
THEIRS = {Setting.ISSUERS: f'["{B}"]', Setting.IDENTITY_MAP: f"{B} s u"}


@pytest.mark.parametrize(
    ("texts", "asked", "expected"),
    [
        pytest.param({}, wish("crdb"), [], id="the first of each"),
        pytest.param(THEIRS, wish("crdb"), [ISSUERS], id="a second issuer"),
        pytest.param({Setting.AUDIENCE: "dev"}, wish("crdb"), [AUDIENCES], id="a second audience"),
        pytest.param({}, wish("crdb", "dev"), [AUDIENCES], id="two audiences at once"),
        pytest.param(
            {Setting.ISSUERS: f'["{A}"]', Setting.IDENTITY_MAP: f"{A} s u"},
            wish("crdb"),
            [],
            id="an issuer that is there",
        ),
        pytest.param(
            {
                **THEIRS,
                Setting.ISSUERS: f'{{"issuer_jwks_map": {{"{B}": "{B}/keys"}}}}',
                Setting.AUTO_FETCH: "true",
            },
            wish("crdb", fetched=True),
            [],
            id="fetched keys sign for their own issuer",
        ),
    ],
)
def test_joining(texts: Mapping[Setting, str], asked: Desired, expected: list[str]) -> None:
    live = Cluster(with_texts(texts)).live_for(wanted("me", asked))
    assert list(joining_lines(plan_changes(live, wanted("me", asked)), live)) == expected
