"""`make bench`: what logins and types of identities cost; prints ratios, asserts nothing."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from rich.console import Console
from rich.table import Table

from bench.fleets import fleet_table
from bench.relay import relay
from dev.cloud.handle import Clouds
from tests.engine.clouds.cloud_stacks import PROGRAM as CLOUD_PROGRAM
from tests.support.servers import EmbeddedCluster, LocalIssuer, embedded_cluster, local_issuer
from tests.support.shared_folder import shared_folder_kept
from tests.support.stacks import Stack

SIZES = (1, 100, 1000)
REPEATS = 3
DELAY_S = 0.25  # far longer than it takes to send the statements of one round trip

SOURCES = ("oidc", "gcp", "azure", "all three")

NAMES = ("first up", "no-op up", "preview", "refresh", "up --refresh", "destroy")

MANY = 10_000
"""Logins, of which only an `up` that changes nothing is measured."""

Measured = dict[str, float]


def wish(cluster_url: str, issuer: LocalIssuer, size: int) -> dict[str, Any]:
    """Return what a program with this many logins of one issuer wants."""
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


def actions(stack: Stack) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what is measured, in the order of a stack's life."""
    acts = (stack.up, stack.up, stack.preview, stack.refresh, stack.up_with_refresh, stack.destroy)
    yield from zip(NAMES, acts, strict=True)


def life(folder: Path, cluster_url: str, issuer: LocalIssuer, size: int) -> Measured:
    """Measure one life of a stack."""
    stack = Stack(folder, starts_anew=True, has_passphrase=True)
    stack.wish(wish(cluster_url, issuer, size))
    measured: Measured = {}
    for name, action in actions(stack):
        if name == "destroy":
            resources = json.loads(stack.state())["deployment"]["resources"]
            measured["exported bytes"] = compact_bytes(resources[:1])  # the stack: its outputs
            measured["state bytes"] = compact_bytes(
                [one.get("inputs", {}) for one in resources[1:]]
            )
        measured[name] = seconds(action)
    return measured


def compact_bytes(resources: list[dict[str, Any]]) -> int:
    """Return how long resources of a state, or their properties, are as JSON without blanks."""
    return len(json.dumps(resources, separators=(",", ":")))


def fastest(folder: Path, cluster_url: str, issuer: LocalIssuer, size: int) -> Measured:
    """Return the minimum of each figure over several lives."""
    lives = [life(folder / str(n), cluster_url, issuer, size) for n in range(REPEATS)]
    return {name: min(one[name] for one in lives) for name in lives[0]}


