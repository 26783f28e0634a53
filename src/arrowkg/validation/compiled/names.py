"""Names of SHACL, RDF and RDF Schema, as terms."""

from __future__ import annotations

from typing import Final

from arrowkg.vocab import RDF

SH: Final = "http://www.w3.org/ns/shacl#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"

RDF_FIRST: Final = f"<{RDF}first>"
RDF_REST: Final = f"<{RDF}rest>"
RDF_NIL: Final = f"<{RDF}nil>"
RDFS_CLASS: Final = f"<{RDFS}Class>"
RDFS_SUBCLASS_OF: Final = f"<{RDFS}subClassOf>"
OWL_IMPORTS: Final = "<http://www.w3.org/2002/07/owl#imports>"


def sh(name: str) -> str:
    """The term of a name of SHACL's.

    >>> sh("path")
    '<http://www.w3.org/ns/shacl#path>'
    """
    return f"<{SH}{name}>"
