"""arrowkg beside its peers, on the same papers and the same triples; ``run.py`` is the one command."""
