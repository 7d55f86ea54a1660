"""An OpenID Connect issuer as an identity source: its keys are pinned while the program runs."""

from collections.abc import Mapping

import pulumi
from typing_extensions import NotRequired, TypedDict

from crdb_sso.tokens.issuers import Issuer
from crdb_sso.workload.known_issuers import source_of

from ._keys import KeyPlace, keys_or_error, pinned_keys, source_facts
from ._options import as_run_error, check_bool, check_names
from ._workloads import check_token_from
from .identity import IdentityFacts, SourceFacts, asked

TYPE_TOKEN = "crdb-sso:index:OidcIssuer"  # noqa: S105 - stored in every stack: never change, alias instead


class OidcIssuerArgs(TypedDict):
    """Arguments of `OidcIssuer`; None is the same as not given."""

    issuer: pulumi.Input[str]
    """The exact `iss` of its tokens, byte for byte: trailing slash and case matter."""

    audience: pulumi.Input[str]
    """The `aud` that the workloads' tokens carry."""

    jwks_uri: NotRequired[pulumi.Input[str] | None]
    """Absolute https URL of its key set, if discovery can't be used."""

    jwks: NotRequired[pulumi.Input[str] | None]
    """Its keys, JSON text of a JWK or JWKS, if it is out of reach; nothing is fetched then."""

    ca_file: NotRequired[pulumi.Input[str] | None]
    """Path of a PEM file with the private CA of its server, or a bundle of several CAs; only those
    are trusted then, and by nodes that fetch keys for all issuers."""

    close_passthrough: NotRequired[bool | None]
    """Whether to end logins of others that rely on the issuer not having an identity map line."""


class OidcIssuer(pulumi.ComponentResource):
    """An OIDC issuer whose subjects may log in.

    Its keys come from `jwks`, else from `jwks_uri`, else from discovery. They are fetched once,
    when the program runs, so that a preview shows them by kid. Nothing is fetched while the issuer
    is not known yet, or under Pulumi's mocks, where the keys are empty. If the issuer does not
    answer, the keys of the last `pulumi up` stay, with a warning. With keys="fetched" in
    `ClusterSso` the nodes fetch them, and the program does not.
    """

    issuer: pulumi.Output[str]
    audience: pulumi.Output[str]

    def __init__(
        self, name: str, args: OidcIssuerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE_TOKEN, name, None, opts)
        self._label = f"OidcIssuer {name!r}"
        with as_run_error(self._label):
            check_names("OidcIssuer", args, OidcIssuerArgs)
            check_bool("close_passthrough", args.get("close_passthrough"))
            if isinstance(args["issuer"], str):
                Issuer(args["issuer"])  # fail now, at the line of the program that gives it
        self.issuer = pulumi.Output.from_input(args["issuer"])
        self.audience = pulumi.Output.from_input(args["audience"])
        self._facts = self._pin(name, args)
        # without keys: ClusterLogins already records them
        self.register_outputs({"issuer": self.issuer, "audience": self.audience})

    @property
    def facts(self) -> SourceFacts:
        """What all its subjects share; for `subject_is_username` of `ClusterSso`."""
        return self._facts

    @property
    def keys(self) -> pulumi.Output[Mapping[str, str]]:
        """Its keys, JWK text by kid; fetched on first use."""
        return pulumi.Output.from_input(asked(self._facts["keys"])).apply(keys_or_error)

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
                `crdb_sso.workload.tokens`, and parameters of that source. Known by itself for
                GitHub, GitLab, Buildkite, CircleCI, Kubernetes and SPIFFE.
        """
        plain = text if isinstance(text, str) else None
        with as_run_error(self._label):
            check_token_from(token_from)
        facts: IdentityFacts = {
            **self._facts,
            "subject": text,
            "name": name or plain or self._facts["source"],
            "token": self._recipe(plain),
            "token_from": token_from or source_of(self._facts["issuer"], plain),
            "proof_from": None,
        }
        if not facts["token_from"]:
            del facts["token_from"]
        return facts

    def _recipe(self, subject: str | None) -> str:
        """Describe briefly what the token must carry; it is stored once per login."""
        issuer, audience = self._facts["issuer"], self._facts["audience"]
        claims = (
            f"iss={issuer}" if isinstance(issuer, str) else f"iss of {self._facts['source']}",
            f"aud={audience}" if isinstance(audience, str) else None,
            f"sub={subject}" if subject is not None else None,
        )
        return "OIDC token: " + " ".join(claim for claim in claims if claim)

    def _pin(self, name: str, args: OidcIssuerArgs) -> SourceFacts:
        place = KeyPlace(
            args["issuer"], args.get("jwks_uri"), args.get("jwks"), args.get("ca_file")
        )
        pinned = pinned_keys(self, self._label, place)
        return source_facts(
            name,
            args["issuer"],
            args["audience"],
            pinned,
            close_passthrough=args.get("close_passthrough"),
            ca_file=args.get("ca_file"),
        )
