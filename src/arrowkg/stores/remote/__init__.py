"""Stores that are reached over HTTP: what each product takes, and how a graph gets there."""
