"""Waiting times from the environment."""

import math
import os

from crdb_sso.errors import InvalidInput


def seconds(
    variable: str, default_s: float, *, least_s: float = 0.0, most_s: float = math.inf
) -> float:
    """Return the number of seconds in an environment variable.

    Args:
        variable: Its name.
        default_s: The value while it is unset or empty.
        least_s: The smallest number that makes sense.
        most_s: The largest one.

    Raises:
        InvalidInput: It is not a number, or is out of bounds.
    """
    text = os.environ.get(variable, "")
    try:
        given_s = float(text) if text else default_s
    except ValueError:
        given_s = math.nan
    if not (least_s <= given_s <= most_s and math.isfinite(given_s)):
        least = [f"at least {least_s:g}"] if least_s else []
        most = [f"at most {most_s:g}"] if math.isfinite(most_s) else []
        bound = f" ({', '.join(least + most)})" if least + most else ""
        raise InvalidInput(
            f"{variable}={text!r} is not a number of seconds{bound}",
            hint="Unset it, or give a number.",
        )
    return given_s
