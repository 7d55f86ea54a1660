"""How published keys differ from those on a cluster, in lines for people."""

from crdb_sso.plan.rotation import Rotation


def rotation_lines(found: Rotation) -> list[str]:
    """Return a line for each kid, and what to do at the end."""
    kids_by_line = {
        "+ {kid}: published, not yet trusted": found.new,
        "+ {kid}: gone from the cluster": found.missing,
        "~ {kid}: no longer published, still trusted": found.retired,
        "- {kid}: no longer published, its time is over": found.due,
    }
    lines = [text.format(kid=kid) for text, kids in kids_by_line.items() for kid in kids]
    lines += [
        f"  {kid}: no longer published, trusted until {until:%Y-%m-%d %H:%M} UTC"
        for kid, until in sorted(found.waiting.items())
    ]
    return [*lines, "run `pulumi up`" if found.needs_up else "the keys are up to date"]
