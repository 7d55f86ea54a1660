"""Tokens as real issuers make them: header, claims, kid, lifetime; and what almost is one."""

from tests.support.issuers.ci import GITHUB, GITLAB, PULUMI_ESC
from tests.support.issuers.clouds import AKS, AWS, AZURE, COCKROACH_CLOUD, GCP, GKE
from tests.support.issuers.machines import KUBERNETES, SPIFFE, VAULT
from tests.support.issuers.oauth import AUTH0, KEYCLOAK, OKTA, PEOPLE, SAML
from tests.support.issuers.row import Miss, Row, Shape

ROWS: tuple[Row, ...] = (
    *(GCP, GKE, AZURE, AKS, AWS, COCKROACH_CLOUD),
    *(GITHUB, GITLAB, PULUMI_ESC),
    *(KUBERNETES, SPIFFE, VAULT),
    *(OKTA, KEYCLOAK, AUTH0, PEOPLE, SAML),
)
"""One row for each folder of `examples/issuers`."""

__all__ = ["ROWS", "Miss", "Row", "Shape"]
