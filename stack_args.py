"""Objects of the stack's configuration as arguments of components, and what is said of bad ones."""

import re
from collections.abc import Collection, Mapping

import pulumi

NAMESPACE = "crdb-sso"

Args = Mapping[str, object]
"""Arguments of a component, which checks their values."""

Shape = Mapping[str, "Shape | None"]
"""What an object may hold: None for a value, a shape for an object; "*" is any name."""

GCP_SHAPE: Shape = {
    "accountId": None,
    "existingEmail": None,
    "project": None,
    "displayName": None,
    "audience": None,
    "tokenCreators": None,
    "gke": {"namespace": None, "serviceAccount": None, "project": None},
    "enableApis": None,
    "closePassthrough": None,
}
AZURE_AUDIENCE_SHAPE: Shape = {
    "displayName": None,
    "existingClientId": None,
    "tokenVersion": None,
    "appRole": None,
    "tenantId": None,
    "cloud": None,
    "closePassthrough": None,
}
AZURE_SHAPE: Shape = {
    "resourceGroupName": None,
    "location": None,
    "existingPrincipalId": None,
    "existingClientId": None,
    "assignRole": None,
    "aks": {"*": {"issuer": None, "namespace": None, "serviceAccount": None}},
}


GROUP_SYNC_SHAPE: Shape = {"groupClaim": None, "userinfoGroupKey": None}


def option_args(key: str, value: object, shape: Shape) -> Args | None:
    """Return the arguments of an option of the cluster, None where it is not given."""
    return _args(key, value, shape) or None


def named_args(
    key: str, value: object, shape: Shape, jwks: str | None = None
) -> Mapping[str, Args]:
    """Return the arguments of each named object of a key; `jwks` goes to all of them."""
    more = {"jwks": jwks} if jwks else {}
    return {name: _args(f"{key}.{name}", bag, shape) | more for name, bag in _object(key, value)}


def audience_args(config: pulumi.Config) -> Args:
    """Return the arguments of the `AzureAudience`, with the keys that `azureJwks` gives."""
    jwks = config.get("azureJwks")
    args = _args("azureAudience", config.get_object("azureAudience") or {}, AZURE_AUDIENCE_SHAPE)
    return args | ({"jwks": jwks} if jwks else {})


def _args(key: str, value: object, shape: Shape) -> dict[str, object]:
    """Return an object of the configuration as arguments: `accountId` becomes `account_id`."""
    if "*" not in shape:
        check_known(key, dict(_object(key, value)), shape)
    args: dict[str, object] = {}
    for name, inner in _object(key, value):
        below = shape.get(name, shape.get("*"))
        args[name if "*" in shape else _snake(name)] = (
            inner if below is None else _args(f"{key}.{name}", inner, below)
        )
    return args


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def texts(key: str, value: object) -> tuple[str, ...]:
    """Return a list of texts; anything else is an error."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong(key, f"is {value!r}", 'Write a list of texts, numbers in quotes: ["1077"].')
    return tuple(value)


def _object(key: str, value: object) -> Collection[tuple[str, object]]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise wrong(key, f"is {value!r}, no object", "See docs/configuration.md for its shape.")
    return value.items()


def check_known(key: str, value: Mapping[str, object], known: Collection[str]) -> None:
    """Refuse the first name that nobody knows."""
    for name in value:
        if name not in known:
            raise wrong(f"{key}.{name}", "is unknown", f"Known are {', '.join(known)}.")


def wrong(key: str, what: str, hint: str) -> pulumi.RunError:
    """Return the error that names a key, what is wrong with it, and the next step."""
    return pulumi.RunError(
        f"configuration {NAMESPACE}:{key} {what}\n"
        f"  Next step: {hint} It stands in Pulumi.{pulumi.get_stack()}.yaml."
    )
