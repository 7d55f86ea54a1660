"""Adopted programs, run under mocks."""

from collections.abc import Mapping
from typing import Any

from crdb_sso.adopt.adoption import Adoption, adoption_of, named_users
from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.desired.logins import wanted_entries
from crdb_sso.desired.provisioning import AUTO_PROVISIONING, group_entries
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.provider.checking import problems
from crdb_sso.provider.reading import read_desired
from crdb_sso.registry.claims import Entry, Kind
from tests.components.mockrun import ORGANIZATION, PROJECT, STACK, Secret, run
from tests.components.programs import URL
from tests.unit.cluster_model import Cluster

FETCHED = {
    Entry(Kind.SETTING, "server.jwt_authentication.jwks_auto_fetch.enabled"): "true",
    Entry(Kind.SETTING, "server.jwt_authentication.client.timeout"): "5s",
}
OWNER = f"{ORGANIZATION}/{PROJECT}/{STACK}/sso"


def adopted(cluster: Cluster) -> Adoption:
    """Adopt a cluster from what would be read of it."""
    first = ClusterState(cluster.settings, cluster.registry)
    users = {name: cluster.users[name] for name in named_users(first) if name in cluster.users}
    return adoption_of(ClusterState(cluster.settings, cluster.registry, users))


def inputs_of(text: str, url: str = URL) -> dict[str, Any]:
    """Return what a program sends to the provider; fail if the provider would refuse it."""

    def program() -> None:
        exec(compile(text, "__main__.py", "exec"), {})  # noqa: S102 - what we wrote ourselves

    done = run(program, config={f"{PROJECT}:clusterUrl": url})
    inputs = dict(done.named("sso-logins").inputs)
    assert inputs["cluster_url"] == Secret(url)
    inputs["cluster_url"] = url
    assert problems(inputs) == []
    return inputs


def wanted_by(text: str) -> OwnerRequest:
    """Return what a program wants of its cluster."""
    inputs = inputs_of(text)
    assert inputs["owner"] == OWNER
    return OwnerRequest(OWNER, wanted_entries(read_desired(inputs)))


def entries_of(adoption: Adoption) -> Mapping[Entry, str]:
    """Return the entries that were adopted."""
    logins = adoption.logins.items()
    lines = [f"{p.issuer} {p.subject} {user}" for user, login in logins for p in login.principals]
    enabled = {Entry(Kind.SETTING, "server.jwt_authentication.enabled"): "true"}
    return {
        **{
            Entry(Kind.USER, user): LoginState.of(may_login=of.may_login).value
            for user, of in logins
        },
        **{
            Entry(Kind.MEMBERSHIP, f"{role} {user}"): "" for user, of in logins for role in of.roles
        },
        **{Entry(Kind.LINE, line): line for line in lines},
        **{Entry(Kind.ISSUER, issuer): uri for issuer, uri in adoption.issuers.items()},
        **{Entry(Kind.AUDIENCE, audience): audience for audience in adoption.audiences},
        **{Entry(Kind.KEY, kid): text for kid, text in adoption.keys.items()},
        **(enabled if adoption.logins else {}),
        **(FETCHED if adoption.logins and adoption.fetched else {}),
        **({AUTO_PROVISIONING: "true"} if adoption.options.auto_provisioning else {}),
        **dict(group_entries(sync) if (sync := adoption.options.group_sync) else ()),
    }
