"""What people read: nothing secret, nothing that does something to a terminal, and a next step."""

from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crdb_sso.verdict import Verdict, judge
from tests.unit.verdict.imitated_settings import IMITATED
from tests.unit.verdict.logins import JWT, MAP, cluster, token, verdict
from tests.unit.verdict.near_logins import Login, near_logins

HOSTILE = "a\x1b[2Jb\u202ec\nd"


def every_text(outcome: Verdict) -> list[str]:
    checks = [text for c in outcome.checks for text in (c.name, c.expected, c.seen)]
    told = [str(outcome.error)] if outcome.error else []
    return [*checks, *told, outcome.near_miss, outcome.fix, *outcome.notes]


@pytest.mark.parametrize(
    "outcome",
    [
        verdict(token(iss=HOSTILE)),
        verdict(token(sub=HOSTILE)),
        verdict(token(aud=HOSTILE)),
        verdict(token({"alg": HOSTILE, "kid": HOSTILE})),
        verdict(user=HOSTILE),
        verdict(token(**{HOSTILE: 1}), settings={JWT + "claim": HOSTILE + "x"}),
        verdict(version=HOSTILE),
        verdict(settings={MAP: f"https://idp.example.com /{HOSTILE[:4]} x"}),
        verdict(settings={JWT + "issuers.configuration": HOSTILE}),
    ],
    ids=["iss", "sub", "aud", "header", "user", "claim", "version", "map", "issuers"],
)
def test_foreign_text_does_nothing_to_a_terminal(outcome):
    assert all(text.isprintable() for text in every_text(outcome))


@settings(max_examples=300)
@given(login=near_logins, version=st.sampled_from(IMITATED))
def test_a_refusal_has_a_next_step_and_never_shows_the_token(login: Login, version: str):
    sent = login.sent()
    outcome = judge(
        login.cluster(version, version), login.user, sent, now=datetime.now(timezone.utc)
    )
    shown = " ".join(every_text(outcome))
    assert shown.isprintable()
    for part in sent.split("."):
        assert len(part) < 12 or part not in shown
    if outcome.first_failure is not None:
        assert outcome.fix
        assert outcome.error is not None
        assert outcome.first_failure.expected
        assert outcome.first_failure.seen


@given(sent=st.text(), user=st.text())
def test_any_text_is_judged(sent, user):
    outcome = judge(cluster(), user, sent, now=datetime.now(timezone.utc))
    assert not outcome.accepted
    assert all(text.isprintable() for text in every_text(outcome))


@given(text=st.text(), name=st.sampled_from(["jwks", "issuers.configuration", "audience", "claim"]))
def test_any_setting_is_read(text, name):
    judge(cluster(settings={JWT + name: text}), "kyle", token(), now=datetime.now(timezone.utc))


def test_a_view_of_a_cluster_keeps_its_settings_out_of_its_repr():
    assert "idp.example.com" not in repr(cluster())
