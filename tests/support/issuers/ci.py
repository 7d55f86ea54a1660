"""CI: GitHub Actions, GitLab CI, Pulumi ESC.

Sources: GitHub, "OpenID Connect reference" and "immutable subject claims"; GitLab, "ID token
authentication"; Pulumi, "Configure a relying party for custom-audience OIDC tokens".
"""

from crdb_sso.verdict.steps import Step
from tests.support.issuers.row import Miss, Row, Shape

REPOSITORY = "repo:acme@1234567/shop@7654321"
_OF_GITHUB = {
    "jti": "6f4762ed-0758-4ccb-808d-ee3af5d723a8",
    "aud": "crdb",
    "ref": "refs/heads/main",
    "sha": "f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4",
    "repository": "acme/shop",
    "repository_id": "7654321",
    "repository_owner": "acme",
    "repository_owner_id": "1234567",
    "repository_visibility": "private",
    "run_id": "10123456789",
    "run_number": "42",
    "run_attempt": "1",
    "runner_environment": "github-hosted",
    "actor": "ann",
    "actor_id": "55555",
    "workflow": "deploy",
    "workflow_ref": "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
    "workflow_sha": "f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4",
    "job_workflow_ref": "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
    "head_ref": "",
    "base_ref": "",
    "event_name": "push",
    "ref_type": "branch",
    "ref_protected": "true",
    "iss": "https://token.actions.githubusercontent.com",
}
ON_MAIN = Shape(
    {"typ": "JWT", "alg": "RS256", "kid": "cc413527-173f-5a05-976e-9c52b1d7b431"},
    {**_OF_GITHUB, "sub": f"{REPOSITORY}:ref:refs/heads/main"},
    life_s=300,
    nbf_s=-600,
)
IN_PROD = ON_MAIN.but(sub=f"{REPOSITORY}:environment:prod", environment="prod")

GITHUB = Row(
    "github",
    {"app_migrations": IN_PROD, "app_reports": ON_MAIN},
    (
        Miss(
            "a job for a pull request",
            "app_reports",
            ON_MAIN.but(
                sub=f"{REPOSITORY}:pull_request",
                ref="refs/pull/7/merge",
                event_name="pull_request",
                head_ref="fix",
                base_ref="main",
            ),
            "invalid principal",
            Step.MAPPING,
            f"{REPOSITORY}:pull_request",
        ),
        Miss(
            "a repository whose subjects have no ids",
            "app_migrations",
            IN_PROD.but(sub="repo:acme/shop:environment:prod"),
            "invalid principal",
            Step.MAPPING,
            "repo:acme/shop:environment:prod",
        ),
        Miss(
            "a token with GitHub's default audience",
            "app_migrations",
            IN_PROD.but(aud="https://github.com/acme"),
            "invalid audience",
            Step.AUDIENCE,
            "crdb",
        ),
    ),
)

ON_MAIN_OF_GITLAB = Shape(
    {"kid": "4i3sFE7sxqNPOT7FdvcGA1ZVGGI_r-tsDXnEuYT4ZqE", "typ": "JWT", "alg": "RS256"},
    {
        "namespace_id": "72",
        "namespace_path": "acme",
        "project_id": "20",
        "project_path": "acme/shop",
        "user_id": "1",
        "user_login": "ann",
        "user_email": "ann@example.com",
        "user_access_level": "maintainer",
        "user_identities": [{"provider": "github", "extern_uid": "2435223452345"}],
        "pipeline_id": "574",
        "pipeline_source": "push",
        "job_id": "302",
        "ref": "main",
        "ref_type": "branch",
        "ref_path": "refs/heads/main",
        "ref_protected": "true",
        "groups_direct": ["acme", "acme/ops"],
        "runner_id": 1,
        "runner_environment": "gitlab-hosted",
        "sha": "714a629c0b401fdce83e847fc9589983fc6f46bc",
        "project_visibility": "private",
        "ci_config_ref_uri": "gitlab.com/acme/shop//.gitlab-ci.yml@refs/heads/main",
        "ci_config_sha": "714a629c0b401fdce83e847fc9589983fc6f46bc",
        "jti": "235b3a54-b797-45c7-ae9a-f72d7bc6ef5b",
        "iss": "https://gitlab.com",
        "sub": "project_path:acme/shop:ref_type:branch:ref:main",
        "aud": "crdb",
    },
    nbf_s=-5,
)
GITLAB = Row(
    "gitlab",
    {"app_migrations": ON_MAIN_OF_GITLAB},
    (
        Miss(
            "a job on another branch",
            "app_migrations",
            ON_MAIN_OF_GITLAB.but(
                sub="project_path:acme/shop:ref_type:branch:ref:fix/7", ref="fix/7"
            ),
            "invalid principal",
            Step.MAPPING,
            "project_path:acme/shop:ref_type:branch:ref:fix/7",
        ),
        Miss(
            "a job of a GitLab of your own",
            "app_migrations",
            ON_MAIN_OF_GITLAB.but(iss="https://gitlab.example.com"),
            "invalid issuer",
            Step.ISSUER,
            "https://gitlab.com",
        ),
    ),
)

ENVIRONMENT = "pulumi:org:0c1d2e3f-1111-4222-8333-444455556666:env:"
OF_ESC = Shape(
    {"alg": "RS256", "kid": "1f2e3d4c-5b6a-4788-9695-a4b3c2d1e0f9", "typ": "JWT"},
    {
        "iss": "https://api.pulumi.com/oidc/v2",
        "sub": f"{ENVIRONMENT}9a8b7c6d-7777-4888-9999-aaaabbbbcccc",
        "aud": "crdb",
        "jti": "99887766-5544-4332-8110-ffeeddccbbaa",
        "https://pulumi.com/org": "acme",
        "https://pulumi.com/org_id": "0c1d2e3f-1111-4222-8333-444455556666",
        "https://pulumi.com/current_env": "shop/prod",
        "https://pulumi.com/current_env_id": "9a8b7c6d-7777-4888-9999-aaaabbbbcccc",
        "https://pulumi.com/root_env": "shop/prod",
        "https://pulumi.com/root_env_id": "9a8b7c6d-7777-4888-9999-aaaabbbbcccc",
        "https://pulumi.com/actor": "ann",
    },
    nbf_s=0,
)
PULUMI_ESC = Row(
    "pulumi-esc",
    {"app_migrations": OF_ESC},
    (
        Miss(
            "a token of Pulumi's other issuer, which `aws-login` and the like use",
            "app_migrations",
            OF_ESC.but(
                iss="https://api.pulumi.com/oidc",
                sub="pulumi:environments:org:acme:env:shop/prod",
            ),
            "invalid issuer",
            Step.ISSUER,
            "https://api.pulumi.com/oidc/v2",
        ),
        Miss(
            "an environment that imports the one with the block under another id",
            "app_migrations",
            OF_ESC.but(sub=f"{ENVIRONMENT}00000000-1111-4222-8333-444444444444"),
            "invalid principal",
            Step.MAPPING,
            "00000000-1111-4222-8333-444444444444",
        ),
    ),
)
