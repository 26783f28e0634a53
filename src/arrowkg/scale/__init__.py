"""Many papers: on all cores of one machine, where records are split once, or on a cluster of machines."""
