"""A setting that is asked for, on a cluster that lacks it."""

import pytest

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Logins, Source
from crdb_sso.errors import UnsupportedVersion
from tests.unit.cluster_model import Cluster, planned, with_texts
from tests.unit.named_keys import ec_key
from tests.unit.request_strategies import wanted

BY_SUBJECT = Source(
    "https://idp.example.com",
    keys={"k1": ec_key("k1")},
    subject_is_username=True,
    audience="crdb",
)


def test_a_setting_that_no_other_guard_looks_at_is_refused_where_it_is_missing() -> None:
    older = Cluster({s: live for s, live in with_texts({}).items() if s is not Setting.CLAIM})

    with pytest.raises(UnsupportedVersion) as caught:
        planned(older, wanted("me", Logins({"idp": BY_SUBJECT}, {}, claim="email")))

    assert caught.value.what == "this cluster has no setting server.jwt_authentication.claim"
    assert caught.value.hint == (
        "CockroachDB has it since 23.1: upgrade the cluster, or take out of the program what asks"
        " for it."
    )
