"""A way in for everybody is refused only where this change adds it, and nobody accepts it."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import NOTHING, Desired, Identity, Login, Source
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.guards import open_to_everybody
from crdb_sso.plan.planner import plan_context
from crdb_sso.registry.claims import Claim, Entry, Kind, Owner, Registry
from tests.unit.cluster_model import Cluster, carried_out, with_texts
from tests.unit.request_strategies import wanted

GOOGLE = "https://accounts.google.com"
EVERYBODY = Identity("google", "crdb", "/^[0-9]+$")
OPEN = Desired({"google": Source(GOOGLE)}, {"app": Login({"all": EVERYBODY})})
ACCEPTED = replace(OPEN, accept={"CRDB-SSO-003": "a demo"})
BY_NAME = Desired(
    {"google": Source(GOOGLE, subject_is_username=True, audience="crdb")}, {}, accept={}
)
FETCHED = {"google": Source(GOOGLE, jwks_uri="https://a.example.com/jwks")}
MOVED = {"google": Source(GOOGLE, jwks_uri="https://b.example.com/jwks")}
PRIVATE = Desired({"google": Source("https://idp.example.com")}, {"app": Login({"all": EVERYBODY})})


def check(cluster: Cluster, wish: Desired) -> None:
    request = cluster.known(wanted("me", wish))
    open_to_everybody.check(plan_context(cluster.live_for(request), request))


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        pytest.param(OPEN, "CRDB-SSO-003: Line 1 of the identity map", id="a pattern"),
        pytest.param(BY_NAME, f"CRDB-SSO-008: {GOOGLE} .Google. has no line", id="no line at all"),
        pytest.param(
            replace(OPEN, accept={"CRDB-SSO-008": "another one"}), "CRDB-SSO-003", id="another id"
        ),
    ],
)
def test_a_new_way_in_for_everybody_is_refused(wish: Desired, says: str) -> None:
    with pytest.raises(GuardRefused, match=says) as refused:
        check(Cluster(), wish)

    assert 'accept={"CRDB-SSO-00' in refused.value.hint


@pytest.mark.parametrize("wish", [ACCEPTED, PRIVATE], ids=["accepted", "a private issuer"])
def test_it_passes(wish: Desired) -> None:
    check(Cluster(), wish)


@pytest.mark.parametrize("holder", ["nobody", "another", "me"])
def test_rows_of_others_accept_nothing(holder: str) -> None:
    """Whoever may write the claim tables writes what he likes, and under any name."""
    entries = (
        Entry(Kind.LINE, f"{GOOGLE} /^[0-9]+$ app"),
        Entry(Kind.ACCEPTED, "CRDB-SSO-003"),
    )
    now = Cluster().moment
    forged = tuple(Claim(entry, holder, "why", found=False, instance=holder) for entry in entries)
    owners = {name: Owner(name, name, now, now) for name in ("another", "me")}

    with pytest.raises(GuardRefused, match="CRDB-SSO-003"):
        check(Cluster(registry=Registry("c", forged, owners=owners)), OPEN)


def test_what_a_stack_has_written_before_never_stops_it() -> None:
    """An upgrade of the program, or an acceptance that goes, is not a reason to refuse."""
    there = carried_out(Cluster(), wanted("me", ACCEPTED))

    check(there, OPEN)
    check(there, replace(OPEN, logins={**OPEN.logins, "more": Login({})}))
    check(there, NOTHING)


ONE = replace(OPEN, logins={"app": Login({"one": replace(EVERYBODY, subject="118")})})
STANDS_THERE = {Setting.IDENTITY_MAP: f"{GOOGLE} /^[0-9]+$ theirs"}
BY_MAIL = {
    Setting.ISSUERS: f'["{GOOGLE}"]',
    Setting.IDENTITY_MAP: rf"{GOOGLE} /^.+@gmail\.com$ theirs",
}


@pytest.mark.parametrize(
    ("texts", "wish", "line"),
    [
        pytest.param(STANDS_THERE, ONE, r"/\^\[0-9\]\+\$ theirs", id="the issuer"),
        pytest.param(
            {Setting.IDENTITY_MAP: BY_MAIL[Setting.IDENTITY_MAP]},
            replace(ONE, claim="email"),
            r"gmail\\.com\$ theirs",
            id="both",
        ),
    ],
)
def test_what_opens_a_line_that_stands_there_is_refused(
    texts: dict[Setting, str], wish: Desired, line: str
) -> None:
    with pytest.raises(GuardRefused, match=rf"CRDB-SSO-003: Line 1 .*{line}"):
        check(Cluster(with_texts(texts)), wish)

    check(Cluster(with_texts(texts)), replace(wish, accept={"CRDB-SSO-003": "why"}))


def test_a_claim_that_opens_a_line_is_refused() -> None:
    """The line is the stack's own, and let in nobody by `sub`."""
    before = replace(
        OPEN, logins={"app": Login({"all": replace(EVERYBODY, subject=r"/^.+@gmail\.com$")})}
    )
    there = carried_out(Cluster(), wanted("me", before))
    by_mail = replace(before, claim="email")

    with pytest.raises(GuardRefused, match=r"CRDB-SSO-003: Line 1 .*gmail"):
        check(there, by_mail)

    check(there, replace(by_mail, accept={"CRDB-SSO-003": "why"}))
    check(
        carried_out(there, wanted("me", replace(by_mail, accept={"CRDB-SSO-003": "why"}))), by_mail
    )


def test_another_claim_is_not_refused_for_a_line_that_is_open_by_either() -> None:
    every = replace(OPEN, logins={"app": Login({"all": replace(EVERYBODY, subject="/^.*$")})})
    accepted = replace(every, accept={"CRDB-SSO-003": "why"})
    there = carried_out(Cluster(), wanted("me", accepted))

    check(there, replace(every, claim="email"))


def test_a_line_that_was_open_before_is_not_our_fault_though_it_moves() -> None:
    """Our line above it goes, and the issuer gets another address of its keys."""
    there = carried_out(Cluster(), wanted("me", replace(ONE, sources=FETCHED, fetched=True)))
    ours = there.text(Setting.IDENTITY_MAP)
    texts = {
        setting: replace(live, text=f"{ours}\n{GOOGLE} /^[0-9]+$ theirs")
        if setting is Setting.IDENTITY_MAP
        else live
        for setting, live in there.settings.items()
    }

    check(replace(there, settings=texts), replace(ONE, sources=MOVED, fetched=True, logins={}))


def test_what_somebody_else_has_opened_is_not_our_fault() -> None:
    theirs = {
        Setting.ISSUERS: f'["{GOOGLE}"]',
        Setting.IDENTITY_MAP: f"{GOOGLE} /^.*$ theirs",
    }

    check(Cluster(with_texts(theirs)), ONE)
    check(Cluster(with_texts(BY_MAIL)), ONE)
