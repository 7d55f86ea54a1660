"""Unit tests are pure: hypothesis may take as long as the machine needs."""

from hypothesis import settings

# other programs share the machine: how long an example takes says nothing about the rules
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
