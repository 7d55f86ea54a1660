"""Components get readable, distinct names that Python and Pulumi accept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.adopt.names import component_names, resource_name
from tests.unit.adoption_strategies import ISSUERS, odd_texts

A, B = "https://a.example.com", "https://b.example.com"


@pytest.mark.parametrize(
    ("issuer", "name"),
    [
        pytest.param("https://idp.example.com", "idp_example_com", id="a host"),
        pytest.param("https://idp.example.com/realms/x/", "idp_example_com", id="no path"),
        pytest.param("https://IDP.example.com:8443", "idp_example_com_8443", id="a port"),
        pytest.param("https://10.0.0.7/x", "issuer_10_0_0_7", id="an address"),
        pytest.param("https://[::1", "issuer_1", id="a broken address"),
        pytest.param("kubernetes/serviceaccount", "kubernetes", id="no URL"),
        pytest.param("import", "issuer_import", id="a keyword"),
        pytest.param("match", "issuer_match", id="a soft keyword"),
        pytest.param("pulumi", "issuer_pulumi", id="a name of the program"),
        pytest.param("https://list", "issuer_list", id="a builtin"),
        pytest.param("https://漢", "issuer", id="no ASCII letters"),
        pytest.param(
            f"https://{'a' * 40}.example.com", f"{'a' * 40}_example", id="no longer than 48"
        ),
    ],
)
def test_an_issuer_is_named_after_its_host(issuer: str, name: str) -> None:
    assert component_names([issuer], ["crdb"]) == {(issuer, "crdb"): name}


@pytest.mark.parametrize(
    ("issuers", "audiences", "expected"),
    [
        pytest.param([A, B], ["crdb"], ["a_example_com", "b_example_com"], id="two hosts"),
        pytest.param(
            [f"{A}/realms/x", f"{A}/realms/y", B],
            ["crdb"],
            ["a_example_com_realms_x", "a_example_com_realms_y", "b_example_com"],
            id="two paths of a host",
        ),
        pytest.param([A, f"{A}/"], ["crdb"], ["a_example_com", "a_example_com_2"], id="a slash"),
        pytest.param(
            [A], ["crdb", "api://x"], ["a_example_com_crdb", "a_example_com_api_x"], id="audiences"
        ),
        pytest.param(
            [A],
            ["x", "漢", "X"],
            ["a_example_com_x_2", "a_example_com", "a_example_com_x"],
            id="alike",
        ),
    ],
)
def test_similar_issuers_get_different_names(issuers, audiences, expected) -> None:
    names = component_names(issuers, audiences)
    assert [names[i, a] for i in issuers for a in audiences] == expected


def test_a_resource_is_named_with_dashes() -> None:
    assert resource_name("a_example_com") == "a-example-com"


texts = st.lists(st.one_of(st.sampled_from(ISSUERS), odd_texts), min_size=1, unique=True)


@given(texts, texts, st.data())
def test_names_are_unique_identifiers_and_do_not_depend_on_an_order(
    issuers, audiences, data
) -> None:
    names = component_names(issuers, audiences)

    assert len({resource_name(name) for name in names.values()}) == len(issuers) * len(audiences)
    assert all(name.isidentifier() and name.isascii() for name in names.values())
    shuffled = data.draw(st.permutations(issuers)), data.draw(st.permutations(audiences))
    assert component_names(*shuffled) == names