def through(url: str, port: int) -> str:
    """Return a URL with another port."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition(":")[0] + f":{port}"))


def round_trips(
    folder: Path, cluster: EmbeddedCluster, issuer: LocalIssuer, size: int
) -> dict[str, int]:
    """Return how many round trips each action takes once connected, and "connecting" itself."""
    with relay("127.0.0.1", cluster.port, delay_s=DELAY_S) as link:
        url = through(cluster.admin_url, link.port)
        psycopg.connect(url).close()
        link.wait_until_idle()
        hello_and_goodbye = link.round_trips  # nobody waits for an answer to the goodbye
        stack = Stack(folder, starts_anew=True, has_passphrase=True)
        stack.wish(wish(url, issuer, size))
        counted = {"connecting": hello_and_goodbye - 1}
        for name, action in actions(stack):
            trips, connections = link.round_trips, link.connections
            action()
            link.wait_until_idle()
            opened = link.connections - connections
            counted[name] = link.round_trips - trips - opened * hello_and_goodbye
    return counted


def source_wish(cluster_url: str, issuer: LocalIssuer, source: str) -> dict[str, Any]:
    """Return what a program wants that has a login with one type of identity, or with each."""
    oidc = {"issuer": issuer.issuer, "audience": "crdb", "ca_file": issuer.ca_cert}
    parts: dict[str, dict[str, Any]] = {
        "oidc": {"oidc": {"batch": oidc}},
        "gcp": {"gcp": {"orders": {"account_id": "shop-orders", "jwks": issuer.google_jwks()}}},
        "azure": {
            "azure_audience": {"jwks": issuer.entra_jwks()},
            "azure": {"billing": {"resource_group_name": "billing-rg"}},
        },
    }
    names = {"oidc": "batch", "gcp": "orders", "azure": "billing"}
    used = list(names) if source == "all three" else [source]
    wish: dict[str, Any] = {"cluster_url": cluster_url}
    for one in used:
        wish |= parts[one]
    return wish | {"logins": {f"app_{names[one]}": [names[one]] for one in used}}


def preview_seconds(folder: Path, cluster_url: str, issuer: LocalIssuer, source: str) -> float:
    """Return how long a first preview takes, the best of several."""
    stack = Stack(folder / "project", CLOUD_PROGRAM, starts_anew=True, has_passphrase=True)
    clouds = Clouds(folder / "clouds")
    clouds.install(stack.folder / "home")
    clouds.add_resource_group("billing-rg")
    stack.wish(source_wish(cluster_url, issuer, source))
    return min(seconds(stack.preview) for _ in range(REPEATS))


def source_table(folder: Path, cluster_url: str, issuer: LocalIssuer) -> Table:
    """Measure a preview with each type of identity, on imitated clouds."""
    table = Table("source", "preview", title="seconds (ratio)")
    first = 0.0
    for source in SOURCES:
        taken = preview_seconds(folder / source, cluster_url, issuer, source)
        first = first or taken
        table.add_row(source, f"{taken:.1f} ({taken / first:.1f})")
    return table


def many_table(folder: Path, cluster_url: str, issuer: LocalIssuer) -> Table:
    """Measure an `up` that changes nothing with very many logins."""
    table = Table("logins", "no-op up", title="seconds (ratio)")
    first = 0.0
    for size in (SIZES[-1], MANY):
        stack = Stack(folder / str(size), starts_anew=True, has_passphrase=True)
        stack.wish(wish(cluster_url, issuer, size))
        stack.up()
        taken = min(seconds(stack.up) for _ in range(REPEATS))
        first = first or taken
        table.add_row(str(size), f"{taken:.1f} ({taken / first:.1f})")
        stack.destroy()
    return table


def main() -> None:
    """Measure and print."""
    with shared_folder_kept():
        _measure()


def _measure() -> None:
    console = Console()
    times = Table("logins", *NAMES, title="seconds (ratio)")
    trips = Table("logins", *NAMES, "connecting", title="round trips to the cluster")
    with (
        TemporaryDirectory() as folder,
        embedded_cluster(Path(folder)) as cluster,
        local_issuer(Path(folder)) as issuer,
    ):
        results: dict[int, Measured] = {}
        for size in SIZES:
            console.print(f"measuring {size} logins ...")
            results[size] = fastest(Path(folder, f"near{size}"), cluster.admin_url, issuer, size)
            times.add_row(str(size), *_with_ratios(results[size], results[SIZES[0]]))
            counted = round_trips(Path(folder, f"far{size}"), cluster, issuer, size)
            trips.add_row(str(size), *(str(counted[name]) for name in (*NAMES, "connecting")))
        console.print(times, trips)
        console.print(f"measuring {MANY} logins ...")
        console.print(many_table(Path(folder, "many"), cluster.admin_url, issuer))
        console.print(fleet_table(Path(folder, "fleet"), issuer, console))
        console.print("measuring types of identities ...")
        console.print(source_table(Path(folder, "sources"), cluster.admin_url, issuer))
        least, most = SIZES[0], SIZES[-1]
        for what in ("state", "exported"):
            more = results[most][f"{what} bytes"] - results[least][f"{what} bytes"]
            console.print(f"{what}: {more / (most - least):.0f} bytes per login")


def _with_ratios(measured: Measured, one: Measured) -> list[str]:
    return [f"{measured[n]:.1f} ({measured[n] / one[n]:.1f})" for n in NAMES]


if __name__ == "__main__":
    main()
