"""The compiled engine: SHACL shapes compiled into functions that check small graphs of text terms."""
