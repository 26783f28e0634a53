"""Arrow author pages saved as HTML: turned into the lines of the same page saved as text, then read as those.

Nothing is known of the markup, so nothing of it is relied on but what HTML itself says: block elements stand on lines
of their own, list items have bullets, scripts and styles are not text. Nothing is fetched and no entity is defined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from arrowkg.errors import BadRecord, InputError
from arrowkg.files import Input
from arrowkg.model import nfc
from arrowkg.settings import Settings
from arrowkg.sources.arrow import Line, decoded, parse, split_lines
from arrowkg.sources.record import Notify, Record

if TYPE_CHECKING:
    from lxml import etree

__all__ = ["parse", "split"]

# Phrasing content that runs on within a line, by the HTML standard's section on text-level semantics; every other
# element, a custom one too, is taken for a block.
_INLINE: Final = frozenset(
    """a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s samp small
    span strike strong sub sup time tt u var wbr
    math mi mn mo mrow ms mspace mtext msub msup msubsup mfrac msqrt semantics""".split()
)
_NOT_TEXT: Final = frozenset(
    "head script style template noscript svg canvas iframe object audio video button select textarea annotation".split()
)
_space = re.compile(r"[ \t\n\f\r]+")


def split(source: Input, settings: Settings, notify: Notify) -> Iterator[Record | BadRecord]:
    """The papers of a page saved as HTML; see :class:`~arrowkg.sources.record.Split`."""
    content = source.whole(is_html=True)
    lines = lines_of(content, source.name, settings.max_depth)
    yield from split_lines(lines, content, source.name, notify)


def lines_of(content: bytes, file: str, max_depth: int) -> list[Line]:
    """The lines of a page saved as HTML, in NFC, blocks parted by blank lines, list items with bullets.

    Raises:
        InputError: the bytes are not UTF-8, hold no element, or nest deeper than ``max_depth``.

    >>> [line.text for line in lines_of(b"<h1>On <i>Stones</i></h1><ul><li>Ada<li>Bo</ul>", "page.html", 50)]
    ['On Stones', '', '  • Ada', '  • Bo', '']
    """
    from lxml import etree

    text = decoded(content, file)
    # The parser's own limits end a page early and in silence, so they are off; ours hold instead.
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"the HTML cannot be read ({error})", file=file) from None
    cut = next((entry for entry in parser.error_log if entry.level_name == "FATAL"), None)
    if cut is not None:
        raise InputError(f"the HTML cannot be read to its end ({cut.message.strip()})", file=file, line=cut.line)
    if root is None:
        raise InputError("the HTML holds no text", file=file)
    writer = _LineWriter()
    _walk(root, writer, file, max_depth)
    return writer.finished()


class _LineWriter:
    """Collects text into lines: a block ends a line, and a blank line follows it but between list items."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._parts: list[str] = []
        self._number = 1
        self._item_pending = False
        self._is_item = False

    def text(self, text: str | None, number: int, *, is_preformatted: bool) -> None:
        if not text:
            return
        if not is_preformatted:
            text = _space.sub(" ", text)
            if text == " " and not self._parts:
                return
        if not self._parts and text.strip():
            self._number = number
        self._parts.append(text)

    def line_break(self, number: int) -> None:
        if self._joined():
            self._flush()
        elif self._lines and self._lines[-1].text:
            self._lines.append(Line(number, ""))

    def start_item(self) -> None:
        self.block()
        self._item_pending = True

    def end_item(self) -> None:
        self.block()
        self._item_pending = False

    def block(self) -> None:
        """End a block: what was collected becomes lines, then a blank one, unless the block was empty."""
        if self._joined():
            self._flush()
        self._parts.clear()
        if self._lines and self._lines[-1].text:
            self._lines.append(Line(self._number, ""))

    def finished(self) -> list[Line]:
        self.block()
        return self._lines

    def _joined(self) -> str:
        return "".join(self._parts).strip(" \t\n\f\r")

    def _flush(self) -> None:
        text = self._joined()
        self._parts.clear()
        for i, line in enumerate(nfc(text).split("\n")):
            if self._item_pending:
                if len(self._lines) > 1 and self._is_item and not self._lines[-1].text:
                    self._lines.pop()
                line = "  • " + line
            self._is_item, self._item_pending = self._item_pending or (i > 0 and self._is_item), False
            self._lines.append(Line(self._number, line.rstrip(" \t\u00a0")))


def _walk(root: etree._Element, writer: _LineWriter, file: str, max_depth: int) -> None:
    """Send an element's text to the writer, in document order, without recursion."""
    from lxml import etree

    depth = 0
    preformatted = 0
    skipping: etree._Element | None = None
    number = 1
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""
        number = element.sourceline or number
        if event == "start":
            depth += 1
            if depth > max_depth:
                raise InputError(f"the HTML is nested deeper than {max_depth}", file=file, line=number)
            if skipping is None and tag in _NOT_TEXT:
                skipping = element
            if skipping is not None:
                continue
            preformatted += tag == "pre"
            _start(tag, writer, number)
            writer.text(element.text, number, is_preformatted=preformatted > 0)
        else:
            depth -= 1
            if skipping is None:
                preformatted -= tag == "pre"
                _end(tag, writer)
            elif skipping is element:
                skipping = None
            if skipping is None:
                writer.text(element.tail, number, is_preformatted=preformatted > 0)


def _start(tag: str, writer: _LineWriter, number: int) -> None:
    if tag == "br":
        writer.line_break(number)
    elif tag == "li":
        writer.start_item()
    elif tag not in _INLINE:
        writer.block()


def _end(tag: str, writer: _LineWriter) -> None:
    if tag == "li":
        writer.end_item()
    elif tag not in _INLINE and tag != "br":
        writer.block()
