"""What the lists that a cluster has only once mean: issuers, pinned keys and audiences.

CockroachDB checks each on its own: any pinned key signs for any listed issuer and audience. No
setting binds an audience or a key to one issuer; only the identity map tells issuers apart.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import Setting, is_on
from crdb_sso.desired.logins import Desired
from crdb_sso.desired.unknown import Text
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.plan.steps import Plan
from crdb_sso.plan.writes import settings_after


def audience_lines(
    before: Desired, after: Desired, live: ClusterState | None = None
) -> Iterator[str]:
    """Yield the audiences that a program no longer names, or names from now on.

    One that the cluster accepts already is not added: by another stack, or because a refresh found
    only the line gone that it came with.

    Args:
        before: What the state says.
        after: What the program wants.
        live: The cluster, if it was reached.
    """
    old, new = _audiences(before), _audiences(after)
    for audience in sorted(map(str, old - new)):
        yield f"- audience {audience}: no longer accepted, unless somebody else needs it"
    for audience in sorted(map(str, new - old - _accepted(live))):
        yield f"+ audience {audience}: accepted from every issuer, as the cluster has one list"


def _accepted(live: ClusterState | None) -> AbstractSet[Text]:
    """Return the audiences that a cluster accepts; none if it was not reached, or hides them."""
    if live is None or Setting.AUDIENCE not in live.settings:
        return set()
    try:
        return entries(Setting.AUDIENCE, live.settings[Setting.AUDIENCE].text).keys()
    except GuardRefused:  # a guard says so
        return set()


def _audiences(desired: Desired) -> set[Text]:
    named = {one.audience for login in desired.logins.values() for one in login.identities.values()}
    named |= {source.audience for source in desired.sources.values()}
    return named - {""}


def joining_lines(plan: Plan, live: ClusterState) -> Iterator[str]:
    """Yield what a plan means if an issuer or audience joins others that are there, or come too.

    Args:
        plan: The plan.
        live: The cluster that it was made for.
    """
    after = settings_after(plan.all_writes, live.settings)
    for setting in (Setting.ISSUERS, Setting.AUDIENCE):
        old = entries(setting, live.settings[setting].text)
        new = entries(setting, after[setting].text)
        joining = new.keys() - old.keys()
        if not joining or len(new) == 1:
            continue
        named = ", ".join(sorted(new))
        if setting is Setting.AUDIENCE:
            yield (
                f"audiences of this cluster from now on: {named}. It is one list: tokens for any of"
                " them are accepted from every trusted issuer"
            )
        elif not is_on(after, Setting.AUTO_FETCH):
            yield (
                f"issuers of this cluster from now on: {named}. Their pinned keys are one list: a"
                " key of any of them signs for all of them, so trust them all alike"
            )
