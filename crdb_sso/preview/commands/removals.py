"""What a plan removes, in lines for those who are about to carry it out."""

from collections.abc import Iterator

from crdb_sso.plan.steps import Plan, Retire, Write
from crdb_sso.printing import printable
from crdb_sso.registry.claims import KIND_IN


def removal_lines(plan: Plan) -> list[str]:
    """Return a line for everything that a plan removes or gives back."""
    writes = [line for write in plan.all_writes for line in _written(write)]
    return [*writes, *_retired(plan.retire)]


def _written(write: Write) -> Iterator[str]:
    for entry in write.drop:
        yield f"- {KIND_IN[write.setting].value} {printable(entry)}"
    if write.found:
        before = "its default" if write.found.is_default else "what it was before the first stack"
        yield f"~ {write.setting.value} goes back to {before}, as far as nobody else has changed it"


def _retired(retire: Retire) -> Iterator[str]:
    for membership in retire.revokes:
        yield f"- membership of {membership.user} in {membership.role}"
    for user, state in retire.alter_users.items():
        yield f"~ SQL user {user} {'may' if state.may_login else 'may not'} log in"
    for user in retire.drop_users:
        yield f"- SQL user {user}"
    if retire.claims:
        yield f"- {len(retire.claims)} claims"
