"""A token judged by what a cluster shows now, and by what issuers publish if its nodes ask them."""

from dataclasses import dataclass

from crdb_sso.clients.cluster import open_cluster
from crdb_sso.clients.issuers.issuer_keys import ask_issuers
from crdb_sso.clients.login_view import LoginView
from crdb_sso.verdict import Verdict, judge
from crdb_sso.verdict.jose.decoding import Decoded, decode
from crdb_sso.verdict.jose.jws import UnreadableTokenError
from crdb_sso.verdict.steps import Step
from crdb_sso.verdict.unseen import unseen


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a login with a token.

    Attributes:
        view: The cluster that was looked at.
        token: What is in the token; None if it can't be read.
        verdict: What the judge says.
    """

    view: LoginView
    token: Decoded | None
    verdict: Verdict


def judge_on_cluster(
    url: str, database: str, user: str, token: str, *, wait_s: float | None = None
) -> Judged:
    """Judge a login with a token; the token is sent nowhere.

    Args:
        url: A libpq URL of the operator.
        database: Where the claim tables are.
        user: Whom the client wants to be.
        token: Its token.
        wait_s: How long to wait, in seconds, for a cluster that does not answer yet.

    Raises:
        ClusterUnreachable: No connection, or it was lost.
        ClusterRefused: The operator may not read the settings.
        UnsupportedVersion: The cluster knows no logins with tokens.
    """
    with open_cluster(url, database=database, wait_s=wait_s, checks_owners=False) as cluster:
        view = cluster.read_login_view()
    decoded = decoded_or_none(token)
    issuer = str(decoded.claims.get("iss", "")) if decoded else ""
    asked = ask_issuers(view.cluster, [issuer])
    instead = dict(view.instead)
    if issuer in asked.unasked:
        instead |= unseen([Step.FETCHED], asked.unasked[issuer])
    verdict = judge(asked.cluster, user, token, now=view.now, instead=instead)
    return Judged(view, decoded, verdict)


def decoded_or_none(token: str) -> Decoded | None:
    """Return what is in a token, None if it can't be read."""
    try:
        return decode(token)
    except UnreadableTokenError:
        return None
