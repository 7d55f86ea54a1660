"""Which claim names the principal: who has to agree, and what is restored."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.errors import GuardRefused, UnsupportedVersion
from crdb_sso.plan.inputs import OwnerRequest
from tests.unit.cluster_model import Cluster, carried_out, planned, with_texts
from tests.unit.cluster_versions import BEFORE_26_1, SINCE_26_3
from tests.unit.observations import shown_by
from tests.unit.request_strategies import wanted

IDP, THEIRS = "https://idp.example.com", "https://theirs.example.com"


def mapping_by(claim: str = "", user: str = "app", owner: str = "me") -> OwnerRequest:
    return wanted(owner, logins_by(claim, user))


def logins_by(claim: str = "", user: str = "app") -> Desired:
    login = Login({"orders": Identity("idp", "crdb", f"of-{user}")})
    return Desired({"idp": Source(IDP)}, {user: login}, claim=claim)


def found(**texts: str) -> Cluster:
    return Cluster(with_texts({Setting[name]: text for name, text in texts.items()}))


@pytest.mark.parametrize("before", [found(), found(CLAIM="sub"), found(CLAIM="email")])
def test_a_claim_is_set_and_restored(before: Cluster) -> None:
    value = "email" if before.text(Setting.CLAIM) != "sub" else "sub"

    after = carried_out(before, mapping_by(value))

    assert after.text(Setting.CLAIM) == value
    assert not planned(after, mapping_by(value))
    assert carried_out(after, wanted("me")).visible == before.visible
    assert carried_out(after, mapping_by()).text(Setting.CLAIM) == before.text(Setting.CLAIM)


def test_without_a_claim_the_setting_is_left_alone() -> None:
    after = carried_out(found(CLAIM="email"), mapping_by())
    assert after.text(Setting.CLAIM) == "email"


@pytest.mark.parametrize(
    ("cluster", "who"),
    [
        pytest.param(found(ISSUERS=THEIRS), f"issuer {THEIRS}", id="an issuer nobody claims"),
        pytest.param(
            found(ISSUERS=THEIRS, IDENTITY_MAP=f"{THEIRS}  s   u"),
            f"identity map line '{THEIRS} s u', issuer {THEIRS}",
            id="a line nobody claims",
        ),
    ],
)
def test_logins_of_others_stay_mapped_by_their_claim(cluster: Cluster, who: str) -> None:
    with pytest.raises(GuardRefused) as caught:
        planned(cluster, mapping_by("email"))
    assert caught.value.what == (
        f"mapping by the claim 'email' would end logins of others, which are mapped by 'sub': {who}"
    )


def test_only_unclaimed_logins_are_named() -> None:
    mine = carried_out(found(ISSUERS=THEIRS), mapping_by())

    with pytest.raises(GuardRefused) as caught:
        planned(mine, mapping_by("email"))

    assert caught.value.what.endswith(f"which are mapped by 'sub': issuer {THEIRS}")


@pytest.mark.parametrize(
    "cluster",
    [
        pytest.param(found(ISSUERS=THEIRS, CLAIM="email"), id="they are mapped by it too"),
        pytest.param(found(IDENTITY_MAP="cert_map a b"), id="a line for certificates"),
        pytest.param(found(IDENTITY_MAP=f"{THEIRS} s u"), id="a line whose issuer is not trusted"),
    ],
)
def test_what_does_not_rely_on_another_claim_is_not_refused(cluster: Cluster) -> None:
    assert carried_out(cluster, mapping_by("email")).text(Setting.CLAIM) == "email"


@pytest.mark.parametrize(
    "cluster",
    [
        pytest.param(found(ISSUERS=THEIRS), id="an issuer nobody claims"),
        pytest.param(
            carried_out(Cluster(), mapping_by("", "other", "you")), id="lines of another stack"
        ),
    ],
)
def test_a_stack_that_maps_nothing_cannot_end_logins_of_others_either(cluster: Cluster) -> None:
    by_subject = Source("https://new.example.com", subject_is_username=True, audience="crdb")

    with pytest.raises(GuardRefused, match="claim 'email'"):
        planned(cluster, wanted("me", Desired({"idp": by_subject}, {}, claim="email")))


def test_a_value_that_somebody_set_is_not_changed() -> None:
    with pytest.raises(GuardRefused, match="is already 'upn', set by somebody outside"):
        planned(found(CLAIM="upn"), mapping_by("email"))


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        pytest.param(
            "",
            "email",
            "mapped by the claim 'email', you by 'sub'",
            id="they are mapped by the default",
        ),
        pytest.param("email", "", "mapped by the claim 'sub', you by 'email'", id="we do"),
        pytest.param("email", "upn", "you wants email: a cluster has one value", id="two wishes"),
    ],
)
def test_stacks_have_to_agree_and_the_other_is_named(first: str, second: str, what: str) -> None:
    cluster = carried_out(Cluster(), mapping_by(first, "other", "you"))
    with pytest.raises(GuardRefused) as caught:
        planned(cluster, mapping_by(second))
    assert what in caught.value.what


@pytest.mark.parametrize(("first", "second"), [("email", "email"), ("", "sub"), ("sub", "")])
def test_stacks_that_agree_share_the_claim(first: str, second: str) -> None:
    both = carried_out(
        carried_out(Cluster(), mapping_by(first, "other", "you")), mapping_by(second)
    )
    assert both.text(Setting.CLAIM) == (first or second)
    left = carried_out(both, wanted("me"))
    assert left.text(Setting.CLAIM) == first


def test_an_owner_may_leave_whatever_claim_others_use() -> None:
    cluster = carried_out(Cluster(), mapping_by("email"))
    assert not planned(cluster, wanted("you"))


def test_a_cluster_without_the_setting_is_too_old() -> None:
    cluster = Cluster({s: v for s, v in with_texts({}).items() if s is not Setting.CLAIM})
    with pytest.raises(UnsupportedVersion) as caught:
        planned(cluster, mapping_by("email"))
    assert "since 23.1.2" in caught.value.hint
    assert carried_out(cluster, mapping_by()).claims


@pytest.mark.parametrize(("live", "expected"), [("email", "email"), ("upn", "upn"), ("", "")])
def test_a_claim_that_somebody_changed_is_seen(live: str, expected: str) -> None:
    cluster = carried_out(Cluster(), mapping_by("email"))
    text = LiveSetting(Setting.CLAIM.value, live)
    edited = replace(cluster, settings={**cluster.settings, Setting.CLAIM: text})

    assert shown_by(edited, logins_by("email")).scalars[Setting.CLAIM] == expected


POINTER = "/kubernetes.io/serviceaccount/uid"


def test_a_pointer_is_refused_where_it_would_be_a_literal_name() -> None:
    with pytest.raises(UnsupportedVersion) as caught:
        planned(Cluster(), mapping_by(POINTER))

    assert caught.value.what == (
        f"the claim '{POINTER}' is a JSON Pointer: this cluster would look for a claim of that very"
        " name at the top of a token, and refuse all logins (`missing claim`)"
    )
    assert "since 26.3: upgrade the cluster, and finalize" in caught.value.hint


def test_a_pointer_is_written_where_the_version_has_it() -> None:
    after = carried_out(Cluster(version=SINCE_26_3), mapping_by(POINTER))

    assert after.text(Setting.CLAIM) == POINTER


def test_a_pointer_that_somebody_set_is_refused_where_it_is_a_literal_name_all_the_same() -> None:
    with pytest.raises(UnsupportedVersion, match="is a JSON Pointer"):
        planned(found(CLAIM=POINTER), mapping_by(POINTER))


def test_a_pointer_that_this_stack_wrote_stops_no_change() -> None:
    ours = replace(carried_out(Cluster(version=SINCE_26_3), mapping_by(POINTER)))
    older = replace(ours, version=BEFORE_26_1)

    assert carried_out(older, mapping_by(POINTER, "other")).text(Setting.CLAIM) == POINTER
    assert carried_out(older.edited(Setting.CLAIM, "sub"), mapping_by(POINTER, "other")).claims
    assert carried_out(older, wanted("me")).text(Setting.CLAIM) == ""
