"""The diagram of a page: from issuers over subjects and users to roles, drawn as inline SVG."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import drawsvg
from markupsafe import Markup

from crdb_sso.crdb.privileges import ADMIN
from crdb_sso.preview.logins import ways_in as words
from crdb_sso.printing import cut, printable
from crdb_sso.verdict.access.ways_in import WayIn

MOST_WAYS = 150
"""More are not drawn: nobody could follow the lines."""

_WIDTHS = (300, 280, 220, 200)
_GAP = 70
_ROW = 40
_HEIGHT = 28
_TOP = 34
_PAD = 10
_CHAR_WIDTH = 7.4
"""Of the widest usual letter in the font of the labels, in the units of the drawing."""

_SAID = "Who can log in as whom; the table below says the same"
_HEADINGS = ("Issuer", "Token says", "Logs in as", "Member of")

Key = tuple[str, ...]
"""What tells nodes of a column apart."""


class _Link(drawsvg.DrawingParentElement):  # type: ignore[misc] # the library ships no types
    """A link to a row of the table."""

    TAG_NAME = "a"


@dataclass(slots=True)
class _Node:
    """One box.

    Attributes:
        label: What it says; foreign text.
        target: The number of the row that it leads to, None without.
        row: Where it is, from 0.
        works: Whether any way through it does.
        is_admin: Whether it may do everything.
    """

    label: str
    target: int | None = None
    row: float = 0.0
    works: bool = False
    is_admin: bool = False


@dataclass(slots=True)
class _Graph:
    """Nodes by column, and which of them are connected."""

    columns: tuple[dict[Key, _Node], ...] = field(default_factory=lambda: ({}, {}, {}, {}))
    edges: dict[tuple[int, Key, Key], bool] = field(default_factory=dict)

    def add(self, column: int, key: Key, label: str, target: int | None, *, works: bool) -> None:
        """Add a node, or a way through one that is there."""
        node = self.columns[column].setdefault(key, _Node(label, target))
        node.works = node.works or works

    def mark_admin(self, column: int, key: Key) -> None:
        """Note that a node may do everything."""
        self.columns[column][key].is_admin = True

    def connect(self, column: int, left: Key, right: Key, *, works: bool) -> None:
        """Connect a node with one of the next column."""
        edge = (column, left, right)
        self.edges[edge] = self.edges.get(edge, False) or works


def diagram(ways: Sequence[WayIn]) -> Markup:
    """Return ways in as an SVG element, "" if there are none or too many.

    Each subject is a link to the row `#way-N`, N counted from 1.
    """
    if not ways or len(ways) > MOST_WAYS:
        return Markup("")
    graph = _graph(ways)
    _place(graph)
    rows = max(node.row for column in graph.columns for node in column.values()) + 1
    drawing = drawsvg.Drawing(
        sum(_WIDTHS) + 3 * _GAP + 2,
        _TOP + rows * _ROW,
        class_="diagram",
        role="group",
        aria_label=_SAID,
    )
    for number, heading in enumerate(_HEADINGS):
        if graph.columns[number]:
            drawing.append(_text(heading, _left(number), 18, "heading"))
    for (number, left, right), works in sorted(graph.edges.items(), key=lambda edge: edge[1]):
        ends = graph.columns[number][left], graph.columns[number + 1][right]
        drawing.append(_curve(number, *ends, works=works))
    for number, column in enumerate(graph.columns):
        for node in column.values():
            drawing.append(_box(number, node))
    return Markup(drawing.as_svg(header=""))  # noqa: S704 - it escapes texts; attributes are ours


def _graph(ways: Sequence[WayIn]) -> _Graph:
    graph = _Graph()
    for number, way in enumerate(ways, 1):
        works = way.works
        issuer, line = (way.issuer,), (way.issuer, str(way.line))
        user = (way.user, "" if way.user else words.logs_in_as(way))
        graph.add(0, issuer, words.issuer_of(way), None, works=works)
        graph.add(1, line, words.token_says(way), number, works=works)
        graph.add(2, user, words.logs_in_as(way), number, works=works)
        graph.connect(0, issuer, line, works=works)
        graph.connect(1, line, user, works=works)
        for role in sorted(way.account.roles) if way.account else ():
            graph.add(3, (role,), role, None, works=works)
            graph.connect(2, user, (role,), works=works)
            if role == ADMIN:
                graph.mark_admin(3, (role,))
        if way.account and way.account.is_admin:
            graph.mark_admin(2, user)
    return graph


def _place(graph: _Graph) -> None:
    """Give each node its row: lines in their order, what they lead to as near as it goes."""
    for row, node in enumerate(graph.columns[1].values()):
        node.row = row
    for column in (2, 3):
        leads: dict[Key, list[float]] = {}
        for number, left, right in graph.edges:
            if number == column - 1:
                leads.setdefault(right, []).append(graph.columns[number][left].row)
        _spread(graph.columns[column], leads)
    leads = {}
    for number, left, right in graph.edges:
        if number == 0:
            leads.setdefault(left, []).append(graph.columns[1][right].row)
    _spread(graph.columns[0], leads)


def _spread(nodes: Mapping[Key, _Node], neighbours: Mapping[Key, Iterable[float]]) -> None:
    """Put each node at the mean of its neighbours, or below the one above it."""
    free = 0.0
    wished = {key: sum(rows) / len(rows) for key, rows in _lists(neighbours)}
    for key in sorted(nodes, key=lambda key: (wished[key], key)):
        nodes[key].row = max(free, wished[key])
        free = nodes[key].row + 1


def _lists(rows_of: Mapping[Key, Iterable[float]]) -> Iterable[tuple[Key, list[float]]]:
    return ((key, list(rows)) for key, rows in rows_of.items())


def _left(column: int) -> int:
    return 1 + sum(_WIDTHS[:column]) + column * _GAP


def _middle(node: _Node) -> float:
    return _TOP + node.row * _ROW + _HEIGHT / 2


def _text(text: str, x: float, y: float, kind: str) -> drawsvg.Text:
    return drawsvg.Text(text, 13, x, y, class_=kind)


def _box(column: int, node: _Node) -> drawsvg.DrawingParentElement:
    x, y, width = _left(column), _TOP + node.row * _ROW, _WIDTHS[column]
    label = printable(node.label)
    kind = "node" + " works" * node.works + " admin" * node.is_admin
    box = drawsvg.Rectangle(x, y, width, _HEIGHT, rx=5, class_=kind)
    shown = cut(label, int((width - 2 * _PAD) / _CHAR_WIDTH) - len("..."))
    link = drawsvg.Group() if node.target is None else _Link(href=f"#way-{node.target}")
    link.append_title(label)
    link.append(box)
    link.append(_text(shown, x + _PAD, y + _HEIGHT / 2 + 4.5, "label"))
    return link


def _curve(column: int, left: _Node, right: _Node, *, works: bool) -> drawsvg.Path:
    x, y = _left(column) + _WIDTHS[column], _middle(left)
    to_x, to_y = _left(column + 1), _middle(right)
    bend = (to_x - x) / 2
    path = drawsvg.Path(class_="edge works" if works else "edge", fill="none")
    path.M(x, y)
    path.C(x + bend, y, to_x - bend, to_y, to_x, to_y)
    return path
