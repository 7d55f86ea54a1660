"""The page on adoption shows exactly what the settings on it become."""

import re

from crdb_sso.adopt.adoption import adoption_of
from crdb_sso.adopt.program import config_text, program_text
from crdb_sso.crdb.settings import Setting
from crdb_sso.plan.inputs import ClusterState, LiveUser
from tests.docs.pages import ROOT, code_blocks
from tests.unit.cluster_model import ACCEPTS, with_texts

PAGE = "docs/adopt.md"
SETTINGS = {
    Setting(name): value.strip("'")
    for name, value in re.findall(
        r"^SET CLUSTER SETTING (\S+) = ('[^']*'|true);$", code_blocks(PAGE, "sql")[0], re.MULTILINE
    )
}


def is_on_or_off(text: str) -> None:
    assert text in ("true", "false")


def test_a_cluster_takes_the_five_settings_on_the_page() -> None:
    assert len(SETTINGS) == 5
    for setting, text in SETTINGS.items():
        ACCEPTS.get(setting, is_on_or_off)(text)


def test_the_program_on_the_page_is_what_the_settings_become() -> None:
    users = {"app_orders": LiveUser(may_login=True, roles=frozenset({"orders_rw"}))}
    live = ClusterState(with_texts(SETTINGS), None, users)

    program = program_text(adoption_of(live), components="crdb_sso.components")
    assert code_blocks(PAGE, "python") == [program]


def test_the_configuration_on_the_page_is_what_is_printed() -> None:
    assert code_blocks(PAGE, "yaml") == [config_text(project="shop", stack="prod")]


def test_the_page_names_each_option() -> None:
    page = (ROOT / PAGE).read_text()

    assert "--config --project shop --stack prod" in page
    assert "--take-over" in page
