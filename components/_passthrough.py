"""Sources whose subjects are user names: checked, and turned into what the engine compares."""

from collections.abc import Mapping, Sequence

from crdb_sso.errors import InvalidInput

from ._options import check_names
from .identity import SourceFacts


def check_passthrough(sources: Sequence[SourceFacts] | None) -> None:
    """Check what a preview relies on.

    Raises:
        InvalidInput: The program must be changed.
    """
    if sources is None:
        return
    hint = "Write [idp.facts], of an OidcIssuer."
    if not isinstance(sources, Sequence) or isinstance(sources, str):
        raise InvalidInput("`subject_is_username` is not a list", hint=hint)
    for number, facts in enumerate(sources, 1):
        what = f"no. {number} of `subject_is_username`"
        if not isinstance(facts, Mapping):
            raise InvalidInput(f"{what} is not a dict of facts", hint=hint)
        if "subject" in facts:
            raise InvalidInput(f"{what} is one principal, not its issuer", hint=hint)
        check_names(what, facts, SourceFacts)
        if facts.get("close_passthrough"):
            raise InvalidInput(
                f"{what} is an issuer with `close_passthrough`, which is the opposite",
                hint="Use one of them.",
            )


def mark_passthrough(
    props: Mapping[str, dict[str, object]], sources: Sequence[SourceFacts] | None
) -> None:
    """Mark the entries of a `sources` property whose subjects are user names."""
    for facts in sources or ():
        props[facts["source"]] |= {"subject_is_username": True, "audience": facts["audience"]}
