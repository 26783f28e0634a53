"""Many processes and machines, one graph."""
