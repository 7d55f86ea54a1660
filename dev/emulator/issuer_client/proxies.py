"""Which proxy a request goes through, by the environment, as Go's `net/http` reads it."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from dev.emulator.go.networks import parse_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

_PORTS = {"http": 80, "https": 443}


def proxy_for(url: httpx.URL, environ: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy for a request, or None for a direct one.

    Requests to `localhost` and to loopback addresses are always direct.

    Args:
        url: Where the request goes.
        environ: HTTP_PROXY, HTTPS_PROXY and NO_PROXY count, in upper or lower case.
    """
    proxy = _first(environ, f"{url.scheme}_proxy") if url.scheme in _PORTS else ""
    if not proxy or _is_local(url.host) or _is_exempt(url, _first(environ, "no_proxy")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _first(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name.upper()) or environ.get(name) or ""


def _is_local(host: str) -> bool:
    address = parse_address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _is_exempt(url: httpx.URL, no_proxy: str) -> bool:
    port = url.port or _PORTS[url.scheme]
    entries = [entry.strip().lower() for entry in no_proxy.split(",")]
    return any(_matches(entry, url.host.lower(), port) for entry in entries if entry)


def _matches(entry: str, host: str, port: int) -> bool:
    """Tell whether an entry of NO_PROXY names a host: a block, an address, a domain, or all."""
    if entry == "*":
        return True
    address = parse_address(host)
    if "/" in entry and address is not None:
        try:
            return address in ip_network(entry, strict=False)
        except ValueError:
            return False
    name, wanted_port = _split(entry)
    if wanted_port not in ("", str(port)):
        return False
    if address is not None:
        return parse_address(name) == address
    name = name.removeprefix("*")
    return host.endswith(name if name.startswith(".") else f".{name}") or host == name


def _split(entry: str) -> tuple[str, str]:
    """Split an entry into name and port; an IPv6 address has its brackets if there is a port."""
    if parse_address(entry) is not None:
        return entry, ""
    name, _, port = entry.rpartition(":")
    if not name:
        return port, ""
    return name.removeprefix("[").removesuffix("]"), port
