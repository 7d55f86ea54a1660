"""A cluster as a value, and what the steps of a plan do to it.

Claims, users and memberships are modelled here; the next text of a setting is the product's own,
but the readers of the embedded cluster, which shares no code with the product, decide whether
CockroachDB would accept it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from itertools import accumulate

from crdb_sso.crdb.active_version import ClusterVersion
from crdb_sso.crdb.settings import SPECS, LiveSetting, Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.plan.inputs import ClusterState, LiveUser, OwnerRequest
from crdb_sso.plan.planner import plan_changes
from crdb_sso.plan.resuming import resuming
from crdb_sso.plan.steps import Announce, Plan, Retire, Write
from crdb_sso.registry.claims import Claim, Entry, Kind, Owner, Registry, memberships_among
from dev.emulator.jose.keys import validate_jwks
from dev.emulator.setting_texts.hba_rules import validate_host_rules
from dev.emulator.setting_texts.identity_map import validate_identity_map
from dev.emulator.setting_texts.issuers_and_audiences import validate_audience, validate_issuers


@dataclass(frozen=True)
class Done:
    """The end of a change: the claim tables say that it is completed, and the engine saves it."""

    wanted: OwnerRequest


Step = Announce | Write | Retire | Done

SHARED = (Setting.IDENTITY_MAP, Setting.JWKS, Setting.ISSUERS, Setting.AUDIENCE)

ACCEPTS: dict[Setting, Callable[[str], None]] = {
    Setting.IDENTITY_MAP: validate_identity_map,
    Setting.HOST_RULES: validate_host_rules,
    Setting.JWKS: validate_jwks,
    Setting.ISSUERS: validate_issuers,
    Setting.AUDIENCE: validate_audience,
}


def at_default() -> dict[Setting, LiveSetting]:
    """Return the settings of a cluster on which nobody has set any."""
    return {s.setting: LiveSetting(s.setting.value, s.default, is_default=True) for s in SPECS}


def with_texts(texts: Mapping[Setting, str]) -> dict[Setting, LiveSetting]:
    """Return settings of which some were set."""
    return at_default() | {s: LiveSetting(s.value, text) for s, text in texts.items()}


@dataclass(frozen=True)
class Cluster:
    """A cluster: settings, all its users, the roles that are not users, and the claim tables.

    `states` is what the engine has saved: what each owner's state remembers, by its uuid.
    """

    settings: Mapping[Setting, LiveSetting] = field(default_factory=at_default)
    users: Mapping[str, LiveUser] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    registry: Registry | None = None
    now: datetime = datetime(2026, 11, 25, tzinfo=timezone.utc)
    states: Mapping[str, OwnerRequest] = field(default_factory=dict)
    ticks: int = 0
    version: ClusterVersion = field(default_factory=ClusterVersion)

    @property
    def moment(self) -> datetime:
        """Return the time of a transaction; no two have the same."""
        return self.now + timedelta(microseconds=self.ticks)

    def text(self, setting: Setting) -> str:
        return self.settings[setting].text

    @property
    def claims(self) -> tuple[Claim, ...]:
        return self.registry.claims if self.registry else ()

    @property
    def visible(self) -> tuple[Mapping[Setting, LiveSetting], Mapping[str, LiveUser]]:
        """Return what others see of it: everything but the claim tables."""
        return self.settings, self.users

    def edited(self, setting: Setting, text: str) -> "Cluster":
        """Return the cluster after somebody set a setting by hand."""
        if setting in ACCEPTS:
            ACCEPTS[setting](text)
        return replace(self, settings={**self.settings, setting: LiveSetting(setting.value, text)})

    def known(self, wanted: OwnerRequest) -> OwnerRequest:
        """Return a request as the engine makes it, from what it has saved.

        Nothing is wanted of an owner without a state: that is `crdb-sso claims release`.
        """
        instance = wanted.instance or next(
            (i for i, state in self.states.items() if state.owner == wanted.owner), ""
        )
        if instance in self.states:
            state = self.states[instance]
            remembered = {**state.entries, **dict.fromkeys(state.until, "")}
            return replace(wanted, instance=instance, remembered=remembered)
        if wanted.entries:
            return replace(wanted, instance=instance or f"{wanted.owner} {self.ticks}", is_new=True)
        named = self.registry.holders_named(wanted.owner) if self.registry else frozenset[str]()
        one = next(iter(sorted(named - {wanted.owner})), "")
        return replace(wanted, instance=one, older_names=named - {one})

    def live_for(self, wanted: OwnerRequest) -> ClusterState:
        """Return what one owner reads of it: its own users, and those it wants."""
        holders = resuming(wanted, self.registry).holders
        claimed = {c.entry for c in self.claims if c.holder in holders}
        entries = {*claimed, *wanted.entries}
        names = {e.name for e in entries if e.kind is Kind.USER}
        asked = list(memberships_among(entries))
        names |= {membership.user for membership in asked}
        return ClusterState(
            self.settings,
            self.registry,
            {name: user for name, user in self.users.items() if name in names},
            (self.roles | self.users.keys()) & {membership.role for membership in asked},
            self.now,
            version=self.version,
        )

    def after(self, step: Step) -> "Cluster":
        """Return the cluster after one step."""
        if isinstance(step, Write):
            return self._after_write(step)
        if isinstance(step, Done):
            return self._completed(step.wanted)
        return self._announced(step) if isinstance(step, Announce) else self._retired(step)

    def _after_write(self, step: Write) -> "Cluster":
        after = step.next_value(self.settings[step.setting])
        if step.setting in ACCEPTS:
            ACCEPTS[step.setting](after.text)
        return replace(self, settings={**self.settings, step.setting: after})

    def _announced(self, step: Announce) -> "Cluster":
        registry = self.registry or Registry("the-cluster")
        claims = {(c.entry, c.holder): c for c in registry.claims}
        for claim in step.claims:
            claims[claim.entry, claim.holder] = claim
        owners = dict(registry.owners)
        if step.instance:
            known = owners.get(step.instance)
            done = known.completed if known else None
            owners[step.instance] = Owner(step.instance, step.owner, self.moment, done)
            claims = {
                key: replace(
                    claim, owner=step.owner if claim.holder == step.instance else claim.owner
                )
                for key, claim in claims.items()
            }
        created = {name: LiveUser(state.may_login) for name, state in step.create_users.items()}
        users = {**created, **self.users}
        return replace(
            self,
            users=_granted(_altered(users, step.alter_users), self.roles, step.grants),
            registry=replace(
                registry,
                claims=tuple(claims.values()),
                found_texts={**step.found_texts, **registry.found_texts},
                owners=owners,
            ),
            ticks=self.ticks + 1,
        )

    def _completed(self, wanted: OwnerRequest) -> "Cluster":
        states = {**self.states, wanted.instance: wanted}
        assert self.registry is not None
        owners = dict(self.registry.owners)
        if not wanted.entries:
            states.pop(wanted.instance, None)
            owners.pop(wanted.instance, None)
        elif wanted.instance in owners:
            owners[wanted.instance] = replace(owners[wanted.instance], completed=self.moment)
        registry = replace(self.registry, owners=owners)
        return replace(self, registry=registry, states=states, ticks=self.ticks + 1)

    def _retired(self, step: Retire) -> "Cluster":
        assert self.registry is not None
        gone = {(c.entry, c.holder) for c in step.claims}
        users = dict(self.users)
        for revoked in step.revokes:
            roles = users[revoked.user].roles - {revoked.role}
            users[revoked.user] = replace(users[revoked.user], roles=roles)
        users = _altered(users, step.alter_users)
        return replace(
            self,
            users={name: user for name, user in users.items() if name not in step.drop_users},
            registry=replace(
                self.registry,
                claims=tuple(c for c in self.claims if (c.entry, c.holder) not in gone),
                found_texts={
                    key: text
                    for key, text in self.registry.found_texts.items()
                    if key not in step.found_keys
                },
                owners={
                    instance: owner
                    for instance, owner in self.registry.owners.items()
                    if instance not in step.owners
                },
            ),
        )


def _altered(
    users: Mapping[str, LiveUser], changes: Mapping[str, LoginState]
) -> dict[str, LiveUser]:
    changed = {
        name: replace(users[name], may_login=state is LoginState.LOGIN)
        for name, state in changes.items()
    }
    return {**users, **changed}


def _granted(
    users: dict[str, LiveUser], roles: frozenset[str], grants: tuple[Membership, ...]
) -> dict[str, LiveUser]:
    for grant in grants:
        assert grant.role in roles | users.keys(), f"no such role: {grant.role}"
        roles_now = users[grant.user].roles | {grant.role}
        users[grant.user] = replace(users[grant.user], roles=roles_now)
    return users


def refreshed(cluster: Cluster, owner: str, *lost: Setting) -> Cluster:
    """Return the cluster after a refresh has found that some settings have other values."""
    states = {
        instance: replace(
            state,
            entries={
                entry: text
                for entry, text in state.entries.items()
                if state.owner != owner or entry.setting not in lost
            },
        )
        for instance, state in cluster.states.items()
    }
    return replace(cluster, states=states)


def steps(plan: Plan, wanted: OwnerRequest) -> list[Step]:
    """Return the steps of a plan in order; a crash may come after any of them."""
    if not plan:
        return []
    retire = [plan.retire] if plan.retire else []
    until = {Entry(Kind.KEY, kid): due for kid, due in plan.retiring.items()}
    begin = [plan.beginning] if plan.off else []
    return [
        *begin,
        *plan.off,
        plan.announce,
        *plan.writes,
        *retire,
        Done(replace(wanted, until=until)),
    ]


def planned(cluster: Cluster, wanted: OwnerRequest) -> Plan:
    known = cluster.known(wanted)
    return plan_changes(cluster.live_for(known), known)


def history(cluster: Cluster, wanted: OwnerRequest) -> list[Cluster]:
    """Return the cluster before a plan, and after each of its steps."""
    known = cluster.known(wanted)
    plan = plan_changes(cluster.live_for(known), known)
    return list(accumulate(steps(plan, known), Cluster.after, initial=cluster))


def carried_out(cluster: Cluster, wanted: OwnerRequest) -> Cluster:
    return history(cluster, wanted)[-1]
