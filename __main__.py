"""The example program: identities, one cluster, and the logins in the stack's configuration."""

import pulumi

import stack_config
from components import ClusterSso, IdentityFacts
from components.config_names import use_config_names
from stack_config import LoginConfig
from stack_identities import cloud_identities, config_names, oidc_issuer

config = stack_config.load()
use_config_names(config_names(config))
clouds = cloud_identities(config)
idp = oidc_issuer(config)


def identities_of(login: LoginConfig) -> list[IdentityFacts]:
    """Return the identities whose tokens open a login."""
    subjects = [idp.subject(subject) for subject in login.subjects] if idp else []
    return [*subjects, *(clouds[name] for name in login.identities)]


sso = ClusterSso(
    "sso",
    {
        "cluster_url": config.cluster_url,
        "keys": config.keys,
        "subject_is_username": [idp.facts] if idp and config.subject_is_username else None,
        "sso_only": config.sso_only.args() if config.sso_only else None,
        "auto_provisioning": config.auto_provisioning,
        "group_sync": config.group_sync.args() if config.group_sync else None,
        "connect_host": config.connect_host,
        "connect_port": config.connect_port or None,
        "connect_database": config.connect_database,
        "connect_ca_file": config.connect_ca_file,
        "claim": config.claim,
        "accept": config.accept,
        "prove": config.prove,
        "on_failed_proof": config.on_failed_proof,
        "retire_keys_after_hours": config.retire_keys_after_hours,
        "logins": {
            user: {
                "identities": identities_of(login),
                "roles": login.roles,
                "login": login.login,
                "on_delete": login.on_delete,
                "allow_privileged": login.allow_privileged,
            }
            for user, login in config.logins.items()
        },
    },
    pulumi.ResourceOptions(protect=config.protect),
)

pulumi.export("connect", sso.connect)
