"""What `make setup` does: a virtual environment with the pinned packages, and a Pulumi engine.

Runs before anything is installed, so these modules use the standard library only.
"""
