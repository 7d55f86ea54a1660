"""What the written program says, word for word."""

import ast
from dataclasses import replace

import pytest

from crdb_sso.adopt.adoption import AdoptedLogin, Adoption, Principal
from crdb_sso.adopt.entries import Foreign
from crdb_sso.adopt.options import Options
from crdb_sso.adopt.program import literal, program_text
from crdb_sso.desired.provisioning import GroupSync
from tests.unit.adopted_clusters import ISSUER, KEY, ORDERS

ADOPTION = Adoption({ISSUER: ""}, ("crdb",), {"k1": KEY}, {"app_orders": ORDERS})
GOOGLE = "https://accounts.google.com"

PROGRAM = f'''\
"""Logins to a CockroachDB cluster, as they were when this program was written.

The first `pulumi up` claims them and changes nothing. They count as found: removing one here, or
running `pulumi destroy`, leaves it on the cluster.
"""

import pulumi

from components import ClusterSso, OidcIssuer

# All usable keys that are pinned on the cluster. The cluster does not say whose they are, so each
# issuer gets all of them. Remove `jwks` from an issuer, and from then on each `pulumi up` fetches
# the keys that it publishes.
JWKS = """{{"keys": [
{KEY}
]}}"""

config = pulumi.Config()

idp_example_com = OidcIssuer(
    "idp-example-com",
    {{
        "issuer": "https://idp.example.com",
        "audience": "crdb",
        "jwks": JWKS,
    }},
)

sso = ClusterSso(
    "sso",
    {{
        "cluster_url": config.require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {{
            "app_orders": {{
                "identities": [
                    idp_example_com.subject("orders"),
                ],
            }},
        }},
    }},
)
pulumi.export("connect", sso.connect)
'''

NOTHING = '''\
"""Logins to a CockroachDB cluster, as they were when this program was written.

The first `pulumi up` claims them and changes nothing. They count as found: removing one here, or
running `pulumi destroy`, leaves it on the cluster.
"""

import pulumi

from components import ClusterSso

config = pulumi.Config()

sso = ClusterSso(
    "sso",
    {
        "cluster_url": config.require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {},  # see the reasons below
    },
)
pulumi.export("connect", sso.connect)

# These stay on the cluster as they are, outside this program:
# * everything else: there is no key that can be adopted.
'''


def test_a_program_says_what_was_adopted() -> None:
    assert program_text(ADOPTION) == PROGRAM


def test_a_program_without_logins_says_why() -> None:
    reason = Foreign("everything else", "there is no key that can be adopted")

    assert program_text(Adoption(foreign=(reason,))) == NOTHING


def test_where_the_package_is_installed_a_program_imports_it() -> None:
    adoption = replace(ADOPTION, issuers={GOOGLE: ""}, logins={})

    text = program_text(adoption, components="crdb_sso.components")

    assert "\nimport pulumi\nfrom crdb_sso.components import ClusterSso\n\n" in text
    assert " from crdb_sso.components.gcp" in text.replace("\n# ", " ")


def test_a_program_that_takes_over_says_so() -> None:
    text = program_text(ADOPTION, take_over=True)

    assert '        "keys": "pinned",\n        "take_over": True,\n        "logins": {\n' in text
    assert "removes it from the cluster" in text
    assert "take_over" not in PROGRAM


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        pytest.param(Options(), "", id="none"),
        pytest.param(
            Options(auto_provisioning=True, group_sync=GroupSync()),
            '        "auto_provisioning": True,\n        "group_sync": {},\n',
            id="the usual names",
        ),
        pytest.param(
            Options(group_sync=GroupSync("teams", "t" * 80)),
            f"""\
        "group_sync": {{
            "group_claim": "teams",
            "userinfo_group_key": "{"t" * 80}",
        }},
""",
            id="custom names",
        ),
    ],
)
def test_options_that_are_on_are_in_the_program(options: Options, lines: str) -> None:
    text = program_text(replace(ADOPTION, options=options))

    assert f'        "keys": "pinned",\n{lines}        "logins": {{\n' in text


def test_another_registry_database_is_named() -> None:
    text = program_text(ADOPTION, registry_database="sso_claims")

    assert '        "registry_database": "sso_claims",\n' in text


def test_roles_and_a_shut_out_privileged_user_are_in_the_program() -> None:
    login = replace(ORDERS, roles=("readers", "writers"), may_login=False, is_privileged=True)

    text = program_text(replace(ADOPTION, logins={"app_orders": login}))

    assert (
        "                ],\n"
        '                "roles": ["readers", "writers"],\n'
        '                "login": False,\n'
        '                "allow_privileged": True,\n'
        "            },\n"
    ) in text


def test_what_does_not_fit_on_a_line_is_split() -> None:
    long = "s" * 60
    login = AdoptedLogin((Principal(ISSUER, long),), (f"r{long}", "readers"))

    text = program_text(replace(ADOPTION, logins={"app_orders": login}))

    assert (
        "                    idp_example_com.subject(\n"
        f'                        "{long}",\n'
        "                    ),\n"
        "                ],\n"
        '                "roles": [\n'
        f'                    "r{long}",\n'
        '                    "readers",\n'
        "                ],\n"
    ) in text
    assert max(len(line) for line in text.splitlines() if line != KEY) <= 100


