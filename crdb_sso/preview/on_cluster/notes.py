"""What people are told besides the changes themselves: warnings first, then notes."""

from collections.abc import Iterator

from crdb_sso.crdb.setting_texts import text_before
from crdb_sso.crdb.settings import Setting, is_on
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.desired import forced_sso
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.steps import Plan
from crdb_sso.plan.writes import issuers_were_added
from crdb_sso.preview.on_cluster.findings import finding_lines
from crdb_sso.preview.on_cluster.group_sync import alone_lines
from crdb_sso.preview.on_cluster.letter_case import kept_open_lines, wide_lines, widened_lines
from crdb_sso.preview.on_cluster.shared_users import kept_lines, shared_lines
from crdb_sso.printing import first_told
from crdb_sso.registry.claims import Claim, Entry, Kind
from crdb_sso.tokens.jwk import algorithm, jwk_from_text


def warnings(context: PlanContext) -> Iterator[str]:
    """Yield what somebody did by hand, and what this plan makes of that."""
    for entry, text in sorted(context.taken_away.items()):
        if not _goes_with_its_user(context, entry):
            yield _taken_away(context, entry, text)
    for entry in sorted(context.added.keys() & context.others.keys()):
        claim = context.others[entry]
        if _is_put_back(context, entry, claim):
            yield (
                f"{named(entry)} was taken away or changed by hand since {claim.owner} wrote it:"
                " this stack wants it too, and writes it again"
            )
    for entry, text in sorted(context.unclaimed.items()):
        if context.is_as_written(entry, text):
            yield (
                f"kept: {named(entry)}: its claim is gone from the claim tables, so it counts as"
                " found. To own it again, set `take_over=True` and run `pulumi up` while the"
                " program still wants it"
            )
    for entry, text in sorted(context.wanted.entries.items()):
        if _lost_its_claim(context, entry, text):
            yield (
                f"{named(entry)}: its claim is gone from the claim tables, so it counts as found"
                " from now on: `pulumi destroy` leaves it. To own it again, set `take_over=True`"
            )
    yield from wide_lines(context)
    yield from alone_lines(context)
    yield from _useless_keys(context)
    yield from finding_lines(context)
    yield from _rows_left_alone(context)


def _useless_keys(context: PlanContext) -> Iterator[str]:
    """Yield the keys that this change adds, and that the version of this cluster can't use."""
    if context.live.version.infers_algorithm:
        return
    for entry, text in sorted(context.added.items()):
        key = jwk_from_text(text) if entry.kind is Kind.KEY else None
        if key and not algorithm(key):
            yield (
                f"key {entry.name} names no algorithm (`alg`): CockroachDB before 23.1 refuses"
                " every token that is signed with it. Upgrade the cluster, or let the issuer"
                " publish the key with its `alg`"
            )


def _rows_left_alone(context: PlanContext) -> Iterator[str]:
    unreadable = context.live.registry.unreadable if context.live.registry else ()
    return first_told(
        unreadable,
        "the claim tables hold what no stack writes; it is left alone: {}".format,
        "the claim tables hold {count} more rows that no stack writes: `crdb-sso claims list`",
    )


def _goes_with_its_user(context: PlanContext, entry: Entry) -> bool:
    """Tell whether a membership is gone because its user is, which has a line of its own."""
    return isinstance(entry.value, Membership) and entry.value.user not in context.live.users


def _taken_away(context: PlanContext, entry: Entry, text: str) -> str:
    again = "not put back: `pulumi refresh`, then `pulumi up` does that"
    if entry.kind is Kind.USER and entry.name in context.live.users:
        if text == LoginState.NOLOGIN:
            return f"SQL user {entry.name} may log in again, by hand: {again}"
        if entry.name in context.shut_out:
            owner = context.shut_out[entry.name]
            return f"SQL user {entry.name} may not log in: {owner} shuts it out (`login: false`)"
        return f"SQL user {entry.name} was shut out by hand (NOLOGIN): {again}"
    if entry.kind is Kind.SETTING and entry != forced_sso.ENTRY:
        live = context.live.settings[Setting(entry.name)].text
        return f"{entry.name} was set to {live!r} by hand, this stack wrote {text!r}: {again}"
    if context.is_there(entry):
        return f"{named(entry)} was changed by hand: {again}"
    return f"{named(entry)} was taken away by hand: {again}"


