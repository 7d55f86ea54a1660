"""The packages that have stand-ins."""

import importlib.util
import json
from pathlib import Path

from dev.cloud import azure, entra, google
from dev.cloud.kinds import Kind, Package

PACKAGES = {package.name: package for package in (google.PACKAGE, entra.PACKAGE, azure.PACKAGE)}


def kind_of(token: str) -> Kind:
    """Return the kind with a type token, from any package.

    Raises:
        KeyError: No stand-in knows it.
    """
    for package in PACKAGES.values():
        kind = package.kind(token)
        if kind is not None:
            return kind
    raise KeyError(token)


def version_of(package: Package) -> str:
    """Return the plugin version that the installed SDK asks the engine for, without loading it.

    Raises:
        ModuleNotFoundError: The SDK is not installed.
    """
    spec = importlib.util.find_spec(package.distribution)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package.distribution} is not installed")
    asked = json.loads(Path(spec.origin).with_name("pulumi-plugin.json").read_text())
    return str(asked["version"])
