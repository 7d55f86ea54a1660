"""Azure Resource Manager: ids, names, locations and refusals that its kinds share."""

from collections.abc import Callable, Iterator

from dev.cloud.kinds import Asked, Config, Problem
from dev.cloud.values import UNKNOWN, Values, has_unknown
from dev.cloud.world import SUBSCRIPTION_ID, Refused, World

IDENTITY_VERSION = "2023-01-31"
ADDED = frozenset({"azureApiVersion"})  # to the inputs of each kind, by the provider

_SUFFIX_DIGITS = 8
_AUTO_NAMED = "__createBeforeDelete"  # the provider's own mark on inputs with a random name
_NO_LOCATION = (
    "missing required property 'location'. Either set it explicitly or configure it with"
    " 'pulumi config set azure-native:location <value>'."
)


def group_id(inputs: Values, config: Config) -> str:
    """Return the id of the resource group of a resource."""
    subscription = config.get("subscriptionId", SUBSCRIPTION_ID)
    return f"/subscriptions/{subscription}/resourceGroups/{inputs['resourceGroupName']}"


def identity_id(inputs: Values, config: Config) -> str:
    """Return the id of the managed identity of a resource."""
    group = group_id(inputs, config)
    provider = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    return f"{group}/{provider}/{inputs['resourceName']}"


def defaults(name_input: str, api_version: str, *, placed: bool) -> Callable[..., Values]:
    """Return a function that completes a kind's inputs.

    Args:
        name_input: The input that names it; random if the program does not give one.
        api_version: The version of Azure's REST API.
        placed: Whether it has a location: the previous one, the provider's, or its group's.
    """

    def completed(world: World, asked: Asked, config: Config) -> Values:
        inputs = {**asked.news, "azureApiVersion": api_version}
        if inputs.get(name_input) is None and name_input in asked.olds:
            inputs[name_input] = asked.olds[name_input]
            inputs[_AUTO_NAMED] = asked.olds.get(_AUTO_NAMED)
        elif inputs.get(name_input) is None:
            inputs[name_input] = asked.name + asked.random_suffix(_SUFFIX_DIGITS)
            inputs[_AUTO_NAMED] = True
        if placed and inputs.get("location") is None:
            inputs["location"] = _location(world, asked, config)
        return {name: value for name, value in inputs.items() if value is not None}

    return completed


def location_problems(inputs: Values) -> Iterator[Problem]:
    """Yield that a resource has no location."""
    if inputs.get("location") is None:
        yield Problem("location", _NO_LOCATION)


def _location(world: World, asked: Asked, config: Config) -> str | None:
    """Return the location of a resource that does not name one."""
    if "location" in asked.olds:
        return str(asked.olds["location"])
    if "location" in config:
        return config["location"]
    group = asked.news.get("resourceGroupName")
    if has_unknown(group):
        return UNKNOWN
    existing = existing_id(world, group_id(asked.news, config)) if group else None
    return str(world.objects[existing].outputs["location"]) if existing else None


def existing_id(world: World, id_: str) -> str | None:
    """Return an object's id as written; ids of Azure are case-insensitive."""
    return next((other for other in world.objects if other.lower() == id_.lower()), None)


def free_id(world: World, id_: str) -> str:
    """Return an id if it is free.

    Raises:
        Refused: Something has it already.
    """
    if existing_id(world, id_) is not None:
        raise Refused(f"cannot create already existing resource '{id_}'")
    return id_


def written(inputs: Values) -> Values:
    """Return inputs as Azure keeps them: normalised locations, without the provider's marks."""
    return canonical({name: value for name, value in inputs.items() if name != _AUTO_NAMED})


def canonical(inputs: Values) -> Values:
    """Return inputs with a normalised location: to Azure, all spellings are the same."""
    location = inputs.get("location")
    if not isinstance(location, str):
        return inputs
    return {**inputs, "location": location.replace(" ", "").lower()}


def refusal(status: int, code: str, message: str) -> Refused:
    """Return a refusal as azure-native words it."""
    return Refused(f'Status={status} Code="{code}" Message="{message}"')


def renewed_but_name(computed: tuple[str, ...]) -> Callable[[Values, Values], tuple[str, ...]]:
    """Say that an update makes all outputs but the name unknown, as the provider does."""
    return lambda _olds, _news: tuple(name for name in computed if name != "name")


def keeps_name(old: Values, _new: Values) -> bool:
    """Tell whether a replacement would have the same name, as that is not a random one."""
    return not old.get(_AUTO_NAMED)
