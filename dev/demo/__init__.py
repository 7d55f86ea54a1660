"""Demonstrations that need nothing but this folder: `make demo`, `make demo-clouds`."""
