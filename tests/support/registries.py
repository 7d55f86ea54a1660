"""What package clients say when their registry can't be reached: a reason to skip, not to fail."""

import re

_OUT_OF_REACH = re.compile(
    r"dial tcp|no such host|i/o timeout|connection (?:refused|reset|timed out)|proxyconnect"
    r"|disabled by GOPROXY=off"
    r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT"
    r"|UnknownHostException|unknown host|name resolution|network is unreachable|connect timed out",
    re.IGNORECASE,
)


def is_out_of_reach(said: str) -> bool:
    """Tell whether a package client failed because it reached no registry."""
    return _OUT_OF_REACH.search(said) is not None
