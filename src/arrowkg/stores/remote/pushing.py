"""Sending a graph to a store, so that nothing is lost, nothing is doubled, and a broken push goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from arrowkg.errors import StoreError
from arrowkg.model import Notice
from arrowkg.settings import Settings
from arrowkg.stores.remote.credentials import Authentication, Credentials
from arrowkg.stores.remote.endpoint import Endpoint, Graph, address_of, graph_of, recognised
from arrowkg.stores.remote.http import Client
from arrowkg.stores.remote.journal import Identity, Journal
from arrowkg.stores.remote.payload import Payload, payload_of
from arrowkg.stores.remote.profiles import GENERIC, PROFILES, Profile

Mode: TypeAlias = Literal["replace", "merge"]
MakeClient: TypeAlias = Callable[[Settings, Authentication, Callable[[Notice], None]], Client]

_READ_BYTES: Final = 1 << 20
_READ_LINES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done.

    Attributes:
        url: the store's address.
        graph: the IRI of the graph, ``None`` for the default graph.
        mode: whether the graph holds these triples alone afterwards, or beside what it had.
        profile: the name of the product, ``None`` to find it out.
        is_dry: only tell what would change.
        journal: the file that keeps how far the push has come, ``None`` for one in the working folder.
    """

    url: str
    graph: str | None
    mode: Mode
    profile: str | None = None
    is_dry: bool = False
    journal: str | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was done, or would be.

    Attributes:
        title: the product.
        triples: how many triples were sent, or would be.
        held: how many triples the graph has now.
        added: how many of them it did not have before; counted in a dry run alone.
        removed: how many others it would lose; counted in a dry run alone.
        resumed: how many batches an earlier run had sent.
    """

    title: str
    triples: int
    held: int
    added: int = 0
    removed: int = 0
    resumed: int = 0


def push(
    lines: Iterable[str],
    order: Order,
    credentials: Credentials,
    settings: Settings,
    *,
    notice: Callable[[Notice], None] = lambda notice: None,
    make_client: MakeClient = Client,
) -> Pushed:
    """Send triples to a graph of a store.

    Args:
        lines: canonical N-Triples lines without line feeds; repeats are sent once.
        order: what is to be done.
        credentials: what the store wants to see.
        settings: how large a request may be, how long to wait and how often to try.
        notice: called with what should be known and stops nothing.
        make_client: makes who sends.

    Raises:
        UsageError: the address, the graph or the credentials cannot be used with the product.
        InputError: there is nothing to send.
        StoreError: the store refuses, is out of reach, or holds something else than was sent.
    """
    address = address_of(order.url)
    with payload_of(lines, settings.sort_bytes) as payload:
        asking = make_client(settings, Authentication(credentials, GENERIC), notice)
        profile = PROFILES[order.profile] if order.profile else recognised(address, asking)
        if profile is GENERIC and order.profile is None:
            notice(Notice("product", "the product is not known, so it is taken for any store; see --profile", address))
        graph = graph_of(order.graph, profile)
        endpoint = Endpoint(address, profile, asking.authenticated(Authentication(credentials, profile)))
        one = _Push(endpoint, graph, payload, order, settings, notice)
        return one.dry() if order.is_dry else one.carry_out()


class _Push:
    """One push, with all that its steps need."""

    def __init__(
        self,
        endpoint: Endpoint,
        graph: Graph,
        payload: Payload,
        order: Order,
        settings: Settings,
        notice: Callable[[Notice], None],
    ) -> None:
        self._endpoint = endpoint
        self._profile: Profile = endpoint.profile
        self._graph = graph
        self._payload = payload
        self._order = order
        self._notice = notice
        digest = payload.sha256[:16]
        self._staging = Graph(f"{graph.iri}-staging-{digest}" if graph.iri else f"urn:arrowkg:staging:{digest}")
        self._batch_bytes = min(settings.push_bytes, self._profile.batch_bytes)

    def dry(self) -> Pushed:
        """Count what would change."""
        held, present = self._endpoint.count(self._graph), self._present()
        removed = held - present if self._order.mode == "replace" else 0
        total = self._payload.count
        return Pushed(self._profile.title, total, held, total - present, removed)

    def carry_out(self) -> Pushed:
        """Send, and look whether it is there."""
        try:
            return self._carried_out()
        except _Differs as differs:
            raise StoreError(
                differs.reason,
                hint="some stores keep values in another form, such as 1.5 for 1.50; else run the command again",
                file=self._endpoint.address,
            ) from None

    def _carried_out(self) -> Pushed:
        # A small request first: what is refused is refused before much is sent, and a challenge is met.
        self._endpoint.count(self._graph)
        by_update = not self._endpoint.has_graph_store(self._staging)
        is_small = self._payload.size <= self._batch_bytes
        if self._order.mode == "replace" and is_small and self._profile.puts_whole and not by_update:
            self._endpoint.put(self._graph, list(self._payload.lines()))
            return self._result(self._checked(), 0)
        most_lines = self._profile.insert_triples if by_update else self._payload.count
        journal = Journal(self._identity(by_update=by_update), self._order.journal)
        resumed = journal.sent
        try:
            self._send(journal, most_lines, by_update=by_update)
            if self._order.mode == "replace":
                self._exchange(journal)
            held = self._checked()
        except _Differs:
            journal.remove()
            raise
        except StoreError as error:
            goes_on = "the same command again goes on from where it stopped"
            error.hint = f"{error.hint}; {goes_on}" if error.hint else goes_on
            raise
        journal.remove()
        return self._result(held, resumed)

    def _identity(self, *, by_update: bool) -> Identity:
        batch = f"{self._batch_bytes}/{self._profile.insert_triples if by_update else 0}"
        return Identity(self._endpoint.address, self._graph.iri, self._order.mode, self._payload.sha256, batch)

    def _send(self, journal: Journal, most_lines: int, *, by_update: bool) -> None:
        target = self._staging if self._order.mode == "replace" else self._graph
        for number, batch in enumerate(self._payload.batches(self._batch_bytes, most_lines)):
            if number >= journal.sent:
                if not number:
                    # Before the first byte goes out, so that a journal that cannot be written stops nothing halfway.
                    journal.record(0)
                self._endpoint.add(target, batch, by_update=by_update)
                journal.record(number + 1)

    def _exchange(self, journal: Journal) -> None:
        """Put the staging graph in the graph's place, once."""
        if journal.is_exchanging and self._is_exchanged():
            return
        staged = self._endpoint.count(self._staging)
        if staged != self._payload.count:
            raise _Differs(f"the staging graph holds {staged:,} triples in place of {self._payload.count:,}")
        if self._profile.exchange != "move":
            text = f"{self._profile.title} has no MOVE to rely on, so one DELETE/INSERT replaces the graph"
            self._notice(Notice("exchange", text, self._endpoint.address))
        journal.record(journal.sent, is_exchanging=True)
        self._endpoint.exchange(self._staging, self._graph, self._is_exchanged)
        if self._profile.exchange != "move":
            self._checked()
            self._endpoint.clear(self._staging)

    def _is_exchanged(self) -> bool:
        """Whether an earlier try put the staging graph in the graph's place.

        Raises:
            _Differs: the staging graph is gone or changed, and the graph is not what it was to become.
        """
        staged = self._endpoint.count(self._staging)
        if staged == self._payload.count:
            return False
        if staged == 0 and self._endpoint.count(self._graph) == self._payload.count == self._present():
            return True
        raise _Differs(f"the staging graph holds {staged:,} triples in place of {self._payload.count:,}")

    def _checked(self) -> int:
        """How many triples the graph has, after a look at whether that is right."""
        held = self._endpoint.count(self._graph)
        if self._order.mode == "replace":
            if held != self._payload.count:
                raise _Differs(f"the graph holds {held:,} triples in place of {self._payload.count:,}")
        else:
            missing = self._payload.count - self._present()
            if missing:
                raise _Differs(f"{missing:,} of the {self._payload.count:,} triples are not in the graph")
        return held

    def _present(self) -> int:
        batches = self._payload.batches(_READ_BYTES, _READ_LINES)
        return sum(self._endpoint.present(self._graph, batch) for batch in batches)

    def _result(self, held: int, resumed: int) -> Pushed:
        return Pushed(self._profile.title, self._payload.count, held, resumed=resumed)


class _Differs(StoreError):
    """The store holds something else than was sent."""
