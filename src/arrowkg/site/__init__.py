"""The graph as a web site: pages for people, and on them what machines read."""
