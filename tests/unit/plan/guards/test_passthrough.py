"""Issuers whose subjects are user names: plans, refusals, previews and drift."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from crdb_sso.crdb.identity_map import closed_line
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.user_names import check_name
from crdb_sso.desired.logins import NOTHING, Desired, Identity, Login, Source
from crdb_sso.desired.remembered import Remembered
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.errors import GuardRefused, InvalidInput
from crdb_sso.plan.drift import Observed, ObservedLogin, ObservedSource
from crdb_sso.preview.effects import effect_lines
from crdb_sso.registry.claims import Entry, Kind
from tests.unit.cluster_model import Cluster, carried_out, planned, with_texts
from tests.unit.observations import all_there, preview_lines, shown_by
from tests.unit.request_strategies import wanted

IDP = "https://idp.example.com"
OPEN_SOURCE = Source(IDP, subject_is_username=True, audience="crdb")
OPEN = Desired({"idp": OPEN_SOURCE}, {"app": Login({"app": Identity("idp", "crdb", "app")})})
MAPPED = Desired({"idp": Source(IDP)}, {"app": Login({"s": Identity("idp", "crdb", "s")})})
CLOSED = Desired({"idp": Source(IDP)}, {})


def refusal(cluster: Cluster, owner: str, wish: Desired) -> str:
    with pytest.raises(GuardRefused) as caught:
        planned(cluster, wanted(owner, wish))
    return str(caught.value)


def cluster_with(texts: Mapping[Setting, str] | None = None) -> Cluster:
    return Cluster(with_texts(texts or {}))


# plans


def test_the_issuer_is_trusted_without_a_line_and_removed_without_a_trace() -> None:
    before = cluster_with({Setting.IDENTITY_MAP: "# theirs\nhttps://other s u"})

    after = carried_out(before, wanted("me", OPEN))

    assert after.text(Setting.IDENTITY_MAP) == before.text(Setting.IDENTITY_MAP)
    assert after.text(Setting.ISSUERS) == f'["{IDP}"]'
    assert "crdb" in after.text(Setting.AUDIENCE)
    assert set(after.users) == {"app"}
    assert carried_out(after, wanted("me")).visible == before.visible


def test_an_issuer_that_no_login_names_still_needs_its_audience() -> None:
    after = carried_out(cluster_with(), wanted("me", replace(OPEN, logins={})))

    assert after.text(Setting.AUDIENCE) == '["crdb"]'


def test_an_issuer_of_others_without_a_line_keeps_their_logins() -> None:
    before = cluster_with({Setting.ISSUERS: IDP})

    after = carried_out(before, wanted("me", OPEN))

    assert IDP not in after.text(Setting.IDENTITY_MAP)
    assert carried_out(after, wanted("me")).visible == before.visible


def test_a_found_issuer_that_was_closed_stays_closed_when_we_leave() -> None:
    before = cluster_with({Setting.ISSUERS: IDP})
    closed = carried_out(before, replace(wanted("me", CLOSED), close_passthrough=frozenset({IDP})))

    left = carried_out(closed, wanted("me"))

    assert left.text(Setting.IDENTITY_MAP) == f"{closed_line(IDP).text}\n"
    assert left.text(Setting.ISSUERS) == IDP
    assert left.claims == ()


def test_logins_may_become_mapped_and_unmapped() -> None:
    one = carried_out(cluster_with(), wanted("me", OPEN))
    two = carried_out(one, wanted("me", MAPPED))
    three = carried_out(two, wanted("me", OPEN))

    assert two.text(Setting.IDENTITY_MAP).strip() == f"{IDP} s app"
    assert three.text(Setting.IDENTITY_MAP).strip() == ""
    assert three.text(Setting.ISSUERS) == one.text(Setting.ISSUERS)


def test_two_stacks_may_both_take_the_subjects() -> None:
    both = carried_out(carried_out(cluster_with(), wanted("you", OPEN)), wanted("me", OPEN))

    assert IDP in carried_out(both, wanted("you")).text(Setting.ISSUERS)


# refused


@pytest.mark.parametrize("theirs", [MAPPED, CLOSED], ids=["a login", "the closing line"])
def test_logins_that_another_owner_maps_are_not_ended(theirs: Desired) -> None:
    cluster = carried_out(cluster_with(), wanted("shop/dev", theirs))

    text = refusal(cluster, "me", OPEN)

    assert f"issuer {IDP}: this stack takes its subjects as user names" in text
    assert "shop/dev maps its subjects" in text
    assert "Let both programs do the same" in text


def test_lines_that_another_owner_has_lost_stop_nobody() -> None:
    cluster = carried_out(cluster_with(), wanted("shop/dev", MAPPED))

    assert planned(cluster.edited(Setting.IDENTITY_MAP, ""), wanted("me", OPEN))


def test_subjects_that_another_owner_takes_are_not_mapped() -> None:
    cluster = carried_out(cluster_with(), wanted("shop/dev", OPEN))

    text = refusal(cluster, "me", MAPPED)

    assert (
        f"issuer {IDP}: this stack maps its subjects, shop/dev takes its subjects as user" in text
    )
    assert "once it has an identity map line, its subjects are no longer user names" in text


@pytest.mark.parametrize("before", [NOTHING, OPEN], ids=["at first", "later on"])
def test_a_line_that_no_stack_claims_is_named(before: Desired) -> None:
    cluster = carried_out(cluster_with(), wanted("me", before))
    cluster = cluster.edited(Setting.IDENTITY_MAP, f"{IDP}  s u # by hand")

    text = refusal(cluster, "me", OPEN)

    assert f"a line that no stack put there maps them: '{IDP} s u'" in text
    assert f"Remove the line from {Setting.IDENTITY_MAP.value} by hand" in text


def test_a_found_line_stays_and_is_refused() -> None:
    found = cluster_with({Setting.IDENTITY_MAP: f"{IDP} s app"})
    mapped = carried_out(found, wanted("me", MAPPED))

    assert "a line that no stack put there" in refusal(mapped, "me", OPEN)


def test_leaving_is_never_refused() -> None:
    cluster = carried_out(cluster_with(), wanted("me", OPEN))
    cluster = cluster.edited(Setting.IDENTITY_MAP, f"{IDP} s u")

    assert carried_out(cluster, wanted("me")).claims == ()


# names


@pytest.mark.parametrize(
    ("subject", "user"),
    [("app", "app"), ("App.Batch", "app.batch"), ("JOSE\u0301", "jos\u00e9"), ("1077", "1077")],
)
def test_a_login_is_named_after_its_subject_as_the_cluster_stores_it(
    subject: str, user: str
) -> None:
    check_name(subject, user)


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ("batch", "tokens with the subject 'batch' log in as 'batch' here, not as 'app'"),
        ("", "log in as '' here"),
        ("/^app$", "is a regular expression, but here subjects are user names"),
    ],
)
def test_a_login_with_another_name_is_refused(subject: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_name(subject, "app")
    assert reason in str(caught.value)


# previews

ACCEPTED = "+ audience crdb: accepted from every issuer, as the cluster has one list"
ENDS = "- audience crdb: no longer accepted, unless somebody else needs it"
OPENS = (
    "+ idp: each subject (audience crdb) may log in as the SQL user of the same name, no"
    " matter who created it"
)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            NOTHING,
            replace(OPEN, logins={}),
            [
                f"+ idp: tokens of issuer {IDP} are trusted, keys none",
                OPENS,
                ACCEPTED,
            ],
            id="comes",
        ),
        pytest.param(
            CLOSED,
            replace(OPEN, logins={}),
            [OPENS, ACCEPTED],
            id="opens",
        ),
        pytest.param(
            replace(OPEN, logins={}),
            CLOSED,
            ["- idp: subjects are no longer user names; identity map lines map them", ENDS],
            id="closes",
        ),
        pytest.param(
            replace(OPEN, logins={}),
            Desired({"idp": replace(OPEN_SOURCE, audience=UNKNOWN)}, {}),
            [
                "~ idp: the audience of its subjects is [unknown]",
                ENDS,
                ACCEPTED.replace("crdb", "[unknown]"),
            ],
            id="another audience",
        ),
    ],
)
def test_a_preview_says_what_changes(before: Desired, after: Desired, expected: list[str]) -> None:
    assert preview_lines(before, after) == expected


def test_a_preview_says_what_drifted() -> None:
    drifted = Remembered(OPEN, untrusted=frozenset({"idp"}))

    assert effect_lines(drifted, OPEN, {}) == [
        f"+ idp: tokens of issuer {IDP} are trusted again, only by subject"
    ]


# drift


def look(texts: Mapping[Setting, str]) -> Observed:
    cluster = carried_out(cluster_with(), wanted("me", OPEN))
    for setting, text in texts.items():
        cluster = cluster.edited(setting, text)
    return shown_by(cluster, OPEN)


ALL_THERE = all_there(OPEN)
UNTRUSTED = replace(
    ALL_THERE, sources={"idp": ObservedSource({}, is_trusted=False, audience="crdb")}
)


def test_with_everything_there_nothing_drifted() -> None:
    assert look({}) == ALL_THERE
    assert look({Setting.IDENTITY_MAP: "https://other s u"}) == ALL_THERE


def test_a_line_that_closes_the_issuer_is_drift() -> None:
    assert look({Setting.IDENTITY_MAP: f"{IDP} s u"}) == UNTRUSTED


def test_an_issuer_that_is_gone_is_drift() -> None:
    assert look({Setting.ISSUERS: ""}) == UNTRUSTED


def test_an_audience_that_is_gone_is_drift() -> None:
    assert look({Setting.AUDIENCE: ""}) == replace(
        ALL_THERE,
        sources={"idp": ObservedSource({}, audience="")},
        logins={"app": ObservedLogin({"app": ""})},
    )


def test_the_claims_of_a_stack_tell_others_that_it_takes_subjects() -> None:
    entries = wanted("me", OPEN).entries

    assert Entry(Kind.ISSUER, IDP) in entries
    assert not any(entry.kind is Kind.LINE for entry in entries)
