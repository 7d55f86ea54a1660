"""Arguments of a program's components, as people read them in errors, hints and lines.

The provider does not know which program it works for. The one in the folder of this project is made
from a configuration, whose keys have other names: so people read both.
"""

from enum import Enum


class Argument(Enum):
    """An argument, and its key in the configuration: "" where there is none for all that have it.

    In an f-string it reads "`ca_file` (in the configuration `issuerCaFile`)".
    """

    ALLOW_PRIVILEGED = "allow_privileged", "allowPrivileged"
    AUTO_PROVISIONING = "auto_provisioning", "autoProvisioning"
    CA_FILE = "ca_file", "issuerCaFile"
    CLOSE_PASSTHROUGH = "close_passthrough", ""
    """The identities of clouds have a key for it, an OIDC issuer does not."""

    CLUSTER_URL = "cluster_url", "clusterUrl"
    GROUP_CLAIM = "group_claim", "groupClaim"
    GROUP_SYNC = "group_sync", "groupSync"
    JWKS_URI = "jwks_uri", "jwksUri"
    SSO_ONLY = "sso_only", "ssoOnly"
    SUBJECT_IS_USERNAME = "subject_is_username", "subjectIsUsername"
    USERINFO_GROUP_KEY = "userinfo_group_key", "userinfoGroupKey"

    def __init__(self, argument: str, key: str) -> None:
        self.argument = argument
        self.key = key

    def __str__(self) -> str:
        """Return it in words."""
        return f"`{self.argument}`" + (f" (in the configuration `{self.key}`)" if self.key else "")
