"""What a Pulumi program imports: identity sources, and the cluster they open.

Each cloud's identity source is imported from its own module, so that its SDK loads only when used.
"""

from components._logins import Login
from components._provisioning import GroupSync
from components._sso_only import Kept, SsoOnly
from components.cluster_sso import ClusterSso, ClusterSsoArgs, Connect
from components.identity import IdentityFacts, SourceFacts
from components.oidc import OidcIssuer, OidcIssuerArgs

__all__ = [
    "ClusterSso",
    "ClusterSsoArgs",
    "Connect",
    "GroupSync",
    "IdentityFacts",
    "Kept",
    "Login",
    "OidcIssuer",
    "OidcIssuerArgs",
    "SourceFacts",
    "SsoOnly",
]
