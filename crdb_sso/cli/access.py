"""`crdb-sso access`: who can log in as whom with a token."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from crdb_sso.cli.cluster_options import (
    DatabaseOption,
    JsonOption,
    UrlOption,
    chosen_database,
    chosen_url,
)
from crdb_sso.cli.screen import say, say_aside, say_json, say_table
from crdb_sso.clients.cluster import open_cluster
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.storable import check_storable
from crdb_sso.crdb.user_names import normalised
from crdb_sso.errors import InvalidInput, extra_hint
from crdb_sso.pages.remarks import remark_of
from crdb_sso.preview.logins import ways_in as words
from crdb_sso.printing import printable
from crdb_sso.verdict.access.narrowing import About, narrowed, near_issuer
from crdb_sso.verdict.access.views import AccessView
from crdb_sso.verdict.access.ways_in import WayIn, trusted_issuers, ways_in
from crdb_sso.verdict.findings import Situation, analyzed


def access(
    context: typer.Context,
    *,
    user: Annotated[
        str | None, typer.Argument(metavar="[USER]", help="only ways to log in as this SQL user")
    ] = None,
    issuer: Annotated[
        str | None, typer.Option("--issuer", help="only tokens with this `iss`, byte for byte")
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option("--subject", help="only tokens that say this: `sub`, or the configured claim"),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="write a page for the browser to this file"),
    ] = None,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Show who can log in as whom with a token; VIEWCLUSTERSETTING is enough."""
    for given in (user, issuer, subject):
        check_storable(given or "")
    where = chosen_database(context, database)
    url = chosen_url(context, cluster_url)
    with open_cluster(url, database=where, checks_owners=False) as cluster:
        view = cluster.read_access()
    every = ways_in(view)
    about = About(user, issuer, subject)
    ways = narrowed(view, every, about)
    if html:
        _write_page(html, view, ways, about)
    if as_json:
        say_json(_as_json(view, ways))
    else:
        _say(view, ways)
    for sentence in view.blind_spots:
        say_aside(sentence)
    if html:
        say_aside(f"written: {html}")
    for sentence in _unknown(view, every, about):
        say_aside(sentence)


def _unknown(view: AccessView, every: tuple[WayIn, ...], about: About) -> Iterator[str]:
    """Yield what a question names that is not on the cluster."""
    if about.user and view.accounts is not None and normalised(about.user) not in view.accounts:
        yield f"there is no SQL user {about.user}"
    if about.issuer is None:
        return
    if near := near_issuer(view, every, about.issuer):
        yield near
    elif about.issuer not in (trusted_issuers(view) or (about.issuer,)):
        yield f"issuer {about.issuer} is not trusted"


def _write_page(file: Path, view: AccessView, ways: Sequence[WayIn], about: About) -> None:
    """Write the page.

    Raises:
        InvalidInput: The packages that draw it are missing, or the file can't be written.
    """
    try:
        from crdb_sso.pages.access_page import access_page  # noqa: PLC0415 - an extra
    except ImportError as exc:
        raise InvalidInput(
            f"--html needs the Python package {exc.name}",
            hint=f"{extra_hint('html')}, or in its repository pip install -r requirements-html.txt;"
            " or leave --html out.",
        ) from None
    now = datetime.now(timezone.utc)
    remarks = tuple(map(remark_of, analyzed(Situation(view, now)).findings))
    page = access_page(view, ways, about, now=now, remarks=remarks)
    try:
        file.write_text(page, "utf-8")
    except OSError as exc:
        raise InvalidInput(
            f"{file} can't be written: {exc.strerror}", hint="Name a file in a folder that you own."
        ) from None


def _say(view: AccessView, ways: Sequence[WayIn]) -> None:
    claim = view.cluster.text(Setting.CLAIM)
    if claim not in ("", "sub"):
        say(f"a token says who it is in the claim {printable(claim)}")
    for issuer, of_issuer in groupby(ways, key=words.issuer_of):
        say(printable(issuer))
        say_table(words.HEADINGS, map(words.row, of_issuer))
    if not ways:
        say("nobody")


def _as_json(view: AccessView, ways: Sequence[WayIn]) -> dict[str, object]:
    issuers = trusted_issuers(view)
    return {
        "version": view.cluster.version,
        "claim": view.cluster.text(Setting.CLAIM) or "sub",
        "issuers": None if issuers is None else list(issuers),
        "ways": [_way(view, way) for way in ways],
        "unseen": list(view.blind_spots),
    }


def _way(view: AccessView, way: WayIn) -> dict[str, object]:
    account = way.account
    exists = None if view.accounts is None or not way.user else account is not None
    last_login = account.last_login if account else None
    return {
        "issuer": way.issuer,
        "how": way.how.value,
        "subject": way.subject,
        "user": way.user,
        "template": way.template,
        "line": way.line,
        "line_origin": way.line_whose.origin.value,
        "line_owners": list(way.line_whose.owners),
        "user_origin": way.user_whose.origin.value,
        "user_owners": list(way.user_whose.owners),
        "exists": exists,
        "roles": sorted(account.roles) if account else [],
        "rights": [right.words for right in account.rights] if account else [],
        "last_login": last_login.isoformat() if last_login else "",
        "provisioned_by": account.provisioned_by if account else "",
        "made_at_login": way.is_made,
        "works": way.works,
        "obstacles": [one.name.lower() for one in way.obstacles],
    }
