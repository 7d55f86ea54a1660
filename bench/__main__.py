"""`make bench`: what 1, 100 and 1,000 logins cost; prints ratios, asserts nothing."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from rich.console import Console
from rich.table import Table

from bench.relay import relay
from tests.support.servers import EmbeddedCluster, LocalIssuer, embedded_cluster, local_issuer
from tests.support.stacks import Stack

SIZES = (1, 100, 1000)
REPEATS = 3
DELAY_S = 0.1

Measured = dict[str, float]


def wish(cluster_url: str, issuer: LocalIssuer, size: int) -> dict[str, Any]:
    """Return what a program with so many logins of one issuer wants."""
    return {
        "cluster_url": cluster_url,
        "issuers": {
            "idp": {"issuer": issuer.issuer, "audience": "crdb", "ca_file": issuer.ca_cert}
        },
        "logins": {
            f"app_{n:04}": {"identities": [["idp", f"service-account-{n:04}"]]} for n in range(size)
        },
    }


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


def life(folder: Path, cluster_url: str, issuer: LocalIssuer, size: int) -> Measured:
    """Measure one life of a stack."""
    stack = Stack(folder)
    stack.wish(wish(cluster_url, issuer, size))
    measured = {
        "first up": seconds(stack.up),
        "no-op up": seconds(stack.up),
        "preview": seconds(stack.preview),
    }
    measured["state bytes"] = len(json.dumps(json.loads(stack.state()), separators=(",", ":")))
    measured["destroy"] = seconds(stack.destroy)
    return measured


def fastest(folder: Path, cluster_url: str, issuer: LocalIssuer, size: int) -> Measured:
    """Return the minimum of each figure over some lives."""
    lives = [life(folder / str(n), cluster_url, issuer, size) for n in range(REPEATS)]
    return {name: min(one[name] for one in lives) for name in lives[0]}


def through(url: str, port: int) -> str:
    """Return a URL with another port."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition(":")[0] + f":{port}"))


def round_trips(
    folder: Path, cluster: EmbeddedCluster, issuer: LocalIssuer, size: int, near: Measured
) -> Measured:
    """Return how many round trips each action waits for after its connection stands.

    The same life through a relay that delays: what it takes longer, over the delay, minus what a
    bare connection costs.
    """
    with relay("127.0.0.1", cluster.port, delay_s=DELAY_S) as port:
        url = through(cluster.admin_url, port)
        handshake = seconds(lambda: psycopg.connect(url).close())
        far = fastest(folder, url, issuer, size)
    counted = {}
    for action in ("first up", "destroy"):
        counted[action] = (far[action] - near[action] - handshake) / (2 * DELAY_S)
    counted["no-op up"] = (far["no-op up"] - near["no-op up"]) / (2 * DELAY_S)
    return counted


def main() -> None:
    """Measure and print."""
    console = Console()
    times = Table("logins", "first up", "no-op up", "preview", "destroy", title="seconds (ratio)")
    trips = Table("logins", "first up", "no-op up", "destroy", title="round trips to the cluster")
    with (
        TemporaryDirectory() as folder,
        embedded_cluster(Path(folder)) as cluster,
        local_issuer(Path(folder)) as issuer,
    ):
        results: dict[int, Measured] = {}
        for size in SIZES:
            console.print(f"measuring {size} logins ...")
            results[size] = fastest(Path(folder, f"near{size}"), cluster.admin_url, issuer, size)
            times.add_row(*_time_row(size, results[size], results[SIZES[0]]))
            counted = round_trips(Path(folder, f"far{size}"), cluster, issuer, size, results[size])
            trips.add_row(
                str(size), *(f"{counted[a]:.1f}" for a in ("first up", "no-op up", "destroy"))
            )
        console.print(times, trips)
        least, most = SIZES[0], SIZES[-1]
        more = results[most]["state bytes"] - results[least]["state bytes"]
        console.print(f"compact state: {more / (most - least):.0f} bytes a login")


def _time_row(size: int, measured: Measured, one: Measured) -> list[str]:
    names = ("first up", "no-op up", "preview", "destroy")
    return [str(size), *(f"{measured[n]:.1f} ({measured[n] / one[n]:.1f})" for n in names)]


if __name__ == "__main__":
    main()
