"""What a change whose engine was killed has left to do, in lines for people."""

from collections.abc import Iterator

from crdb_sso.plan.context import PlanContext
from crdb_sso.preview.on_cluster.notes import named
from crdb_sso.printing import first_told


def unfinished_lines(context: PlanContext) -> Iterator[str]:
    """Yield what there is to do even if no input has changed."""
    if not context.is_settled:
        yield "~ the last change of this stack was not completed: `up` completes it"
    yield from first_told(
        context.left_over,
        lambda entry: f"- {named(entry)}: left by a change that no state knows of",
        "- {count} more entries that such a change has left",
    )
