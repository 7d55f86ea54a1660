"""What a change means on this cluster: for others on it, and for what is there already."""
