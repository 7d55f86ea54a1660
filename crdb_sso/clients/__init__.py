"""I/O: the cluster over psycopg, identity providers over HTTPS. These modules decide nothing."""
