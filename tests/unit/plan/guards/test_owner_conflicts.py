"""Conflicting wishes of two owners are an error that names the other owner."""

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from crdb_sso.crdb.hba import BEGIN, Door
from crdb_sso.crdb.setting_texts import spliced
from crdb_sso.crdb.settings import Setting
from crdb_sso.desired import forced_sso
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.guards.owner_conflicts import check
from crdb_sso.plan.inputs import ClusterState, LiveUser, OwnerRequest
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry
from tests.unit.cluster_model import at_default, with_texts
from tests.unit.named_keys import ec_key, ed_key

KEY = Entry(Kind.KEY, "k1")
ENABLED = Entry(Kind.SETTING, "server.jwt_authentication.enabled")
FETCH = Entry(Kind.SETTING, Setting.AUTO_FETCH.value)
TIMEOUT = Entry(Kind.SETTING, "server.jwt_authentication.client.timeout")
USER = Entry(Kind.USER, "app")
LINE = Entry(Kind.LINE, "i s u")
SYNC = Entry(Kind.SETTING, Setting.GROUP_SYNC.value)
NAMED_CLAIM = Entry(Kind.SETTING, Setting.CLAIM.value)
SINCE = datetime(2026, 3, 1, 23, 59, tzinfo=timezone.utc)


def claim(entry: Entry, text: str, owner: str = "you") -> Claim:
    return Claim(entry, owner, text, found=False, since=SINCE)


def context(wanted: OwnerRequest, claims: list[Claim]) -> PlanContext:
    """Return what a guard looks at on a cluster that shows what the claims say."""
    texts = {
        entry.setting: spliced(entry.setting, entry.setting.spec.default, named, ())
        for entry, named in _by_setting(claims)
        if entry.setting
    }
    users = {
        "app": LiveUser(
            may_login=not any(claim.text == "NOLOGIN" for claim in claims),
            roles=frozenset({"readers"}),
        )
    }
    live = ClusterState(with_texts(texts), Registry("id", tuple(claims)), users)
    return PlanContext(live, wanted)


def _by_setting(claims: list[Claim]) -> Iterator[tuple[Entry, dict[str, str]]]:
    for claim in claims:
        same = [c for c in claims if c.entry.setting is claim.entry.setting]
        if claim.entry == forced_sso.ENTRY:
            lines = (BEGIN, *forced_sso.claimed_lines(claim.text))
            yield claim.entry, dict(zip(lines, lines, strict=True))
        elif claim.entry.kind is Kind.SETTING:
            yield claim.entry, {"": claim.text}
        else:
            yield claim.entry, {c.entry.name: c.text for c in same}


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
            id="one kid for two keys",
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
            id="any other scalar, as the cluster has it for one of two owners",
        ),
        pytest.param(
            FETCH,
            "true",
            [claim(KEY, ec_key("k1"))],
            "this stack wants its keys fetched, you (since 2026-03-01) has them pinned",
            "Use the same `keys` in both programs.",
            id="fetched where others have keys",
        ),
        pytest.param(
            KEY,
            ec_key("k1"),
            [claim(FETCH, "true")],
            "this stack wants its keys pinned, you (since 2026-03-01) has them fetched",
            "Use the same `keys` in both programs.",
            id="keys where others have them fetched",
        ),
        pytest.param(
            SYNC,
            "true",
            [claim(Entry(Kind.MEMBERSHIP, "readers app"), "")],
            "this stack wants group sync, you (since 2026-03-01) wants app to be a member of"
            " readers",
            "Let either groups or programs give roles",
            id="groups where others have roles",
        ),
        pytest.param(
            LINE,
            LINE.name,
            [claim(Entry(Kind.ISSUER, "i"), "")],
            "issuer i: this stack maps its subjects, you (since 2026-03-01) takes its subjects as"
            " user names by `subject_is_username` (in the configuration `subjectIsUsername`)",
            "Let both programs do the same.",
            id="a line where others take subjects",
        ),
        pytest.param(
            Entry(Kind.ISSUER, "i"),
            "",
            [claim(LINE, LINE.name), claim(Entry(Kind.ISSUER, "i"), "")],
            "issuer i: this stack takes its subjects as user names by `subject_is_username` (in the"
            " configuration `subjectIsUsername`), you (since 2026-03-01) maps its subjects",
            "Let both programs do the same.",
            id="subjects where others have a line",
        ),
        pytest.param(
            NAMED_CLAIM,
            "email",
            [claim(LINE, LINE.name)],
            "this stack has logins mapped by the claim 'email', you (since 2026-03-01) by 'sub'",
            "Give both programs the same `claim`",
            id="a claim where others have lines by the default",
        ),
        pytest.param(
            LINE,
            LINE.name,
            [claim(NAMED_CLAIM, "email")],
            "this stack has logins mapped by the claim 'sub', you (since 2026-03-01) by 'email'",
            "Give both programs the same `claim`",
            id="lines by the default where others name a claim",
        ),
        pytest.param(
            forced_sso.ENTRY,
            forced_sso.claim_text({Door("ops"): "cert"}),
            [claim(forced_sso.ENTRY, forced_sso.claim_text({Door("ops"): "password"}))],
            "this stack lets in ops all by cert, you (since 2026-03-01) by password",
            "Give both the same method.",
            id="one door by two methods",
        ),
    ],
)
def test_what_another_owner_wants_differently_is_refused(
    entry: Entry, ours: str, claims: list[Claim], what: str, hint: str
) -> None:
    with pytest.raises(GuardRefused) as caught:
        check(context(OwnerRequest("me", {entry: ours}), claims))

    assert what in caught.value.what
    assert hint in caught.value.hint


