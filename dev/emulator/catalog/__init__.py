"""The system tables, catalogs and built-in functions, as SQL on top of PostgreSQL."""