def _is_put_back(context: PlanContext, entry: Entry, claim: Claim) -> bool:
    """Tell whether a person ended for another stack what this change begins for ours."""
    owner = context.live.owners.get(claim.instance)
    return (
        context.added.get(entry) == claim.text
        and owner is not None
        and owner.is_complete
        and entry.name not in context.shut_out
        and not context.is_as_written(entry, claim.text)
        and not _goes_with_its_user(context, entry)
    )


def _lost_its_claim(context: PlanContext, entry: Entry, text: str) -> bool:
    return (
        entry in context.remembered
        and entry not in context.mine
        and entry.kind is not Kind.SETTING
        and not entry.kind.is_said_only
        and not context.wanted.take_over
        and context.is_live(entry, text)
    )


def notes(context: PlanContext, plan: Plan) -> Iterator[str]:
    """Yield what a plan shares with others, can't restore, puts back, keeps or closes."""
    yield from shared_lines(context)
    yield from kept_lines(context)
    yield from kept_open_lines(context, plan)
    yield from widened_lines(context)
    yield from kept_layouts(plan, context)
    for entry, text in sorted(context.added.items()):
        if context.wanted.remembered.get(entry) == text:
            yield (
                f"{named(entry)} is put back: the last change of this stack was not completed, so"
                " nobody can tell what it had not written yet from what was taken away by hand"
            )
    for issuer in plan.closed:
        yield (
            f"issuer {issuer} would have no identity map line, so that its subjects log in as the"
            " users they name: closed with a line that matches nobody"
        )
    for user, news in plan.retire.kept_users.items():
        yield (
            f"kept: SQL user {user} is no longer as this stack left it ({news}): drop it by hand if"
            " nobody needs it"
        )
    for claim in plan.retire.claims:
        live = context.live.users.get(claim.entry.name)
        is_left_out = live is not None and not live.may_login and claim.text == LoginState.NOLOGIN
        if claim.entry.kind is Kind.USER and is_left_out and claim.entry in context.others:
            yield (
                f"SQL user {claim.entry.name} stays shut out (NOLOGIN):"
                f" {context.others[claim.entry].owner} opens it with `pulumi refresh`, then"
                " `pulumi up`, if it wants it to log in"
            )


def shut_out_lines(context: PlanContext) -> Iterator[str]:
    """Yield a line for each new login of ours that another owner shuts out."""
    for entry, text in context.added.items():
        if entry.kind is Kind.USER and text == LoginState.LOGIN and entry.name in context.shut_out:
            yield (
                f"{entry.name} may not log in, because {context.shut_out[entry.name]} shuts it out"
                " (`login: false`)"
            )


def kept_layouts(plan: Plan, context: PlanContext) -> Iterator[str]:
    """Yield a line for each setting that can't be restored to what was found."""
    live = context.live
    for write in plan.all_writes:
        setting = live.settings[write.setting]
        if write.found and write.next_value(setting).text != write.found.text:
            yield (
                f"{setting.name} can't be restored to what it was before the first stack:"
                " others have changed it since, and their entries stay"
            )
    if _stays_on(plan, context):
        yield "JWT logins stay on: others have added issuers since the first stack"


def _stays_on(plan: Plan, context: PlanContext) -> bool:
    """Tell whether logins were off before the first stack, and stay on for issuers of others."""
    name = Setting.ENABLED.value
    if name not in plan.retire.found_keys or not is_on(context.live.settings, Setting.ENABLED):
        return False
    is_ours = context.is_left_as_written(Entry(Kind.SETTING, name))
    was_on = text_before(Setting.ENABLED, context.found_texts[name]) == "true"
    return is_ours and not was_on and issuers_were_added(context)


def named(entry: Entry) -> str:
    """Return what an entry is, in words."""
    if entry.kind is Kind.USER:
        return f"SQL user {entry.name}"
    if isinstance(entry.value, Membership):
        return f"membership of {entry.value.user} in {entry.value.role}"
    return f"{entry.kind.value} {entry.name}"
