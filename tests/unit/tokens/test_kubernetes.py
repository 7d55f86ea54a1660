"""Kubernetes service accounts and the subjects of their tokens."""

import pytest

from crdb_sso.errors import InvalidInput
from crdb_sso.tokens.kubernetes import ServiceAccount


@pytest.mark.parametrize(
    ("namespace", "name", "subject"),
    [
        ("shop", "orders", "system:serviceaccount:shop:orders"),
        ("s", "o.v2-a", "system:serviceaccount:s:o.v2-a"),
        ("n" * 63, "a", f"system:serviceaccount:{'n' * 63}:a"),
    ],
)
def test_a_service_account_is_the_subject_of_its_tokens(
    namespace: str, name: str, subject: str
) -> None:
    assert ServiceAccount(namespace, name).subject == subject


@pytest.mark.parametrize("namespace", ["", "Shop", "sh op", "shop.v2", "-shop", "shop-", "n" * 64])
def test_what_is_not_a_namespace_is_refused(namespace: str) -> None:
    with pytest.raises(InvalidInput, match="is not a Kubernetes namespace"):
        ServiceAccount(namespace, "orders")


@pytest.mark.parametrize("name", ["", "Orders", "or ders", "or:ders", ".orders", "orders.", None])
def test_what_is_not_a_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="is not the name of a Kubernetes service account"):
        ServiceAccount("shop", name)


def test_a_name_has_a_maximum_length() -> None:
    longest = ".".join(["a" * 63] * 3 + ["a" * 61])
    assert ServiceAccount("shop", longest).name == longest
    with pytest.raises(InvalidInput):
        ServiceAccount("shop", longest + "b")
