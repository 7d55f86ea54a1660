"""The example program: one issuer, one cluster, and the logins that the stack's config names."""

import pulumi

import stack_config
from components import ClusterSso, OidcIssuer

config = stack_config.load()

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

sso = ClusterSso(
    "sso",
    {
        "cluster_url": config.cluster_url,
        "keys": config.keys,
        "connect_host": config.connect_host,
        "connect_port": config.connect_port,
        "connect_database": config.connect_database,
        "logins": {
            user: {
                "identities": [idp.subject(subject) for subject in login.subjects],
                "roles": login.roles,
                "login": login.may_login,
            }
            for user, login in config.logins.items()
        },
    },
    pulumi.ResourceOptions(protect=config.protect),
)

pulumi.export("connect", sso.connect)
