"""Stores: the embedded one, a folder on disk, and remote ones, behind HTTP."""
