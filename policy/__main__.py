"""The findings of crdb-sso as a Pulumi policy pack: one policy for each id. See README.md."""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from pulumi.output import UNKNOWN
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)
from pulumi_policy import Severity as PolicySeverity
from pulumi_policy.proxy import UnknownValueError

sys.path.append(str(Path(__file__).resolve().parents[1]))  # crdb_sso, if it is not installed

from crdb_sso.errors import CrdbSsoError
from crdb_sso.printing import first_told
from crdb_sso.provider.input_findings import TYPE_TOKEN, input_findings
from crdb_sso.verdict.findings import RULES, Finding, Rule, Severity

NAME = "crdb-sso"

LEAST = "least"
"""The property of a policy that says which findings it reports."""

_ORDER = [severity.value for severity in Severity]
_LEAST_BY_DEFAULT = Severity.WARNING.value  # as previews do: infos are in the report alone

_SEVERITIES = {
    Severity.ERROR: PolicySeverity.HIGH,
    Severity.WARNING: PolicySeverity.MEDIUM,
    Severity.INFO: PolicySeverity.LOW,
}


class LastFindings:
    """The findings of one resource: each policy asks for them anew."""

    def __init__(self) -> None:
        self._last: tuple[Mapping[str, object], Sequence[Finding]] = ({}, ())

    def of(self, props: Mapping[str, object]) -> Sequence[Finding]:
        """Return the findings of some inputs."""
        known, found = self._last
        if props != known:
            found = input_findings(props, datetime.now(timezone.utc))
            self._last = props, found
        return found


def policy_of(rule: Rule, findings: LastFindings) -> ResourceValidationPolicy:
    """Return the policy that reports what a rule finds in the inputs of a ClusterLogins."""
    return ResourceValidationPolicy(
        name=rule.id,
        description=rule.title,
        validate=partial(_validate, rule, findings),
        enforcement_level=EnforcementLevel.ADVISORY,
        severity=_SEVERITIES[rule.severity],
        config_schema=PolicyConfigSchema(
            {LEAST: {"type": "string", "enum": _ORDER, "default": _LEAST_BY_DEFAULT}}
        ),
    )


def _validate(
    rule: Rule, findings: LastFindings, args: ResourceValidationArgs, report: ReportViolation
) -> None:
    if args.resource_type != TYPE_TOKEN:
        return
    least = _ORDER.index(args.get_config().get(LEAST, _LEAST_BY_DEFAULT))
    try:
        every = findings.of(_plain(args.props))
    except CrdbSsoError as error:  # what can't be judged passes no policy
        report(str(error), None)
        return
    found = [
        one for one in every if one.id == rule.id and _ORDER.index(one.severity.value) <= least
    ]
    for text in first_told(found, _told, "{count} more of them"):
        report(text, None)


def _told(one: Finding) -> str:
    return f"{one.severity.value}: {one.sentence}\n{one.way_out}"


def _plain(bag: Mapping[str, object]) -> dict[str, object]:
    """Return inputs as a provider gets them, without proxies that raise at what is not known."""
    return {name: _plain_value(partial(bag.__getitem__, name)) for name in bag}


def _plain_value(read: Callable[[], object]) -> object:
    try:
        value = read()
    except UnknownValueError:
        return UNKNOWN
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain_value(partial(value.__getitem__, at)) for at in range(len(value))]
    return value


if __name__ == "__main__":
    findings = LastFindings()
    PolicyPack(NAME, [policy_of(rule, findings) for rule in RULES])
