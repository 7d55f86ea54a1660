"""The cluster: which tokens may log in as which user, and where workloads connect."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

import pulumi
from pulumi.output import Unknown
from typing_extensions import NotRequired, TypedDict

from crdb_sso.clients.connecting.connection import check_cluster_url
from crdb_sso.clients.connecting.routing import routing_of
from crdb_sso.errors import InvalidInput
from crdb_sso.provider import log
from crdb_sso.provider.cluster_logins import ClusterLogins

from ._connect import DEFAULT_DATABASE, Way, authority_at, authority_of
from ._logins import Login, check_logins, login_props, source_props
from ._options import (
    applied,
    as_run_error,
    check_bool,
    check_names,
    check_texts,
    child_options,
)
from ._passthrough import check_passthrough, mark_passthrough
from ._proof import check_proof, proof_props
from ._provisioning import GroupSync, check_group_sync, group_sync_props
from ._sso_only import SsoOnly, check_sso_only, sso_only_props
from ._workloads import Connect, Workloads, workloads_of
from .config_names import warning_text
from .identity import SourceFacts

TYPE_TOKEN = "crdb-sso:index:ClusterSso"  # noqa: S105 - stored in every stack: never change, alias instead

DEFAULT_REGISTRY_DATABASE = "crdb_sso"

DEFAULT_RETIRE_H = 24.0
"""Hours: as long as the tokens of any common issuer live."""


class ClusterSsoArgs(TypedDict):
    """Arguments of `ClusterSso`; None is the same as not given."""

    cluster_url: pulumi.Input[str]
    """libpq URL of the operator, kept secret: postgresql://host:26257/defaultdb?sslmode=verify-full.
    The default port is 26257. Leave the password to PGPASSWORD, or use a client certificate."""

    keys: Literal["pinned", "fetched"]
    """Who keeps the issuers' keys: "pinned" writes them into the cluster on each `pulumi up`;
    "fetched" has the nodes fetch them on each login, for all issuers of the cluster."""

    logins: Mapping[str, Login]
    """The logins by SQL user; the user names are plain text."""

    subject_is_username: NotRequired[Sequence[SourceFacts] | None]
    """Sources whose subjects each log in as the SQL user of the same name, e.g. `[idp.facts]`: the
    issuer chooses the user, no matter who created it. A login with such an identity is named after
    its subject. By default only the subjects of `logins` may log in."""

    sso_only: NotRequired[SsoOnly | None]
    """Rejects all logins without a token, except those in `keep`, and root's where nodes let root
    in; by default the cluster's host-based rules stay as they are."""

    auto_provisioning: NotRequired[bool | None]
    """Whether a token may create the SQL user that it names, on the whole cluster (25.4 and newer).
    Even an expired token does, and such users stay. By default the setting stays as it is."""

    group_sync: NotRequired[GroupSync | None]
    """Lets the groups in tokens give users their roles, on the whole cluster (25.4 and newer): each
    login revokes every role that the token's groups do not name, even one given by hand. Logins
    can't have `roles` then. Needs `allow_privileged`. By default the settings stay as they are."""

    connect_host: NotRequired[pulumi.Input[str] | None]
    """Host name or address where workloads reach the cluster; by default that of `cluster_url`."""

    connect_port: NotRequired[pulumi.Input[int] | None]
    """Port where workloads reach the cluster; by default that of `cluster_url`, or 26257."""

    connect_database: NotRequired[pulumi.Input[str] | None]
    """Database that workloads connect to; by default "defaultdb"."""

    connect_ca_file: NotRequired[pulumi.Input[str] | None]
    """Path where workloads find the CA of the cluster, for `sslrootcert`; "system" for the CAs of
    their system. Give an absolute path: a relative one is relative to the folder that the workload
    runs in. By default libpq's own: ~/.postgresql/root.crt."""

    registry_database: NotRequired[str | None]
    """Database on the cluster that records which stack owns which entry; by default "crdb_sso"."""

    claim: NotRequired[pulumi.Input[str] | None]
    """Which claim of a token names its principal, for all logins to the cluster; from 26.3 on also
    as a JSON Pointer. By default the setting is left alone: `sub` unless somebody changed it."""

    take_over: NotRequired[bool | None]
    """Whether entries and users that existed before any stack count as created by this one: they
    are then removed once they leave the program, and by `pulumi destroy`. By default they stay."""

    accept: NotRequired[Mapping[str, str] | None]
    """Findings of `crdb-sso analyze` that this stack lives with: the reason by id, e.g.
    `{"CRDB-SSO-003": "a demo for everybody"}`. The report shows who accepts what, and why."""

    prove: NotRequired[Mapping[str, Mapping[str, pulumi.Input[str]]] | None]
    """Logins that each `up` which changes something tries once all is written, by SQL user: where
    this machine gets the token, e.g. `{"app": {"kind": "command", "command": "vault-token app"}}`,
    with `identity` if a login has several. `{}` is enough for a `GcpIdentity`; for a `SelfIssuer`
    it is once its key is in CRDB_SSO_SIGNING_KEY: from the second `up` on. By default no login is
    tried. See [proving logins](prove.md)."""

    on_failed_proof: NotRequired[Literal["keep", "restore"] | None]
    """What becomes of the change if a login is not let in, which fails the `up` either way: by
    default it is kept; with "restore" what it changed is put back, unless it takes access away."""

    retire_keys_after_hours: NotRequired[pulumi.Input[float] | None]
    """How long, in hours, a key stays trusted once its issuer no longer publishes it; default: 24.
    0 drops it at once, along with those already waiting."""


