"""The dynamic resource. Import paths in this folder are a state format: see README.md."""
