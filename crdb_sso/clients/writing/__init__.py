"""One writer at a time: the lease, the turn, and the steps of a plan."""