class ClusterSso(pulumi.ComponentResource):
    """Password-less logins to one CockroachDB cluster.

    `connect` is not secret: of `cluster_url`, only host, port and virtual cluster get into it. It
    tells of the logins that were written: after a refused `up`, of none that is new.
    """

    connect: pulumi.Output[Mapping[str, Connect]]

    def __init__(
        self, name: str, args: ClusterSsoArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE_TOKEN, name, None, opts)  # no args as props: they would print twice
        self._label = f"ClusterSso {name!r}"
        with as_run_error(self._label):
            _check_args(args)
            check_passthrough(args.get("subject_is_username"))
            check_logins(args["logins"], args.get("subject_is_username") or ())
            check_sso_only(args.get("sso_only"))
            check_group_sync(args.get("group_sync"))
            check_proof(args.get("prove"), args.get("on_failed_proof"), args["logins"])
        cluster_url = pulumi.Output.secret(args["cluster_url"])
        cluster_url.apply(self._warn_of_password)
        hours = args.get("retire_keys_after_hours")
        props: dict[str, object] = {
            "cluster_url": cluster_url,
            "owner": _owner(self, opts),
            "mode": args["keys"],
            "enabled": True,
            "registry_database": args.get("registry_database") or DEFAULT_REGISTRY_DATABASE,
            "retire_after_h": DEFAULT_RETIRE_H if hours is None else hours,
            "sources": self._sources(args),
            "logins": login_props(args["logins"]),
            **sso_only_props(args.get("sso_only")),
            **group_sync_props(args.get("group_sync")),
            **proof_props(args.get("prove"), args.get("on_failed_proof"), args["logins"]),
            **_option_props(args),
        }
        with as_run_error(self._label):
            check_texts(props)
        logins = ClusterLogins(f"{name}-logins", props, child_options(self))
        workloads = workloads_of(args["logins"])
        written = logins.logins.apply(partial(_written, args["logins"]), run_with_unknowns=True)
        users = pulumi.Output.unsecret(written)  # names, which are plain text in the program
        self.connect = self._connect(args, cluster_url, workloads, users)
        # `connect` follows from the rest and is exported where it is needed: a second copy of it in
        # the state would be the largest part of a login there
        self.register_outputs({})

    def _sources(self, args: ClusterSsoArgs) -> Mapping[str, object]:
        open_ones = args.get("subject_is_username") or ()
        is_fetched = args["keys"] == "fetched"
        props = source_props(args["logins"], self._label, fetched=is_fetched, more=open_ones)
        mark_passthrough(props, open_ones)
        return props

    def _connect(
        self,
        args: ClusterSsoArgs,
        cluster_url: pulumi.Output[str],
        workloads: Workloads,
        users: pulumi.Output[Sequence[str]],
    ) -> pulumi.Output[Mapping[str, Connect]]:
        host, port = args.get("connect_host"), args.get("connect_port")
        if host is not None:
            where = applied(self._label, authority_at, host, port)
        else:
            found = applied(self._label, authority_of, cluster_url, port)
            where = pulumi.Output.unsecret(found)  # host and port, and they are meant to be known
        way = pulumi.Output.all(
            where,
            args.get("connect_database") or DEFAULT_DATABASE,
            pulumi.Output.unsecret(cluster_url.apply(self._routing_of)),
            args.get("connect_ca_file") or "",
        ).apply(_way)
        return workloads.connect(users, way, args.get("claim") or "")

    def _routing_of(self, cluster_url: str) -> str:
        with as_run_error(self._label):
            return routing_of(cluster_url)

    def _warn_of_password(self, cluster_url: str) -> None:
        with as_run_error(self._label):
            parameters = check_cluster_url(cluster_url)
        if parameters.get("password"):
            text = (
                "cluster_url contains a password: after changing it, run `pulumi up` before the"
                " next `refresh` or `destroy`, which use the one in the state. It is better to use"
                " PGPASSWORD or a client certificate in the environment."
            )
            pulumi.log.warn(log.without_secrets(warning_text(self._label, text)), self)


