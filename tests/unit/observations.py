"""What a cluster shows of wishes that were carried out, and what previews say."""

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired import forced_sso
from crdb_sso.desired.logins import Desired, scalars
from crdb_sso.desired.remembered import Remembered
from crdb_sso.desired.unknown import known
from crdb_sso.plan.drift import Observed, ObservedLogin, ObservedSource, observed
from crdb_sso.preview.effects import effect_lines
from tests.unit.cluster_model import Cluster
from tests.unit.request_strategies import wanted


def shown_by(cluster: Cluster, desired: Desired, owner: str = "me") -> Observed:
    """Return what a cluster shows of a wish that its owner's state remembers."""
    known = cluster.known(wanted(owner, desired))
    return observed(Remembered(desired), cluster.live_for(known), known.holders)


def all_there(desired: Desired) -> Observed:
    """Return what a cluster shows if nothing is missing."""
    return Observed(
        sources={
            name: ObservedSource(
                {kid: known(text) for kid, text in source.known_keys.items()},
                audience=known(source.audience),
            )
            for name, source in desired.sources.items()
        },
        logins={
            user: ObservedLogin(
                {name: known(i.audience) for name, i in login.identities.items()},
                login.roles,
                login.may_login,
            )
            for user, login in desired.logins.items()
        },
        scalars={
            Setting(entry.name): text
            for entry, text in scalars(desired)
            if entry != forced_sso.ENTRY
        },
        sso_only=desired.sso_only,
        leftovers=(),
        retiring={},
    )


def preview_lines(before: Desired, after: Desired) -> list[str]:
    """Return the lines of a preview from one wish to another."""
    return effect_lines(Remembered(before), after, {})
