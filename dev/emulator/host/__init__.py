"""The machine of a node: its folder, its certificates, and PostgreSQL in place of the storage."""
