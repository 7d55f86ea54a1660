"""Random wishes of owners, with few names, so that they meet each other and what was found."""

from functools import cache

from hypothesis import strategies as st

from crdb_sso.crdb.hba import Door
from crdb_sso.desired.logins import NOTHING, Desired, Identity, Login, Source, wanted_entries
from crdb_sso.desired.provisioning import GroupSync, allows_admin_groups
from crdb_sso.desired.unknown import known
from crdb_sso.plan.inputs import LiveUser, OwnerRequest
from tests.unit.cluster_model import Cluster, with_texts
from tests.unit.foreign_text_strategies import found_texts
from tests.unit.named_keys import ec_key, ed_key

ISSUERS = {name: f"https://idp-{name}.example.com" for name in "abc"}
ROLES = ["readers", "writers"]
USERS = ["app_a", "app_b", "app_c"]
PASSTHROUGH = "c"  # if owners have to agree, its subjects are user names
SHUT_OUT = "app_c"  # if owners have to agree on a login's state, this one is NOLOGIN


SOME_KIDS = st.lists(st.sampled_from(["1", "2", "3"]), unique=True, max_size=3)
SOME_ISSUERS = st.lists(st.sampled_from(sorted(ISSUERS)), unique=True, max_size=3)
SOME_USERS = st.lists(st.sampled_from(USERS), unique=True, max_size=3)
SOME_ROLES = st.frozensets(st.sampled_from(ROLES))


FOUND_USERS = st.dictionaries(
    st.sampled_from([*USERS, "theirs"]),
    st.builds(LiveUser, st.booleans(), SOME_ROLES),
    max_size=2,
)


@cache  # a strategy that is made again is looked through again
@st.composite
def sources(draw: st.DrawFn, name: str, *, agreed: bool) -> Source:
    kids = draw(SOME_KIDS)
    make = st.just(ec_key) if agreed else st.sampled_from([ec_key, ed_key])
    takes_subjects = name == PASSTHROUGH and (agreed or draw(st.booleans()))
    return Source(
        ISSUERS[name],
        f"https://idp-{name}.example.com/keys",
        {f"{name}-{kid}": draw(make)(f"{name}-{kid}") for kid in kids},
        close_passthrough=not takes_subjects,
        subject_is_username=takes_subjects,
        audience="crdb" if takes_subjects else "",
    )


@cache
def identities(names: tuple[str, ...], user: str) -> st.SearchStrategy[dict[str, Identity]]:
    identity = st.builds(
        Identity,
        st.sampled_from(names),
        st.sampled_from(["crdb", "other audience"]),
        st.sampled_from(["s-1", "S-1", "s-2", r"/^batch-\d+$", user]),
    )
    return st.dictionaries(st.sampled_from(["one", "two"]), identity, max_size=2)


@cache
def doors() -> st.SearchStrategy[dict[Door, str] | None]:
    """Draw the doors of forced SSO; each has a fixed method, as owners have to agree."""
    kept = {
        Door("ops"): "cert",
        Door("mon", "10.0.0.0/8"): "password",
        Door("bak"): "cert-password",
    }
    some = st.lists(st.sampled_from(sorted(kept)), unique=True)
    return st.none() | some.map(lambda names: {name: kept[name] for name in names})


@cache
def group_syncs() -> st.SearchStrategy[GroupSync | None]:
    names = st.sampled_from(["groups", "teams"])
    return st.one_of(st.none(), st.none(), st.builds(GroupSync, names, names, st.just(value=True)))


@cache
def acceptances() -> st.SearchStrategy[dict[str, str]]:
    ids, reasons = st.sampled_from(["CRDB-SSO-001", "CRDB-SSO-002"]), st.sampled_from(["a", "b"])
    return st.dictionaries(ids, reasons, max_size=2)


@cache
@st.composite
def wishes(draw: st.DrawFn, *, agreed: bool = False) -> Desired:
    """Draw what one owner wants.

    Args:
        draw: Given by hypothesis.
        agreed: Whether owners never want two states of one login, key or switch; of roles and group
            sync they still have to drop one.
    """
    names, users = draw(SOME_ISSUERS), draw(SOME_USERS)
    states = st.just(value=True) if agreed else st.booleans()
    sync = draw(group_syncs())
    return Desired(
        sources={name: draw(sources(name, agreed=agreed)) for name in names},
        logins={
            user: Login(
                draw(identities(tuple(names), user)) if names else {},
                draw(SOME_ROLES) if agreed or not sync else frozenset(),
                user != SHUT_OUT if agreed else draw(states),
            )
            for user in users
        },
        enabled=draw(states),
        sso_only=draw(doors()),
        auto_provisioning=draw(st.booleans()),
        group_sync=sync,
        accept=draw(acceptances()),
    )


def wanted(owner: str, logins: Desired = NOTHING, instance: str = "") -> OwnerRequest:
    """Return what an owner wants; a renamed one is known by its uuid."""
    closing = frozenset(known(s.issuer) for s in logins.sources.values() if s.close_passthrough)
    entries = wanted_entries(logins)
    return OwnerRequest(
        owner,
        entries,
        instance=instance,
        close_passthrough=closing,
        allows_admin_groups=allows_admin_groups(logins.group_sync),
    )


@cache
@st.composite
def found_clusters(draw: st.DrawFn) -> Cluster:
    """Draw a cluster that others already use."""
    users = draw(FOUND_USERS)
    return Cluster(with_texts(draw(found_texts())), users, frozenset(ROLES))
