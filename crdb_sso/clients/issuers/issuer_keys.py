"""The keys of issuers as the nodes of a cluster fetch them, but from this machine."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from crdb_sso.clients.issuers.discovery import fetch_discovery, fetch_jwks
from crdb_sso.crdb.settings import Setting
from crdb_sso.errors import CrdbSsoError
from crdb_sso.tokens.issuers import Issuer
from crdb_sso.verdict import ClusterView
from crdb_sso.verdict.cluster import lists


@dataclass(frozen=True, slots=True)
class IssuersAsked:
    """What issuers answered.

    Attributes:
        cluster: The cluster, with the key sets that were fetched.
        unasked: Why an issuer could not be asked from here, by issuer.
    """

    cluster: ClusterView
    unasked: dict[str, str] = field(default_factory=dict)


def ask_issuers(cluster: ClusterView, issuers: Iterable[str]) -> IssuersAsked:
    """Fetch key sets where the nodes of a cluster do; blocks for some seconds for each issuer.

    Args:
        cluster: What is known of the cluster. While its nodes don't fetch, nobody is asked.
        issuers: Whom to ask; those that the cluster does not trust are not, as nodes don't either.
    """
    if not cluster.is_on(Setting.AUTO_FETCH):
        return IssuersAsked(cluster)
    trusted = lists.issuers(cluster.text(Setting.ISSUERS), reads_map=True)
    fetched, unasked = dict(cluster.fetched), {}
    with _ca_file(cluster) as ca_file:
        for issuer in dict.fromkeys(issuers):
            if issuer not in trusted:
                continue
            try:
                fetched[issuer] = _keys_of(cluster, issuer, ca_file)
            except CrdbSsoError as error:
                unasked[issuer] = f"could not be asked from this machine: {error.what}"
    return IssuersAsked(replace(cluster, fetched=fetched), unasked)


def _keys_of(cluster: ClusterView, issuer: str, ca_file: str | None) -> str:
    uri = lists.key_address(cluster.text(Setting.ISSUERS), issuer)
    uri = uri or fetch_discovery(Issuer(issuer), ca_file=ca_file).jwks_uri
    return fetch_jwks(uri, ca_file=ca_file).text


@contextmanager
def _ca_file(cluster: ClusterView) -> Iterator[str | None]:
    """Yield the path of a file with the CAs that the cluster trusts instead of the system's."""
    text = cluster.text(Setting.CUSTOM_CA)
    if not text or cluster.is_hidden(Setting.CUSTOM_CA):
        yield None
        return
    handle, path = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        yield path
    finally:
        Path(path).unlink()
