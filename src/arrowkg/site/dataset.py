"""The description of the whole dataset, with VoID, DCAT and schema.org in one graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from arrowkg import void
from arrowkg.stores.manifest import Manifest
from arrowkg.terms import integer, iri, text
from arrowkg.vocab import RDF_TYPE

_DCAT: Final = "http://www.w3.org/ns/dcat#"
_DCTERMS: Final = "http://purl.org/dc/terms/"
_SCHEMA: Final = "https://schema.org/"
_SPDX: Final = "http://spdx.org/rdf/terms#"


@dataclass(frozen=True, slots=True)
class Dump:
    """A file that holds the whole graph.

    Attributes:
        path: where it is, from the site's root.
        title: the name of its notation.
        media_type: of its notation, without compression.
        size: its bytes.
        sha256: of its bytes, in hex.
    """

    path: str
    title: str
    media_type: str
    size: int
    sha256: str


def description(manifest: Manifest) -> str:
    """What the dataset is, in the 50 to 5,000 characters that search engines ask for."""
    counts = manifest.counts
    return (
        f"Linked data about {counts['papers']:,} research papers by {counts['authors']:,} author names at "
        f"{counts['venues']:,} venues, as listings state them: each byline in its order, each name as printed."
    )


def description_lines(title: str, base_iri: str, manifest: Manifest, dumps: list[Dump]) -> list[str]:
    """The description as sorted N-Triples lines without line feeds."""
    this = f"<{base_iri}dataset>"
    told = text(description(manifest))
    found = [
        *((this, RDF_TYPE, f"<{name}Dataset>") for name in (_DCAT, _SCHEMA)),
        *((this, f"<{name}>", text(title)) for name in (f"{_DCTERMS}title", f"{_SCHEMA}name")),
        *((this, f"<{name}description>", told) for name in (_DCTERMS, _SCHEMA)),
        (this, f"<{_SCHEMA}url>", iri(f"{base_iri}dataset.html")),
        (this, f"<{_DCAT}landingPage>", iri(f"{base_iri}dataset.html")),
        (this, f"<{void.VOID}uriSpace>", text(base_iri)),
        *void.counts(this, void.part_of_page(base_iri), manifest.classes, manifest.properties),
    ]
    for dump in dumps:
        address = f"{base_iri}{dump.path}"
        node, checksum = f"<{base_iri}dataset#{dump.path}>", f"<{base_iri}dataset#{dump.path}-sha256>"
        found += [
            (this, f"<{void.VOID}dataDump>", iri(address)),
            (this, f"<{_DCAT}distribution>", node),
            (this, f"<{_SCHEMA}distribution>", node),
            (node, RDF_TYPE, f"<{_DCAT}Distribution>"),
            (node, RDF_TYPE, f"<{_SCHEMA}DataDownload>"),
            (node, f"<{_DCAT}downloadURL>", iri(address)),
            (node, f"<{_SCHEMA}contentUrl>", iri(address)),
            (node, f"<{_DCAT}mediaType>", f"<https://www.iana.org/assignments/media-types/{dump.media_type}>"),
            (node, f"<{_DCAT}byteSize>", integer(dump.size)),
            (node, f"<{_SCHEMA}contentSize>", text(f"{dump.size} B")),
            (node, f"<{_SCHEMA}encodingFormat>", text(dump.media_type)),
            (node, f"<{_SPDX}checksum>", checksum),
            (checksum, RDF_TYPE, f"<{_SPDX}Checksum>"),
            (checksum, f"<{_SPDX}algorithm>", f"<{_SPDX}checksumAlgorithm_sha256>"),
            (checksum, f"<{_SPDX}checksumValue>", text(dump.sha256)),
        ]
    return sorted({f"{s} {p} {o} ." for s, p, o in found})


def json_ld(title: str, base_iri: str, manifest: Manifest, dumps: list[Dump]) -> bytes:
    """What search engines read of the dataset, as JSON-LD with schema.org's terms alone."""
    document: dict[str, Any] = {
        "@context": {"@vocab": _SCHEMA, "url": {"@type": "@id"}, "contentUrl": {"@type": "@id"}},
        "@id": f"{base_iri}dataset",
        "@type": "Dataset",
        "name": title,
        "description": description(manifest),
        "url": f"{base_iri}dataset.html",
        "distribution": [
            {
                "@id": f"{base_iri}dataset#{dump.path}",
                "@type": "DataDownload",
                "contentUrl": f"{base_iri}{dump.path}",
                "encodingFormat": dump.media_type,
                "contentSize": f"{dump.size} B",
            }
            for dump in dumps
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
