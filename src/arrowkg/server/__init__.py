"""A read-only server over a store: the site's pages, SPARQL, Triple Pattern Fragments."""
