"""Listings of research papers as linked data."""
