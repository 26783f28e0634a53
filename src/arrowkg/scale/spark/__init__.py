"""One graph from a cluster: Apache Spark reads, maps, checks and writes listings of any size.

::

    inputs ──split──▶ records ──map, check──▶ units ──shuffle──▶ by node, sorted ──▶ parts of N-Triples
                                   └────────▶ findings, rejects, notices ──shuffle──▶ one report

A unit is what one record says of one node, as text. All units of a node meet in one partition, which makes of them each
triple once; so no two parts hold the same triple, and the parts are the same bytes whichever worker wrote them.
"""