def test_wide_letters_take_two_columns() -> None:
    login = AdoptedLogin((Principal(ISSUER, "漢" * 30), Principal(ISSUER, "漢" * 20)))

    text = program_text(replace(ADOPTION, logins={"app_orders": login}))

    assert f'.subject(\n                        "{"漢" * 30}",\n' in text
    assert f'.subject("{"漢" * 20}"),\n' in text


def test_a_key_with_a_backslash_stays_the_same_key() -> None:
    kid, key = 'k"1', KEY.replace("k1", r"k\"1")

    text = program_text(replace(ADOPTION, keys={kid: key}))

    assert f'JWKS = r"""{{"keys": [\n{key}\n]}}"""\n' in text


def test_each_audience_has_a_component_and_the_second_identity_its_own_name() -> None:
    text = program_text(replace(ADOPTION, audiences=("crdb", "old")))

    assert (
        'idp_example_com_old = OidcIssuer(\n    "idp-example-com-old",\n    {\n'
        '        "issuer": "https://idp.example.com",\n        "audience": "old",\n'
    ) in text
    assert (
        '                    idp_example_com_crdb.subject("orders"),\n'
        '                    idp_example_com_old.subject("orders", name="orders of'
        ' idp-example-com-old"),\n'
    ) in text


def test_the_jwks_uri_is_passed_on() -> None:
    text = program_text(replace(ADOPTION, issuers={ISSUER: "https://keys.example.com"}))

    assert '"audience": "crdb",\n        "jwks_uri": "https://keys.example.com",\n' in text


@pytest.mark.parametrize(
    ("issuer", "step"),
    [
        pytest.param(GOOGLE, 'GcpIdentity(name, {"existing_email": ...', id="google"),
        pytest.param(
            "https://login.microsoftonline.com/0000/v2.0",
            'AzureIdentity(name, {"existing_principal_id": ...',
            id="entra, version 2",
        ),
        pytest.param(
            "https://sts.chinacloudapi.cn/0000/",
            'AzureIdentity(name, {"existing_principal_id": ...',
            id="entra, version 1, China",
        ),
    ],
)
def test_the_program_says_what_a_clouds_issuer_can_become(issuer: str, step: str) -> None:
    login = AdoptedLogin((Principal(issuer, "107"),))

    text = program_text(replace(ADOPTION, issuers={issuer: ""}, logins={"app": login}))

    assert step in text
    assert "existing_" not in PROGRAM


@pytest.mark.parametrize(
    ("thing", "comment"),
    [
        pytest.param(
            Foreign("key 'x'", "a\nimport os"), r"# * key 'x': a\nimport os.", id="a line break"
        ),
        pytest.param(Foreign("x\u2028", "y\r"), r"# * x\u2028: y\r.", id="other line breaks"),
        pytest.param(Foreign("x", "y" * 999), f"# * x:\n#   {'y' * 397}...", id="a long reason"),
        pytest.param(
            Foreign("x", "word " * 30),
            f"# * x: {'word ' * 18}".rstrip() + f"\n#   {'word ' * 12}".rstrip() + " .",
            id="a wrapped one",
        ),
    ],
)
def test_a_reason_stays_a_comment(thing: Foreign, comment: str) -> None:
    text = program_text(replace(ADOPTION, foreign=(thing,)))

    assert text.endswith(f"outside this program:\n{comment}\n")
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(PROGRAM))


@pytest.mark.parametrize(
    ("text", "source"),
    [
        pytest.param("orders", '"orders"', id="plain"),
        pytest.param("näme 漢", '"näme 漢"', id="other letters"),
        pytest.param(r"/^o-\d+$", r'r"/^o-\d+$"', id="a backslash"),
        pytest.param("o\\", r'"o\\"', id="a backslash at the end"),
        pytest.param("it's", '"it\'s"', id="an apostrophe"),
        pytest.param('a"b', "'a\"b'", id="a quotation mark"),
        pytest.param("'a\"", '"\'a\\""', id="both"),
        pytest.param('"\\', "'\"\\\\'", id="a mark and a backslash"),
        pytest.param("a\n\u200b\U000e0001", r'"a\n\u200b\U000e0001"', id="invisible"),
    ],
)
def test_a_text_is_written_as_a_literal(text: str, source: str) -> None:
    assert literal(text) == source
    assert ast.literal_eval(source) == text


def test_keys_that_the_nodes_fetch_are_not_in_the_program() -> None:
    text = program_text(replace(ADOPTION, keys={}, fetched=True))

    assert '"keys": "fetched",' in text
    assert "JWKS" not in text
    assert '"keys": "pinned",' in program_text(ADOPTION)


def test_the_program_says_that_subjects_are_values_of_another_claim() -> None:
    text = program_text(replace(ADOPTION, claim='e"mail'))

    assert "# Principals are values of the tokens' claim 'e\"mail'" in text
    assert "Principals" not in program_text(ADOPTION)
