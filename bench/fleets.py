"""One program with many clusters: each has its own turn, so that none waits for another."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.table import Table

from tests.support.servers import EmbeddedCluster, LocalIssuer, embedded_cluster
from tests.support.stacks import Stack

SIZES = (1, 6, 20)
SHOWN_AFTER_MS = 1000
"""How long a cluster takes to show a setting that was written, as one with several nodes does."""

AT_ONCE = "64"
"""How many resources the engine handles at once; by default that depends on the machine."""

NAMES = ("first up", "no-op up", "destroy")

PROGRAM = '''\
"""A login on each of many clusters."""
import json
from pathlib import Path

import pulumi

from components import ClusterSso, OidcIssuer

wish = json.loads(Path("wish.json").read_text())
batch = OidcIssuer("idp", wish["issuer"]).subject("batch")
for number, url in enumerate(wish["cluster_urls"]):
    args = {"cluster_url": pulumi.Output.secret(url), "keys": "pinned"}
    ClusterSso(f"sso-{number}", {**args, "logins": {"app": {"identities": [batch]}}})
'''


@contextmanager
def fleet(folder: Path, size: int) -> Iterator[list[EmbeddedCluster]]:
    """Run some clusters."""
    with ExitStack() as running:
        clusters = []
        for number in range(size):
            place = folder / str(number)
            place.mkdir(parents=True)
            slow = ("--propagation-ms", str(SHOWN_AFTER_MS))
            clusters.append(running.enter_context(embedded_cluster(place, *slow)))
        yield clusters


def life(folder: Path, clusters: list[EmbeddedCluster], issuer: LocalIssuer) -> dict[str, float]:
    """Measure one life of a program with some clusters, in seconds."""
    stack = Stack(folder, PROGRAM, starts_anew=True, has_passphrase=True)
    args = {"issuer": issuer.issuer, "audience": "crdb", "ca_file": issuer.ca_cert}
    stack.wish({"cluster_urls": [one.admin_url for one in clusters], "issuer": args})
    return {name: _seconds(stack, name.split()[-1]) for name in NAMES}


def _seconds(stack: Stack, command: str) -> float:
    begin = monotonic()
    options = ("--yes", "--skip-preview", "--parallel", AT_ONCE)
    outcome = stack.pulumi(command, *options, "-s", stack.name)
    if outcome.code:
        raise SystemExit(outcome.text)
    return monotonic() - begin


def fleet_table(
    folder: Path, issuer: LocalIssuer, console: Console, sizes: tuple[int, ...] = SIZES
) -> Table:
    """Measure programs with more and more clusters."""
    table = Table("clusters", *NAMES, title="seconds (ratio)")
    with fleet(folder / "clusters", max(sizes)) as clusters:
        first: dict[str, float] = {}
        for size in sizes:
            console.print(f"measuring {size} clusters ...")
            taken = life(folder / f"stack{size}", clusters[:size], issuer)
            first = first or taken
            cells = (f"{taken[name]:.1f} ({taken[name] / first[name]:.1f})" for name in NAMES)
            table.add_row(str(size), *cells)
    return table
