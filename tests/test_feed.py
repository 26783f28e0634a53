"""The feed of new papers: what RFC 4287 asks for, read by a reader of feeds, and the same every time."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import feedparser
from lxml import etree

import strategies
from cli import SOUND, jsonl
from test_site import BASE, site

# The rules of RFC 4287, section 4, for what the feed holds: elements, their number, and the form of their values.
_RULES: Final = """
<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="http://www.w3.org/2005/Atom"
    datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="feed"><ref name="language"/><interleave>
    <ref name="about"/>
    <oneOrMore><ref name="author"/></oneOrMore>
    <optional><element name="generator"><data type="token"><param name="minLength">1</param></data></element></optional>
    <zeroOrMore><ref name="entry"/></zeroOrMore>
  </interleave></element></start>
  <define name="language"><optional><attribute name="xml:lang"><data type="language"/></attribute></optional></define>
  <define name="about"><interleave>
    <element name="id"><data type="anyURI"><param name="minLength">8</param></data></element>
    <element name="title"><text/></element>
    <element name="updated">
      <data type="dateTime"><param name="pattern">.+T.+(Z|[+-]\\d\\d:\\d\\d)</param></data>
    </element>
    <oneOrMore><element name="link">
      <attribute name="rel"><choice><value>self</value><value>alternate</value></choice></attribute>
      <attribute name="type"><data type="string"><param name="pattern">[^/]+/[^/]+</param></data></attribute>
      <attribute name="href"><data type="anyURI"/></attribute>
    </element></oneOrMore>
  </interleave></define>
  <define name="author"><element name="author">
    <element name="name"><data type="token"><param name="minLength">1</param></data></element>
  </element></define>
  <define name="entry"><element name="entry"><interleave>
    <ref name="about"/>
    <zeroOrMore><ref name="author"/></zeroOrMore>
    <zeroOrMore><element name="category">
      <attribute name="term"><data type="string"><param name="minLength">1</param></data></attribute>
    </element></zeroOrMore>
    <element name="summary"><text/></element>
  </interleave></element></define>
</grammar>
"""


def checked(root: Path) -> Any:
    """What a reader of feeds finds in the feed, which keeps the rules."""
    data = (root / "feed.xml").read_bytes()
    document = etree.fromstring(data)
    rules = etree.RelaxNG(etree.fromstring(_RULES))
    assert rules.validate(document), rules.error_log
    found: Any = feedparser.parse(data)
    assert not found.bozo, found.bozo_exception
    assert found.version == "atom10"
    assert found.feed.id == f"{BASE}feed.xml"
    assert {link.rel: link.href for link in found.feed.links} == {"self": f"{BASE}feed.xml", "alternate": BASE}
    ids = [entry.id for entry in found.entries]
    assert len(set(ids)) == len(ids) <= 50
    for entry in found.entries:
        (link,) = entry.links
        assert (root / link.href.removeprefix(BASE)).is_file()
    assert found.feed.updated == max(entry.updated for entry in found.entries)
    return found


def test_a_paper_is_an_entry(tmp_path: Path) -> None:
    root = site(tmp_path, jsonl({**SOUND, "title": "On **Stones** & $x^2$"}), "--title", "Stones & Water")
    found = checked(root)
    assert found.feed.title == "Stones & Water: new papers"
    (entry,) = found.entries
    assert entry.title == "On Stones & x^2"
    assert [author.name for author in entry.authors] == ["Ada Quill", "Bo Tarn 0001"]
    assert [tag.term for tag in entry.tags] == ["ICLR", "2024"]
    assert entry.summary == "We sort stones."
    assert entry.id.startswith(f"{BASE}paper/iclr-2024-on-")
    assert '<link rel="alternate" type="application/atom+xml" href="feed.xml"' in (root / "index.html").read_text(
        "utf-8"
    )


def test_hostile_papers_make_a_sound_feed(tmp_path: Path) -> None:
    entries = strategies.hostile_entries(200, 7)
    root = site(tmp_path, jsonl(*(asdict(entry.paper) for entry in entries)))
    assert len(checked(root).entries) == 50


def test_the_latest_years_come_first_and_later_additions_before_them(tmp_path: Path) -> None:
    papers = [{**SOUND, "title": f"On Stones {year}", "year": year} for year in range(1965, 2020)]
    root = site(tmp_path, jsonl(*papers))
    titles = [entry.title for entry in checked(root).entries]
    assert titles == [f"On Stones {year}" for year in range(2019, 1969, -1)]
    # As if the site had been made some days ago.
    then = time.time() - 10 * 86_400
    for path in root.resolve().rglob("*.html"):
        os.utime(path, (then, then))
    old = {**SOUND, "title": "On Old Sand", "year": 1901}
    found = checked(site(tmp_path, jsonl(*papers, old)))
    assert [entry.title for entry in found.entries[:2]] == ["On Old Sand", "On Stones 2019"]
    assert found.entries[0].updated > found.entries[1].updated
    assert len(found.entries) == 50


def test_many_authors_are_cut_and_a_paper_of_none_has_the_feed(tmp_path: Path) -> None:
    many = {**SOUND, "title": "A", "authors": [f"Ada Quill{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(120)]}
    none = {"title": "B", "year": 2020}
    of_many, of_none = checked(site(tmp_path, jsonl(many, none))).entries
    assert len(of_many.authors) == 100
    assert of_many.summary.startswith("100 of 120 authors are named here.")
    assert "authors" not in of_none or of_none.authors[0].name == "Papers"
    assert of_none.summary == "2020"
