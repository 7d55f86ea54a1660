"""How a URL names a virtual cluster: the one thing in its `options` that every login needs."""

import re

from crdb_sso.clients.connecting.connection import check_cluster_url
from crdb_sso.errors import InvalidInput
from crdb_sso.virtual_clusters import routing_in


def routing_of(cluster_url: str) -> str:
    """Return the option of a cluster URL that names a virtual cluster, "" if none does.

    It is returned as it is written there, and nothing else: the URL is a secret.

    Raises:
        InvalidInput: It is not a libpq URL, or the option does not name a virtual cluster.
    """
    found = routing_in(str(check_cluster_url(cluster_url).get("options") or ""))
    if found is None:
        return ""
    if not _CLUSTER_NAME.fullmatch(found.name):
        raise InvalidInput(
            "the `options` of cluster_url name a virtual cluster in a way that can't be read",
            hint="Write options=-ccluster%3DNAME, with letters, digits and dashes.",
        )
    return found.option


_CLUSTER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
