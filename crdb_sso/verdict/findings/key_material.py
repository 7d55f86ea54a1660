"""Findings about keys: those that others can sign with, and those that are near their end."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from crdb_sso.argument_names import Argument
from crdb_sso.crdb import pem
from crdb_sso.crdb.settings import Setting
from crdb_sso.registry.claims import Entry, Kind
from crdb_sso.tokens.key_strength import ec_weakness, ed25519_weakness, rsa_weakness
from crdb_sso.verdict.findings.finding import Found, Severity
from crdb_sso.verdict.findings.situation import Situation
from crdb_sso.verdict.jose.keys import Key

NEAR_END = timedelta(days=30)
"""A certificate that ends within this time is near its end."""

_CURVES = ("P-256", "P-384", "P-521")
_ED25519_BYTES = 32


def weak_keys(situation: Situation) -> Iterator[Found]:
    """Yield pinned keys that others than their owner can sign with, or that verify nothing."""
    for key in situation.keys:
        entry = Entry(Kind.KEY, key.kid)
        if key.kty == "oct":
            yield Found(
                f"The pinned key {key.kid} is symmetric: whoever may read the setting can sign"
                " tokens with it.",
                "Take it away, and have the issuer sign with a key pair.",
                (entry,),
            )
        elif "d" in key.material:
            yield Found(
                f"The pinned key {key.kid} is a private key: whoever may read the setting can sign"
                " tokens with it.",
                "Take it away, replace the key pair at the issuer, and pin the public half alone.",
                (entry,),
            )
        elif weakness := _WEAKNESS[key.kty](key):
            yield Found(
                f"The pinned key {key.kid} is weak: {weakness}.",
                "Have the issuer sign with another key, pin that one, and take this one away.",
                (entry,),
            )


def _rsa(key: Key) -> str:
    return rsa_weakness(_number(key, "n"), _number(key, "e"))


def _ec(key: Key) -> str:
    if key.curve not in _CURVES:
        return ""  # it verifies nothing
    return ec_weakness(key.curve, _number(key, "x"), _number(key, "y"))


def _okp(key: Key) -> str:
    octets = key.material["x"]
    is_usable = key.curve == "Ed25519" and len(octets) == _ED25519_BYTES
    return ed25519_weakness(octets) if is_usable else ""


_WEAKNESS: Mapping[str, Callable[[Key], str]] = {"RSA": _rsa, "EC": _ec, "OKP": _okp}


def _number(key: Key, name: str) -> int:
    return int.from_bytes(key.material[name], "big")


def keys_near_their_end(situation: Situation) -> Iterator[Found]:
    """Yield retired keys that are trusted beyond their time, and CAs that end soon."""
    live = {key.kid for key in situation.keys}
    for claim in situation.claims:
        is_over = claim.until is not None and claim.until <= situation.now
        if claim.entry.kind is Kind.KEY and is_over and claim.entry.name in live:
            yield Found(
                f"The issuer of the pinned key {claim.entry.name} no longer publishes it. It should"
                f" have gone by {claim.until:%Y-%m-%d %H:%M %Z}, and still verifies tokens.",
                f"Run `pulumi up` of {claim.owner}.",
                (claim.entry,),
            )
    if situation.fetches:
        yield from _ending_certificates(situation)


def _ending_certificates(situation: Situation) -> Iterator[Found]:
    for fingerprint, text in pem.certificates(situation.text(Setting.CUSTOM_CA)).items():
        end = _end(text)
        if end is None or end - situation.now > NEAR_END:
            continue
        is_over = end <= situation.now
        yield Found(
            f"The CA certificate {fingerprint[:16]}... by which nodes trust issuers"
            f" {'ended' if is_over else 'ends'} on {end:%Y-%m-%d}:"
            f" {'nodes can' if is_over else 'from then on nodes can'} fetch no keys by it, and"
            " logins fail.",
            f"Add the next certificate to {Argument.CA_FILE} before that day.",
            (Entry(Kind.CA, fingerprint),),
            Severity.WARNING,
        )


def _end(text: str) -> datetime | None:
    """Return when a certificate ends, None if it can't be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            return x509.load_pem_x509_certificate(text.encode()).not_valid_after_utc
        except (ValueError, UnicodeEncodeError):
            return None
