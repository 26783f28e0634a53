"""Asking: a query's tokens, the shipped questions, a worker process that answers, and the forms of an answer."""
