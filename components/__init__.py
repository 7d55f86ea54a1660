"""What a Pulumi program imports: identity sources, and the cluster they open.

Each cloud's identity source is imported from its own module, so that its SDK loads only when used.
"""

from ._logins import Login
from ._provisioning import GroupSync
from ._sso_only import Kept, SsoOnly
from ._workloads import Connect, ConnectIdentity
from .cluster_sso import ClusterSso, ClusterSsoArgs
from .identity import IdentityFacts, SourceFacts
from .oidc import OidcIssuer, OidcIssuerArgs
from .self_issuer import SelfIssuer, SelfIssuerArgs

__all__ = [
    "ClusterSso",
    "ClusterSsoArgs",
    "Connect",
    "ConnectIdentity",
    "GroupSync",
    "IdentityFacts",
    "Kept",
    "Login",
    "OidcIssuer",
    "OidcIssuerArgs",
    "SelfIssuer",
    "SelfIssuerArgs",
    "SourceFacts",
    "SsoOnly",
]