def _owner(
    component: pulumi.ComponentResource, opts: pulumi.ResourceOptions | None
) -> pulumi.Output[str]:
    """Return the owner in whose name entries on the cluster are claimed: one for each component.

    It is for people. A component that moves to another parent keeps its claims: its state does.
    """
    parent = opts.parent if opts else None
    names = [] if parent is None else [parent.pulumi_resource_name]
    apart: pulumi.Input[str] = _text_of(
        component.urn
    )  # no dependency: a child can't wait for its own parent
    return pulumi.Output.from_input(apart).apply(partial(_owner_name, names))


async def _text_of(urn: pulumi.Output[str]) -> str:
    return await urn.future() or ""


def _owner_name(parents: Sequence[str], urn: str) -> str:
    """Return organization, project, stack, and where a component is in its program.

    A URN names the types of all ancestors, but not what they are called.

    Args:
        parents: The name of the direct parent, if it is known.
        urn: The component's.
    """
    *_, types, name = urn.split("::", 3)
    *ancestors, _ = types.split("$")
    where = [*ancestors, *parents] if ancestors else []
    here = (pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack())
    return "/".join([*here, *where, name])


def _check_args(args: ClusterSsoArgs) -> None:
    check_names("ClusterSso", args, ClusterSsoArgs)
    check_bool("take_over", args.get("take_over"))
    check_bool("auto_provisioning", args.get("auto_provisioning"))
    if args["keys"] not in ("pinned", "fetched"):
        raise InvalidInput(
            f"keys={args['keys']!r} is neither 'pinned' nor 'fetched'",
            hint='Write "pinned" (`pulumi up` writes them) or "fetched" (the nodes fetch them).',
        )


def _option_props(args: ClusterSsoArgs) -> Mapping[str, object]:
    """Return the properties that are left out where a program does not use them."""
    given = {
        "auto_provisioning": args.get("auto_provisioning") or None,
        "claim": args.get("claim"),
        "take_over": args.get("take_over") or None,
        "accept": args.get("accept") or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _written(logins: Mapping[str, Login], written: Mapping[str, object] | Unknown) -> Sequence[str]:
    """Return the logins that are on the cluster; in a preview, those that `up` will write.

    Args:
        logins: The logins of the program.
        written: Those of the resource; a preview does not know them if they change.
    """
    return [user for user in logins if isinstance(written, Unknown) or user in written]


def _way(fields: Sequence[str]) -> Way:
    return Way(*fields)
