"""The dynamic resources. Import paths in this folder are a state format: see README.md."""
