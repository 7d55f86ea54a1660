"""Tools to develop and try out the project; they share no code with the product."""
