"""Token sources: one for each place that a workload's token comes from.

    source = tokens.gcp("crdb-sso/shop/prod")
    token = source.token()            # asked for once, kept until shortly before it expires
    token = await source.token_async()

The source is named, never guessed. A source is its own cache: make one, and keep it. All of them
are safe to use from many threads and tasks, and none shows a token in its `repr` or its errors.
"""

from crdb_sso.workload.tokens.aws_roles import AwsRole
from crdb_sso.workload.tokens.azure_identities import AzureWorkloadIdentity, ManagedIdentity
from crdb_sso.workload.tokens.by_name import KINDS, named
from crdb_sso.workload.tokens.ci_jobs import BuildkiteJob, CircleCiJob, GitHubJob, GitLabJob
from crdb_sso.workload.tokens.files import KubernetesToken, TokenFile, TokenVariable
from crdb_sso.workload.tokens.google_accounts import GoogleAccount
from crdb_sso.workload.tokens.oauth_clients import ClientCredentials
from crdb_sso.workload.tokens.oauth_refresh_tokens import RefreshToken
from crdb_sso.workload.tokens.programs import Function, TokenCommand, TokenFunction, as_source
from crdb_sso.workload.tokens.self_signed import SelfSigned
from crdb_sso.workload.tokens.source import Source
from crdb_sso.workload.tokens.spiffe_identities import SpiffeIdentity
from crdb_sso.workload.tokens.token import Token

gcp = GoogleAccount
aws = AwsRole
azure = ManagedIdentity
azure_workload_identity = AzureWorkloadIdentity
kubernetes = KubernetesToken
github = GitHubJob
gitlab = GitLabJob
buildkite = BuildkiteJob
circleci = CircleCiJob
spiffe = SpiffeIdentity
client_credentials = ClientCredentials
refresh_token = RefreshToken
self_signed = SelfSigned
file = TokenFile
environment = TokenVariable
command = TokenCommand
call = TokenFunction

__all__ = [
    "KINDS",
    "Function",
    "Source",
    "Token",
    "as_source",
    "aws",
    "azure",
    "azure_workload_identity",
    "buildkite",
    "call",
    "circleci",
    "client_credentials",
    "command",
    "environment",
    "file",
    "gcp",
    "github",
    "gitlab",
    "kubernetes",
    "named",
    "refresh_token",
    "self_signed",
    "spiffe",
]
