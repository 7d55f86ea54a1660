"""An issuer of your own: a key pair, and the documents that publish its public half.

Whoever holds the private key signs tokens for any of its subjects.
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from functools import partial
from typing import Literal

import pulumi
from typing_extensions import NotRequired, TypedDict

from crdb_sso.clients.issuers.published_files import publish
from crdb_sso.errors import InvalidInput
from crdb_sso.provider.issuer_keys import IssuerKeys
from crdb_sso.tokens.issuers import Issuer
from crdb_sso.tokens.own_keys import (
    OwnKeys,
    default_jwks_uri,
    discovery_text,
    files_to_publish,
    key_set_text,
)
from crdb_sso.tokens.private_keys import DEFAULT_ALGORITHM, check_algorithm, public_half

from ._keys import PinnedKeys, source_facts
from ._options import applied, as_run_error, check_bool, check_names, child_options
from ._workloads import check_token_from
from .identity import IdentityFacts, SourceFacts

TYPE_TOKEN = "crdb-sso:index:SelfIssuer"  # noqa: S105 - stored in every stack: never change, alias instead

DEFAULT_OVERLAP_H = 24.0
"""Hours: as long as the tokens of any common issuer live."""

KEY_VARIABLE = "CRDB_SSO_SIGNING_KEY"
"""Where a workload finds the private key unless the program says otherwise."""


class SelfIssuerArgs(TypedDict):
    """Arguments of `SelfIssuer`; None is the same as not given."""

    issuer: pulumi.Input[str]
    """The exact `iss` of its tokens. Any text will do while keys are pinned; an https URL of your
    own if others are to fetch the keys."""

    audience: pulumi.Input[str]
    """The `aud` that the tokens carry, e.g. one for each cluster."""

    key: NotRequired[pulumi.Input[str] | None]
    """The key, if it is made elsewhere: PEM or JWK. Its public half is enough, and better: then no
    private key comes near the state. By default a key is made here, and is a secret output."""

    algorithm: NotRequired[Literal["ES256", "ES384", "ES512", "RS256", "EdDSA"] | None]
    """What a key that is made here signs with; by default ES256. Another one makes another key."""

    rotation: NotRequired[pulumi.Input[str] | None]
    """Any text, e.g. "2026-11": another one makes another key. Nothing else does, except
    `algorithm`."""

    overlap_hours: NotRequired[pulumi.Input[float] | None]
    """How long, in hours, the last key stays published after a rotation; default: 24. Choose at
    least the lifetime of the tokens. 0 takes it out of the key set at once, along with those
    already waiting; the cluster trusts it for `retire_keys_after_hours` of `ClusterSso` longer."""

    jwks_uri: NotRequired[pulumi.Input[str] | None]
    """Absolute https URL where you publish the key set; by default `.well-known/jwks.json` below
    the issuer. If given, `crdb-sso rotate --check` looks there."""

    publish_to: NotRequired[str | None]
    """Folder that `pulumi up` writes both documents to, for a web server to serve at the issuer's
    URL. `pulumi destroy` leaves them there."""

    close_passthrough: NotRequired[bool | None]
    """Whether to end logins of others that rely on the issuer not having an identity map line."""


class SelfIssuer(pulumi.ComponentResource):
    """An issuer of your own: tokens that you sign, e.g. with `crdb-sso mint`.

    The private key opens every login of the issuer, and with pinned keys every login that the
    cluster has: keep it as you keep an operator's password.
    """

    issuer: pulumi.Output[str]
    audience: pulumi.Output[str]

    kid: pulumi.Output[str]
    """Key id of the key that signs: its thumbprint (RFC 7638), or what a given JWK says."""

    private_key: pulumi.Output[str]
    """The key that signs, PEM, if it was made here; a secret, "" if it was given."""

    keys: pulumi.Output[Mapping[str, str]]
    """The public keys that are published, JWK text by kid."""

    key_set: pulumi.Output[str]
    """The same as the document to publish, a JWKS."""

    discovery_document: pulumi.Output[str]
    """What to publish at `.well-known/openid-configuration` below the issuer; "" if that is not an
    https URL."""

    def __init__(
        self, name: str, args: SelfIssuerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE_TOKEN, name, None, opts)
        self._label = f"SelfIssuer {name!r}"
        with as_run_error(self._label):
            _check_args(args)
        self.issuer = pulumi.Output.from_input(args["issuer"])
        self.audience = pulumi.Output.from_input(args["audience"])
        made = IssuerKeys(f"{name}-keys", self._key_props(name, args), child_options(self))
        self.kid = made.kid
        self.private_key = pulumi.Output.secret(made.private_key)
        self.keys = pulumi.Output.all(made.keys, made.retiring).apply(_published)
        where = args.get("jwks_uri") or self.issuer.apply(default_jwks_uri)
        self.key_set = self.keys.apply(key_set_text)
        told = (self.issuer, where, self.keys)
        self.discovery_document = applied(self._label, discovery_text, *told)
        if args.get("publish_to") is not None and not pulumi.runtime.is_dry_run():
            applied(self._label, partial(_publish, str(args.get("publish_to"))), *told)
        self._facts = source_facts(
            name,
            args["issuer"],
            args["audience"],
            PinnedKeys(self.keys, args.get("jwks_uri")),
            close_passthrough=args.get("close_passthrough"),
        )
        self.register_outputs({"issuer": self.issuer, "audience": self.audience, "kid": self.kid})

    @property
    def facts(self) -> SourceFacts:
        """What all its subjects share; for `subject_is_username` of `ClusterSso`."""
        return self._facts

    def subject(
        self,
        text: pulumi.Input[str],
        name: str | None = None,
        token_from: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> IdentityFacts:
        """Return the facts of one of its subjects; does not create a resource or an Output.

        Args:
            text: The exact `sub` of the tokens, or `/` and an anchored RE2 regular expression.
            name: Label in previews, unique within a login; by default the subject itself, or the
                name of this component if the subject is an Output.
            token_from: Where the workload's program gets its token: `kind`, a source of
                `crdb_sso.workload.tokens`, and parameters of that source. By default it signs one
                with the key in the variable CRDB_SSO_SIGNING_KEY.
        """
        plain = text if isinstance(text, str) else None
        with as_run_error(self._label):
            check_token_from(token_from)
        return {
            **self._facts,
            "subject": text,
            "name": name or plain or self._facts["source"],
            "token": f"signed with the key of {self._facts['source']}, e.g. by crdb-sso mint",
            "token_from": token_from or self._signed_with_the_variable(text),
            "proof_from": self._signed_with_the_variable(text),
        }

    def _signed_with_the_variable(self, subject: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
        source = {"kind": "self_signed", "issuer": self._facts["issuer"], "key_env": KEY_VARIABLE}
        is_pattern = isinstance(subject, str) and subject.startswith("/")
        return source if is_pattern else {**source, "subject": subject}

    def _key_props(self, name: str, args: SelfIssuerArgs) -> dict[str, object]:
        hours, key = args.get("overlap_hours"), args.get("key")
        given = None
        if key is not None:  # the public half is not a secret, whatever it was taken from
            given = pulumi.Output.unsecret(applied(self._label, _public_text, key))
        return {
            "component": name,
            "algorithm": None if key is not None else args.get("algorithm") or DEFAULT_ALGORITHM,
            "public_key": given,
            "rotation": args.get("rotation"),
            "overlap_h": DEFAULT_OVERLAP_H if hours is None else hours,
        }


def _check_args(args: SelfIssuerArgs) -> None:
    check_names("SelfIssuer", args, SelfIssuerArgs)
    check_bool("close_passthrough", args.get("close_passthrough"))
    if isinstance(args["issuer"], str):
        Issuer(args["issuer"])  # fail now, at the line of the program that gives it
    if args.get("algorithm") is not None:
        check_algorithm(args.get("algorithm"))
    for name in ("algorithm", "rotation"):
        if args.get("key") is not None and args.get(name) is not None:
            raise InvalidInput(
                f"`{name}` is for a key that is made here",
                hint="Leave it out: another `key` rotates a given one.",
            )
    folder = args.get("publish_to")
    if folder is not None and (not isinstance(folder, str) or not folder):
        raise InvalidInput("`publish_to` is not the path of a folder", hint="Write it as text.")


def _published(keys_and_times: list[Mapping[str, str] | None]) -> Mapping[str, str]:
    """Return the keys that are published now; none under Pulumi's mocks."""
    return OwnKeys.read("", *keys_and_times).published(datetime.now(timezone.utc))


def _public_text(key: str) -> str:
    return public_half(key).text


def _publish(folder: str, issuer: str, jwks_uri: str, keys: Mapping[str, str]) -> None:
    publish(folder, files_to_publish(issuer, jwks_uri, keys))
