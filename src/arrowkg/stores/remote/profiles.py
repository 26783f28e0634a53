"""What each triple store takes: its end points, authentication, batch sizes, formats, and what its default graph is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from arrowkg.settings import MIB

DefaultGraph: TypeAlias = Literal["own", "union", "none"]
Exchange: TypeAlias = Literal["move", "modify"]
Scheme: TypeAlias = Literal["basic", "digest", "bearer"]


@dataclass(frozen=True, slots=True)
class Probe:
    """How a product is known by its reply to a GET that changes nothing.

    Attributes:
        path: what follows the store's address; ``{server}`` is what stands before ``/repositories/`` in it.
        header: the reply's header that is looked at, or an empty string for its body.
        sign: a regular expression that matches the start of that text.
    """

    path: str
    header: str
    sign: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What one product takes. Addresses are what follows the store's address, as the user gives it.

    Attributes:
        name: how it is named on the command line.
        title: how it is named to people.
        address: what the store's address looks like.
        query: the end point of SPARQL queries.
        update: the end point of SPARQL updates.
        graph_store: the end point of the Graph Store Protocol.
        asks_graph_store: whether a server of this kind may have no Graph Store Protocol, so that it is asked first.
        graph_parameter: the parameter of the Graph Store Protocol that names a graph.
        query_type: the media type of a query; a form's carries it as ``query``.
        update_type: the media type of an update; a form's carries it as ``update``.
        data_type: the media type in which triples are sent. N-Triples are Turtle too.
        takes_gzip: whether a body may be compressed.
        schemes: the ways of authentication that it takes; the first that goes with the credentials is used.
        is_challenged: whether the first request goes without a password, since the server says which way it takes.
        batch_bytes: the most text in one request.
        insert_triples: the most triples in one INSERT DATA.
        values_rows: the most rows in one VALUES.
        default_graph: whether it has a default graph of its own, shows the union of all graphs as one, or has none.
        puts_whole: whether a PUT replaces a graph so that no reader sees a part of it.
        exchange: how a staging graph takes the place of another: by MOVE, or by one DELETE/INSERT.
        probe: how it is known.
    """

    name: str
    title: str
    address: str
    query: str
    update: str
    graph_store: str
    asks_graph_store: bool = False
    graph_parameter: str = "graph"
    query_type: str = "application/sparql-query"
    update_type: str = "application/sparql-update"
    data_type: str = "application/n-triples"
    takes_gzip: bool = False
    schemes: tuple[Scheme, ...] = ("basic", "bearer")
    is_challenged: bool = False
    batch_bytes: int = 8 * MIB
    insert_triples: int = 1_000
    values_rows: int = 500
    default_graph: DefaultGraph = "own"
    puts_whole: bool = True
    exchange: Exchange = "move"
    probe: Probe | None = None


FORM: Final = "application/x-www-form-urlencoded"

PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile(
            name="oxigraph",
            title="Oxigraph",
            address="http://HOST:7878",
            query="/query",
            update="/update",
            graph_store="/store",
            takes_gzip=True,
            batch_bytes=16 * MIB,
            probe=Probe("/", "Server", r"Oxigraph/"),
        ),
        Profile(
            name="virtuoso",
            title="Virtuoso",
            address="http://HOST:8890",
            query="/sparql-auth",
            update="/sparql-auth",
            graph_store="/sparql-graph-crud-auth",
            graph_parameter="graph-uri",
            query_type=FORM,
            update_type=FORM,
            schemes=("digest",),
            is_challenged=True,
            default_graph="none",
            puts_whole=False,
            # Its MOVE of a graph that is gone empties the other one, and it waits for readers without an end.
            exchange="modify",
            probe=Probe("/", "Server", r"Virtuoso/"),
        ),
        Profile(
            name="fuseki",
            title="Apache Jena Fuseki",
            address="http://HOST:3030/DATASET",
            query="/query",
            update="/update",
            graph_store="/data",
            batch_bytes=16 * MIB,
            probe=Probe("", "Server", r"Apache Jena Fuseki"),
        ),
        Profile(
            name="graphdb",
            title="GraphDB or RDF4J",
            address="http://HOST:7200/repositories/NAME",
            query="",
            update="/statements",
            graph_store="/rdf-graphs/service",
            batch_bytes=16 * MIB,
            default_graph="union",
            probe=Probe("{server}/protocol", "", r"[0-9]+\s*\Z"),
        ),
        Profile(
            name="qlever",
            title="QLever",
            address="http://HOST:7001",
            query="",
            update="",
            graph_store="",
            schemes=("bearer",),
            batch_bytes=4 * MIB,
            default_graph="union",
            puts_whole=False,
            exchange="modify",
            probe=Probe("?cmd=stats", "", r'\s*\{[^}]*"(git-hash-index|name-index)"'),
        ),
        Profile(
            name="generic",
            title="a store of the SPARQL 1.1 protocols",
            address="http://HOST/SPARQL",
            query="",
            update="",
            graph_store="",
            asks_graph_store=True,
            data_type="text/turtle",
            schemes=("digest", "basic", "bearer"),
            is_challenged=True,
            batch_bytes=4 * MIB,
        ),
    )
}
"""Every product by name; the generic one is for those that are not known."""

GENERIC: Final = PROFILES["generic"]
