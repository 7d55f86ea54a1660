"""The example program: identities, one cluster, and the logins that the stack's config names."""

from typing import cast

import pulumi

import stack_config
from components import ClusterSso, IdentityFacts, OidcIssuer, SsoOnly
from stack_config import LoginConfig
from stack_identities import cloud_identities

config = stack_config.load()

clouds = cloud_identities(config)
idp = None
if config.issuer and config.audience and any(of.subjects for of in config.logins.values()):
    idp = OidcIssuer(
        "idp",
        {
            "issuer": config.issuer,
            "audience": config.audience,
            "jwks_uri": config.jwks_uri,
            "jwks": config.jwks,
            "ca_file": config.issuer_ca_file,
        },
    )


def identities_of(login: LoginConfig) -> list[IdentityFacts]:
    """Return whose tokens open a login."""
    subjects = [idp.subject(subject) for subject in login.subjects] if idp else []
    return [*subjects, *(clouds[name] for name in login.identities)]


sso = ClusterSso(
    "sso",
    {
        "cluster_url": config.cluster_url,
        "keys": config.keys,
        "sso_only": cast("SsoOnly | None", config.sso_only),  # checked by the component
        "connect_host": config.connect_host,
        "connect_port": config.connect_port,
        "connect_database": config.connect_database,
        "claim": config.claim,
        "retire_keys_after_hours": config.retire_keys_after_hours,
        "logins": {
            user: {
                "identities": identities_of(login),
                "roles": login.roles,
                "login": login.may_login,
                "on_delete": login.on_delete,
            }
            for user, login in config.logins.items()
        },
    },
    pulumi.ResourceOptions(protect=config.protect),
)

pulumi.export("connect", sso.connect)
