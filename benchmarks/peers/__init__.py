"""The peers: what they are given, and the same graph built with each."""
