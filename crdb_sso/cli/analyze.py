"""`crdb-sso analyze`: what is trusted more than meant, and what to do about it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Annotated

import typer

from crdb_sso.cli.cluster_options import (
    DatabaseOption,
    JsonOption,
    UrlOption,
    check_owner,
    chosen_database,
    chosen_url,
)
from crdb_sso.cli.exit_codes import TRUSTS_TOO_MUCH
from crdb_sso.cli.screen import say, say_aside, say_json
from crdb_sso.clients.cluster import open_cluster
from crdb_sso.printing import printable
from crdb_sso.registry.known_owners import check_owner_known
from crdb_sso.verdict.access.views import AccessView
from crdb_sso.verdict.findings import Finding, Report, Situation, analyzed


def analyze(
    context: typer.Context,
    *,
    stack: Annotated[
        str | None,
        typer.Option(
            "--stack",
            metavar="OWNER",
            help="only what concerns this owner, or the cluster as a whole; as `claims list` shows"
            " it",
        ),
    ] = None,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Show what the cluster trusts more than meant; VIEWCLUSTERSETTING is enough."""
    check_owner(stack)
    where = chosen_database(context, database)
    url = chosen_url(context, cluster_url)
    with open_cluster(url, database=where, checks_owners=False) as cluster:
        view = cluster.read_access()
    if stack is not None:
        check_owner_known(view.registry, stack, sees_claims=view.sees_claims)
    report = analyzed(Situation(view, datetime.now(timezone.utc)))
    if stack is not None:
        report = report.about(stack)
    if as_json:
        say_json(_as_json(view, report))
    else:
        for line in _lines(report.findings):
            say(line)
    for sentence in report.unseen:
        say_aside(printable(sentence))
    if report.has_open_errors:
        raise typer.Exit(TRUSTS_TOO_MUCH)


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    for one in findings:
        yield f"{one.severity.value} {one.id}: {printable(one.sentence)}"
        for acceptance in one.accepted:
            reason = printable(acceptance.reason)
            yield f"  accepted by {printable(acceptance.owner)}: {reason}"
        if not one.accepted:
            yield f"  {printable(one.way_out)}"
    if not findings:
        yield "nothing is trusted more than meant"


def _as_json(view: AccessView, report: Report) -> dict[str, object]:
    return {
        "version": view.cluster.version,
        "findings": [
            {
                "id": one.id,
                "severity": one.severity.value,
                "sentence": one.sentence,
                "way_out": one.way_out,
                "entries": [{"kind": e.kind.value, "entry": e.name} for e in one.entries],
                "owners": list(one.owners),
                "accepted": [{"owner": a.owner, "reason": a.reason} for a in one.accepted],
            }
            for one in report.findings
        ],
        "unseen": list(report.unseen),
    }