def test_a_jwks_uri_matters_only_to_owners_whose_keys_are_fetched() -> None:
    issuer = Entry(Kind.ISSUER, "i")
    wanted = OwnerRequest("me", {FETCH: "true", issuer: "https://a"})

    with pytest.raises(GuardRefused) as caught:
        check(context(wanted, [claim(FETCH, "true"), claim(issuer, "https://b")]))

    assert "keys of i fetched from https://a, you (since 2026-03-01) from https://b" in (
        caught.value.what
    )


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
        pytest.param({LINE: LINE.name}, [claim(LINE, LINE.name)], id="both map"),
        pytest.param({NAMED_CLAIM: "sub"}, [claim(LINE, LINE.name)], id="the default by its name"),
        pytest.param(
            {Entry(Kind.ISSUER, "i"): "https://a"},
            [claim(Entry(Kind.ISSUER, "i"), "https://b")],
            id="pinned keys, whatever the address",
        ),
        pytest.param(
            {forced_sso.ENTRY: forced_sso.claim_text({Door("ops"): "cert"})},
            [claim(forced_sso.ENTRY, forced_sso.claim_text({Door("mon"): "password"}))],
            id="two doors",
        ),
        pytest.param(
            {}, [claim(ENABLED, "true"), claim(KEY, ec_key("k1"))], id="an owner that leaves"
        ),
    ],
)
def test_what_owners_agree_on_is_shared(wanted: dict[Entry, str], claims: list[Claim]) -> None:
    check(context(OwnerRequest("me", wanted, older_names=frozenset({"old"})), claims))


@pytest.mark.parametrize(
    ("wanted", "claim"),
    [
        pytest.param({KEY: ec_key("k1")}, claim(KEY, ed_key("k1")), id="a key"),
        pytest.param({ENABLED: "false"}, claim(ENABLED, "true"), id="the switch"),
        pytest.param({LINE: LINE.name}, claim(Entry(Kind.ISSUER, "i"), ""), id="an issuer"),
        pytest.param({LINE: LINE.name}, claim(NAMED_CLAIM, "email"), id="a claim"),
    ],
)
def test_what_a_row_says_and_the_cluster_does_not_show_stops_nobody(
    wanted: dict[Entry, str], claim: Claim
) -> None:
    live = ClusterState(at_default(), Registry("id", (claim,)))

    check(PlanContext(live, OwnerRequest("me", wanted)))
