"""Many papers on one machine: records are split once, then parsed, mapped, checked and written in worker processes."""
