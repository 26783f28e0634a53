"""Reading Arrow pages saved as HTML: the same page in many kinds of markup is read like the text."""

from __future__ import annotations

import html
import json
import random
from pathlib import Path

import pytest

from arrowkg.errors import InputError
from arrowkg.listing import page_text
from arrowkg.model import Entry, Listing
from arrowkg.pipeline import read
from arrowkg.sources import source_named
from arrowkg.sources.arrow_html import lines_of
from test_arrow import as_read, as_true, found_in


def test_the_seed_page_is_read_as_expected(seeds: Path) -> None:
    expected = json.loads((seeds / "odd" / "page.expected.json").read_text(encoding="utf-8"))
    found = found_in(seeds / "odd" / "page.html")
    assert [as_read(entry) for entry in found.entries] == [as_true(paper) for paper in expected["papers"]]
    assert not found.bad
    assert not found.notices


class Markup:
    """Writes a page in markup that is drawn by chance: no two pages alike, all of them shown alike by a browser."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._line_tag = self._random.choice(["div", "p", "section", "h3", "x-line"])
        self._text_tag = self._random.choice(["p", "div", "blockquote"])
        self._list = self._random.choice([("ul", "li"), ("ol", "li"), ("menu", "li")])
        self._newline = self._random.choice(["\n", "\n    ", ""])

    def text(self, text: str) -> str:
        """Text with entities, blanks between words that HTML folds, and inline elements here and there."""
        words = []
        for word in text.split(" "):
            escaped = html.escape(word, quote=False) if self._random.random() < 0.8 else html.escape(word)
            if self._random.random() < 0.1 and word:
                tag = self._random.choice(["span", "em", "b", "a", "mark"])
                escaped = f"<{tag}>{escaped}</{tag}>"
            words.append(escaped)
        return "".join([words[0], *[self._random.choice([" ", " ", "\n  "]) + word for word in words[1:]]])

    def line(self, text: str) -> str:
        return f"<{self._line_tag} class='l'>{self.text(text)}</{self._line_tag}>{self._newline}"

    def page(self, listing: Listing) -> str:
        head, *_ = page_text(listing).split(f"\n\n{len(listing.papers)}\n\n")
        parts = [self.line(line) for line in head.split("\n") if line]
        parts.append(self.line(str(len(listing.papers))))
        for paper in listing.papers:
            kind = "Journal" if paper.kind == "Journal Article" else "Conference"
            parts += [self.line(f"{paper.venue} {kind} {paper.year} {paper.kind}"), self.line(paper.title)]
            outer, inner = self._list
            items = "".join([f"<{inner}>{self.text(name)}</{inner}>{self._newline}" for name in paper.authors])
            parts.append(f"<{outer}>{self._newline}{items}</{outer}>{self._newline}")
            for paragraph in (paper.abstract or "").split("\n\n"):
                if paragraph:
                    inside = "<br>".join([self.text(line) for line in paragraph.split("\n")])
                    parts.append(f"<{self._text_tag}>{inside}</{self._text_tag}>{self._newline}")
        noise = "<script>if (1 < 2) { document.write('<p>no</p>') }</script><style>p{}</style><!-- <p>no</p> -->"
        body = f"{noise}<main>{''.join(parts)}</main>"
        return f"<!doctype html><html><head><title>t</title>{noise}</head><body>{body}</body></html>"


def folded(entry: Entry) -> dict[str, object]:
    """What a browser shows of an entry: HTML folds runs of blanks and drops those at line ends."""
    found = as_read(entry)
    if found["abstract"]:
        lines = [" ".join(line.split(" ")).strip(" ") for line in str(found["abstract"]).split("\n")]
        found["abstract"] = "\n".join(lines)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_any_markup_of_a_page_is_read_alike(seeds: Path, tmp_path: Path, seed: int) -> None:
    entries = list(read(seeds / "tomer-michaeli.txt"))
    capture = entries[0].capture
    assert capture is not None
    page = Markup(seed).page(Listing(capture.name, 2, tuple(entry.paper for entry in entries)))
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    found = found_in(path)
    assert [folded(entry) for entry in found.entries] == [folded(entry) for entry in entries]
    assert not found.bad


@pytest.mark.shared
@pytest.mark.parametrize("name", ["013_be67150ecb9c3cda", "041_a1819fb45d8d938a", "065_b16705616ccc74ce"])
def test_real_pages_in_markup_are_read_alike(shared: Path, tmp_path: Path, name: str) -> None:
    entries = list(read(shared / "data" / "arrow" / f"{name}.txt"))
    capture = entries[0].capture
    assert capture is not None
    page = Markup(7).page(Listing(capture.name, 1, tuple(entry.paper for entry in entries)))
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    assert [folded(entry) for entry in found_in(path).entries] == [folded(entry) for entry in entries]


def test_blocks_are_lines_and_items_have_bullets() -> None:
    page = b"<div>one<div>two</div>three</div><ul><li><p>a</p><li>b<ul><li>c</ul></ul>x<br>y<br><br>z<pre>p\n q</pre>"
    assert [line.text for line in lines_of(page, "p", 50) if line.text] == [
        *["one", "two", "three", "  • a", "  • b", "  • c", "x", "y", "z", "p", " q"]
    ]


def test_lines_know_where_they_stand() -> None:
    page = b"<html>\n<body>\n<p>one</p>\n\n<p>\n two</p></body></html>"
    assert [(line.number, line.text) for line in lines_of(page, "p", 50) if line.text] == [(3, "one"), (5, "two")]


def test_entities_are_those_of_html_and_no_others(tmp_path: Path) -> None:
    page = b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "yyyy">]><p>a &amp; &eacute; &x; &y;</p>'
    text = " ".join(line.text for line in lines_of(page, "p", 50))
    assert "a & é" in text
    assert "root:" not in text
    assert "yyyy" not in text.replace('"yyyy"', "")


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(InputError, match="nested deeper than 50"):
        lines_of(b"<div>" * 60 + b"x", "p", 50)
    with pytest.raises(InputError):
        lines_of(b"<b>" * 100_000 + b"x", "p", 200)


@pytest.mark.parametrize("content", [b"", b"  ", b"<!-- nothing -->", b"<script>x</script>"])
def test_html_without_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(content)
    with pytest.raises(InputError):
        list(read(path, source=source_named("html")))
