"""How clients name a virtual cluster: in the `options` of a connection."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Routing:
    """The option that names a virtual cluster.

    Attributes:
        option: As it is written.
        name: The name in it, unchecked.
    """

    option: str
    name: str


def routing_in(options: str) -> Routing | None:
    """Return the option that names a virtual cluster; of several the last one counts.

    Args:
        options: Those of a connection, with either prefix: `-c` or two dashes.
    """
    found = list(_ROUTING.finditer(options))
    return Routing(found[-1][0].strip(), found[-1]["name"]) if found else None


_ROUTING = re.compile(r"(?:^|(?<=\s))(?:-c\s*|--)cluster=(?P<name>\S*)")
