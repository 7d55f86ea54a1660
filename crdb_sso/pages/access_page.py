"""The page of `crdb-sso access --html`: one file that asks nobody for anything.

Every value on it may come from whoever wrote a line, named a user or chose an owner's name. So each
is escaped by the template engine, after what does not print has been made visible, and a policy in
the page lets nothing run but its own script.
"""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from crdb_sso.crdb.settings import Setting
from crdb_sso.pages.diagram import MOST_WAYS, diagram
from crdb_sso.pages.remarks import Remark, remarks_on
from crdb_sso.preview.logins import ways_in as words
from crdb_sso.printing import printable
from crdb_sso.verdict.access.narrowing import About
from crdb_sso.verdict.access.views import AccessView
from crdb_sso.verdict.access.ways_in import WayIn


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table, in words.

    Attributes:
        number: From 1.
        cells: What stands in its columns.
        works: Whether nothing is known to be in the way.
        is_admin: Whether the user may do everything.
        remarks: What has been found out about it.
    """

    number: int
    cells: tuple[str, ...]
    works: bool
    is_admin: bool
    remarks: tuple[Remark, ...]


def access_page(
    view: AccessView,
    ways: Sequence[WayIn],
    about: About,
    *,
    now: datetime,
    remarks: Sequence[Remark] = (),
) -> str:
    """Return the page, which UTF-8 can hold.

    Args:
        view: What was seen of the cluster.
        ways: The ways in to show.
        about: What they were narrowed to.
        now: When that was.
        remarks: What has been found out about the cluster; shown beside the rows.
    """
    style, script = _asset("page.css"), _asset("page.js")
    rows = [_row(number, way, remarks) for number, way in enumerate(ways, 1)]
    return (
        _environment()
        .get_template("access.html.j2")
        .render(
            style=style,
            script=script,
            policy=_policy(style, script),
            version=view.cluster.version,
            claim=view.cluster.text(Setting.CLAIM) or "sub",
            made_at=f"{now.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC",
            about=_about(about),
            blind_spots=view.blind_spots,
            headings=("Issuer", *(heading.capitalize() for heading in words.HEADINGS)),
            rows=rows,
            working=sum(row.works for row in rows),
            users=len({way.user for way in ways if way.works and way.user}),
            admins=len(
                {way.user for way in ways if way.works and way.account and way.account.is_admin}
            ),
            diagram=diagram(ways),
            is_too_large=len(ways) > MOST_WAYS,
            remarks=remarks,
        )
    )


def _row(number: int, way: WayIn, remarks: Sequence[Remark]) -> _Row:
    return _Row(
        number,
        (words.issuer_of(way), *words.row(way)),
        way.works,
        way.account is not None and way.account.is_admin,
        remarks_on(way, remarks),
    )


def _about(about: About) -> list[tuple[str, str]]:
    asked = (("SQL user", about.user), ("issuer", about.issuer), ("subject", about.subject))
    return [(what, value) for what, value in asked if value is not None]


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("crdb_sso.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _harmless(value: object) -> object:
    """Return a value as it goes into the page, with what does not print made visible."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _asset(name: str) -> Markup:
    """Return a file of ours that stands in the page as it is."""
    return Markup((files("crdb_sso.pages") / "templates" / name).read_text("utf-8"))  # noqa: S704 - ours


def _policy(style: str, script: str) -> str:
    """Return the content security policy: nothing from elsewhere, and only these two texts."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)};"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
