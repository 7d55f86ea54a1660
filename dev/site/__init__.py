"""The site of docs/: `make docs` builds it with mkdocs."""
