"""Who owns an entry: what stacks have claimed on a cluster, and what was there before them."""
