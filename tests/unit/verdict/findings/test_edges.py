"""What rules make of ends, odd texts and long lists."""

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from crdb_sso.registry.claims import Kind
from crdb_sso.verdict.findings import Severity, analyzed
from tests.unit.standard_certificates import CA
from tests.unit.standard_keys import EC
from tests.unit.verdict.findings.analyzed_clusters import (
    DEV,
    IDP,
    PROD,
    claim,
    found,
    key_set,
    settings,
    situation,
)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (datetime(2125, 12, 15, tzinfo=timezone.utc), "ends on 2126-01-01: from then on nodes can"),
        (datetime(2126, 1, 2, tzinfo=timezone.utc), "ended on 2126-01-01: nodes can fetch no keys"),
    ],
)
def test_a_ca_that_ends_is_a_finding_thirty_days_before(now: datetime, words: str) -> None:
    fetched = situation(settings(custom_ca=CA, auto_fetch="true"))
    pinned = situation(settings(custom_ca=CA))

    (one,) = found("012", replace(fetched, now=now))

    assert words in one.sentence
    assert one.severity is Severity.WARNING
    assert found("012", replace(pinned, now=now)) == []


def test_a_block_that_is_not_a_certificate_has_no_end() -> None:
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

    assert found("012", situation(settings(custom_ca=broken, auto_fetch="true"))) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("not a key set", id="unreadable"),
        pytest.param(key_set({**EC, "kid": "k", "crv": "P-000"}), id="an unknown curve"),
    ],
)
def test_keys_that_verify_nothing_are_not_weak(text: str) -> None:
    assert found("011", situation(settings(jwks=text))) == []


@pytest.mark.parametrize(
    ("issuer", "is_default"),
    [
        ("kubernetes.default.svc", True),
        ("https://KUBERNETES.default.svc", True),
        ("https://[", False),
        ("https://k8s.example.com", False),
    ],
)
def test_the_default_issuer_of_kubernetes_is_known_by_its_host(
    issuer: str, *, is_default: bool
) -> None:
    lines = (f"{issuer} system:serviceaccount:shop:orders app_orders",)

    assert bool(found("009", situation(settings(lines, (issuer,))))) is is_default


def test_of_many_names_only_the_first_are_said() -> None:
    issuers = tuple(f"https://{letter}.example.com" for letter in "abcdefg")

    (one,) = found("001", situation(settings(issuers=issuers)))

    assert "https://e.example.com and 2 more)" in one.sentence
    assert "https://f.example.com" not in one.sentence


def test_a_report_about_one_stack_has_what_concerns_it_or_all() -> None:
    texts = settings((f"{IDP} x boss", f"{IDP} aB one", f"{IDP} Ab two"), claim="email")
    mine, theirs = (claim(Kind.LINE, f"{IDP} aB one"), claim(Kind.LINE, f"{IDP} Ab two", DEV))

    report = analyzed(situation(texts, mine, theirs))

    assert {(one.id, *one.owners) for one in report.about(PROD).findings} == {
        ("CRDB-SSO-007",),
        ("CRDB-SSO-013", PROD),
    }
