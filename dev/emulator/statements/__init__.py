"""SQL as the embedded cluster understands it: an allow-list, turned into what PostgreSQL runs."""
