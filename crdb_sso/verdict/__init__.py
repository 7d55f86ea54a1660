"""Would this token log in, and if not, why: what CockroachDB decides, version by version."""

from crdb_sso.verdict.judging import judge
from crdb_sso.verdict.outcome import Check, ClientError, Verdict
from crdb_sso.verdict.views import ClusterView, UserView

__all__ = ["Check", "ClientError", "ClusterView", "UserView", "Verdict", "judge"]
