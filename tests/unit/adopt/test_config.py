"""What the written configuration says, word for word."""

import yaml  # type: ignore[import-untyped] # ships no types

from crdb_sso.adopt.program import config_text

CONFIG = """\
# Pulumi.prod.yaml, beside the program. The only thing that the program needs is the operator's
# libpq URL, a secret: these commands ask for it and store it here, encrypted.
#
#     pulumi stack select --create --stack acme/prod
#     pulumi config set --secret --stack acme/prod shop:clusterUrl
#
# Leave its password to PGPASSWORD, or use a client certificate.
config: {}
"""


def test_the_configuration_is_a_file_and_the_commands_that_fill_it() -> None:
    assert config_text(project="shop", stack="acme/prod") == CONFIG
    assert yaml.safe_load(CONFIG) == {"config": {}}
