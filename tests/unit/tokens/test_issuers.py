"""Issuers byte for byte, and their discovery documents."""

import json

import pytest

from crdb_sso.errors import DiscoveryFailed, InvalidIssuer
from crdb_sso.tokens.issuers import Discovery, Issuer, discovery_url, is_https, read_discovery

IDP = Issuer("https://idp.example.com")
URL = "https://idp.example.com/.well-known/openid-configuration"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("https://accounts.google.com", id="Google"),
        pytest.param("https://sts.windows.net/3f2504e0/", id="Entra v1: the slash is part of it"),
        pytest.param("HTTPS://Idp.Example.COM/Realms/A", id="case is kept"),
        pytest.param("my-own-minter", id="self-minted, no URL"),
        pytest.param("kubernetes/serviceaccount", id="old Kubernetes"),
        pytest.param("https://idp.example.com/ä", id="beyond ASCII"),
    ],
)
def test_an_issuer_is_kept_byte_for_byte(text: str) -> None:
    assert Issuer(text).url == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "the issuer is empty", id="empty"),
        pytest.param(
            " https://idp.example.com",
            "the issuer ' https://idp.example.com' contains ' '",
            id="leading space",
        ),
        pytest.param(
            "https://idp.example.com\n",
            r"the issuer 'https://idp.example.com\n' contains '\n'",
            id="line end",
        ),
        pytest.param(
            "https://idp.example.com/#a",
            "the issuer 'https://idp.example.com/#a' contains '#'",
            id="comment sign",
        ),
        pytest.param(
            "https://idp.example.com\u00a0",
            r"the issuer 'https://idp.example.com\xa0' contains '\xa0'",
            id="no-break space",
        ),
        pytest.param(
            "https://idp.example.com\u200b",
            r"the issuer 'https://idp.example.com\u200b' contains '\u200b'",
            id="invisible character",
        ),
        pytest.param("a\x00b", r"the issuer 'a\x00b' contains '\x00'", id="NUL"),
        pytest.param(
            '{"issuers":[{"issuer":"https://idp","audience":"crdb"}]}',
            """the issuer '{"issuers":[{"issuer":"https://idp","audience":"crdb"}]}' is not one"""
            " issuer, but JSON",
            id="a published recipe",
        ),
        pytest.param(
            '["https://idp.example.com"]',
            """the issuer '["https://idp.example.com"]' is not one issuer, but JSON""",
            id="a list",
        ),
    ],
)
def test_what_no_identity_map_can_carry_is_not_an_issuer(text: str, message: str) -> None:
    with pytest.raises(InvalidIssuer) as caught:
        Issuer(text)
    assert caught.value.what.startswith(message)
    assert caught.value.hint.startswith("Copy `iss` from a token")


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        pytest.param("https://idp.example.com", URL, id="no slash"),
        pytest.param("https://idp.example.com/", URL, id="one slash is removed"),
        pytest.param(
            "https://idp.example.com//",
            "https://idp.example.com//.well-known/openid-configuration",
            id="only one slash is removed",
        ),
        pytest.param(
            "https://login.microsoftonline.com/T/v2.0",
            "https://login.microsoftonline.com/T/v2.0/.well-known/openid-configuration",
            id="a path stays",
        ),
    ],
)
def test_discovery_is_where_cockroachdb_looks_for_it(issuer: str, expected: str) -> None:
    assert discovery_url(Issuer(issuer)) == expected


@pytest.mark.parametrize(
    "issuer", ["http://idp.example.com", "my-own-minter", "https://", "https:", "https://:443"]
)
def test_an_issuer_that_is_not_an_https_url_cannot_be_asked(issuer: str) -> None:
    with pytest.raises(
        InvalidIssuer, match="is not an https URL: its keys can't be discovered"
    ) as caught:
        discovery_url(Issuer(issuer))
    assert "`jwks_uri`" in caught.value.hint
    assert "`jwks`" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("https://idp.example.com/keys", True, id="a host"),
        pytest.param("https://[::1]:8443/keys", True, id="an address and a port"),
        pytest.param("HTTPS://idp.example.com", True, id="a scheme has no case"),
        pytest.param("https://[::1", False, id="an unclosed bracket"),
        pytest.param("https://:443/keys", False, id="a port without a host"),
        pytest.param("https:///keys", False, id="a path without a host"),
        pytest.param("https://idp.example.com:0/keys", False, id="a port that nobody listens on"),
        pytest.param("https://idp.example.com:x/keys", False, id="a port of letters"),
        pytest.param("https://idp.example.com/a b", False, id="a blank"),
        pytest.param("https://idp.example.com/\tkeys", False, id="a tab"),
    ],
)
def test_an_https_url_has_a_host(text: str, *, expected: bool) -> None:
    assert is_https(text) is expected


def test_a_discovery_document_gives_the_jwks_uri() -> None:
    document = {"issuer": IDP.url, "jwks_uri": "https://keys.example.com/k", "x": [1]}
    found = read_discovery(json.dumps(document), IDP, URL)
    assert found == Discovery(IDP, "https://keys.example.com/k")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("<html>", f"{URL} is not JSON: Expecting value", id="HTML"),
        pytest.param("[" * 100_000, f"{URL} is not JSON: ", id="nested endlessly"),
        pytest.param("[]", f"{URL} is JSON, but not an object", id="a list"),
        pytest.param(
            '{"issuer": "https://idp.example.com/", "jwks_uri": "https://k"}',
            f"{URL} is for the issuer 'https://idp.example.com/', not for {IDP.url!r}",
            id="one slash more",
        ),
        pytest.param(
            '{"jwks_uri": "https://k"}',
            f"{URL} is for the issuer nothing, not for {IDP.url!r}",
            id="for nobody",
        ),
        pytest.param(
            json.dumps({"issuer": "a" * 1000}),
            f"{URL} is for the issuer 'aaaa",
            id="a long name is cut",
        ),
        pytest.param(
            '{"issuer": "https://idp.example.com"}',
            f"{URL}: its `jwks_uri` is nothing, not an https URL",
            id="no key address",
        ),
        pytest.param(
            '{"issuer": "https://idp.example.com", "jwks_uri": "http://k"}',
            f"{URL}: its `jwks_uri` is 'http://k', not an https URL",
            id="keys without TLS",
        ),
        pytest.param(
            '{"issuer": "https://idp.example.com", "jwks_uri": 1}',
            f"{URL}: its `jwks_uri` is 1, not an https URL",
            id="key address is not a string",
        ),
    ],
)
def test_a_discovery_document_that_says_something_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(DiscoveryFailed) as caught:
        read_discovery(text, IDP, URL)
    assert caught.value.what.startswith(message)
    assert len(caught.value.what) < 500
    assert "`jwks`" in caught.value.hint
