"""The published recipe is told from what only looks like it."""

import pytest

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.published_recipe import fault_of_line, is_recipe_of_issuers, without_slash
from crdb_sso.crdb.setting_texts import read
from crdb_sso.crdb.settings import Setting
from crdb_sso.errors import GuardRefused

RECIPE = '{"issuers": [{"issuer": "https://idp.example.com", "audience": "crdb"}]}'
IDP = "https://idp.example.com"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(RECIPE, True, id="as published"),
        pytest.param('[{"issuer": "https://idp.example.com"}]', True, id="its list"),
        pytest.param('{"issuer": "x", "audience": "y"}', True, id="one of its objects"),
        pytest.param('["https://idp.example.com"]', False, id="a list of issuers"),
        pytest.param('{"issuer_jwks_map": {}}', False, id="a map"),
        pytest.param('{"issuer": "x"}', False, id="another object"),
        pytest.param("https://idp.example.com", False, id="an issuer"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_issuers_as_objects_are_recognised(text: str, *, expected: bool) -> None:
    assert is_recipe_of_issuers(text) is expected


@pytest.mark.parametrize("text", [RECIPE, '{"issuer": "x", "audience": "y"}'])
def test_issuers_as_objects_are_an_error_that_says_what_to_write(text: str) -> None:
    with pytest.raises(GuardRefused, match=r"No version reads issuers as objects: Write a list"):
        read(Setting.ISSUERS, text)


def test_another_object_is_an_error_about_maps_alone() -> None:
    with pytest.raises(GuardRefused, match="one member issuer_jwks_map is expected") as caught:
        read(Setting.ISSUERS, '{"x": 1}')
    assert "as objects" not in caught.value.what


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (r"/^(.*)@.*$/", r"/^(.*)@.*$"),
        ("/^a/b$", "/^a/b$"),
        (r"/^a\$/", r"/^a\$/"),
        ("a$/", "a$/"),
        ("/", "/"),
    ],
)
def test_only_a_slash_behind_the_end_goes(subject: str, expected: str) -> None:
    assert without_slash(subject) == expected


@pytest.mark.parametrize(
    ("line", "issuers", "write"),
    [
        pytest.param(MapLine("crdb", "s", "u"), [IDP], f"`{IDP} s u`", id="for the one issuer"),
        pytest.param(MapLine("crdb", "s", "u"), [IDP, "b"], "`<issuer> s u`", id="for one of two"),
        pytest.param(MapLine("crdb", "s", "u"), [], "`<issuer> s u`", id="without any issuer"),
        pytest.param(
            MapLine("crdb", "/^a$/", "u"), [IDP], f"`{IDP} /^a$ u`", id="with its expression too"
        ),
        pytest.param(MapLine(IDP, "/^a$/", "u"), [IDP], f"`{IDP} /^a$ u`", id="its expression"),
    ],
)
def test_a_line_of_the_recipe_comes_with_the_line_to_write(
    line: MapLine, issuers: list[str], write: str
) -> None:
    assert write in fault_of_line(line, issuers)


def test_other_lines_have_no_fault() -> None:
    assert fault_of_line(MapLine(IDP, "s", "u"), [IDP]) == ""
    assert fault_of_line(MapLine("crdb", "s", "u"), ["crdb"]) == ""
    assert fault_of_line(MapLine("certs", "s", "u"), [IDP]) == ""
