"""The site's script and style in a browser: search, theme, graph, formulas, under the policy that the pages carry."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import threading
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from arrowkg.site.folding import shard_file, words
from browser import Visit, drive, needs_browser
from strategies import CONTROLS, LETTERS, MARKS, SPACES

ASSETS: Final = Path(__file__).parents[1] / "src" / "arrowkg" / "site" / "assets"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; form-action 'self'"
)
LABEL: Final = "Stones and Water"
RECORDS: Final = [
    ("author", "Ada Quill", "12 papers", "author/ada-quill.html"),
    ("author", "Émile Ströbel", "1 paper", "author/emile-strobel.html"),
    ("author", "李例", "2 papers", "author/x.html"),
    ("venue", "Ada Quill Workshop", "ADA 2024", "venue/ada.html"),
    ("paper", "A Quill for Ada", "ICML 2024", "paper/quill.html"),
    ("paper", "Quill", "ICML 2023", "paper/only-quill.html"),
    ("paper", '机器学习 of <b>Stones</b> & "Water"', "ICLR 2024", "paper/stones.html"),
    ("paper", "Convex Stones", "ICLR 2022", "paper/convex.html"),
    *(("paper", f"Moss {number:04}", "ICML 2020", f"paper/moss-{number}.html") for number in range(1234)),
]
LEFT: Final = {"mos": 4321}
FORMULAS: Final = [
    r"E = mc^2",
    r"\sqrt[3]{\frac{a}{b}} \sum_{i=1}^n \mathbb{R} \in \mathcal{O}(n \log n)",
    r"\pmb{x} + \fcolorbox{red}{white}{y} + \color{blue}z",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix} \phantom{g}"
    r"\xrightarrow{f} \widehat{abc} \cancel{d} \underbrace{x}_{y}",
]
UNKNOWN: Final = r"\nonsense{x}"
BROKEN: Final = [
    r"\frac{a",
    UNKNOWN,
    r"\def\a{\a\a}\a",
    r"\href{javascript:alert(1)}{x}",
    r"\htmlStyle{x:y}{z}",
]


def _page(folder: Path, name: str, body: str) -> None:
    depth = name.count("/")
    root = "../" * depth
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"""<!DOCTYPE html>
<html lang="en" data-root="{root}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{root}assets/site.css">
<script src="{root}assets/site.js"></script>
</head>
<body>
<header class="site"><a href="{root}index.html">Papers of a laboratory</a>
<nav aria-label="Site"><a href="{root}index.html" aria-current="page">Search</a>
<a href="{root}graph.html">Co-authors</a> <a href="{root}math.html">Papers</a></nav>
<button id="theme" type="button" hidden>Theme</button></header>
<main>{body}</main>
<footer><p>Made of a listing. <a href="{root}index.html">About</a></p></footer>
</body>
</html>
""",
        encoding="utf-8",
    )


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _write_shards(folder: Path) -> None:
    held: dict[str, list[Sequence[str]]] = defaultdict(list)
    for record in RECORDS:
        for file in {shard_file(word) for word in words(record[1])}:
            held[file].append(record)
    # A script that is there and says nothing.
    (folder / "zzz.js").write_text("", encoding="utf-8")
    for file, records in held.items():
        given = ", ".join((json.dumps(file), json.dumps(records), str(LEFT.get(file, 0))))
        (folder / f"{file}.js").write_text(f"arrowkgShard({given});\n", encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site, made by hand as the renderer makes it."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ASSETS, folder / "assets")
    (folder / "data" / "search").mkdir(parents=True)
    _write_shards(folder / "data" / "search")
    _page(
        folder,
        "index.html",
        """<h1>Papers</h1>
<form role="search" hidden><label for="q">Search names, titles and venues</label>
<input id="q" type="search" autocomplete="off"></form>
<p id="search-status" role="status"></p><ol id="results"></ol>""",
    )
    nodes = [
        ["Ada Quill", "author/ada-quill.html", 12],
        ["Bo Tarn", "author/bo-tarn.html", 5],
        ["李例", "author/x.html", 1],
        *([f"Name {number:04}", f"author/name-{number}.html", 1 + number % 7] for number in range(297)),
    ]
    links = [[number // 3, number, 1 + number % 3] for number in range(1, len(nodes))]
    links += [[number // 7, number, 1] for number in range(7, len(nodes))]
    graph = json.dumps({"nodes": nodes, "links": links, "shown": 300, "of": 4812})
    (folder / "data" / "graph.js").write_text(f"arrowkgGraph({graph});\n", encoding="utf-8")
    rows = "".join(f"<tr><td>{name}</td><td class='number'>{papers}</td></tr>" for name, _, papers in nodes[:20])
    _page(
        folder,
        "graph.html",
        f"""<h1>Who wrote with whom</h1>
<figure id="graph" data-source="data/graph.js"><div class="canvas"></div><figcaption></figcaption></figure>
<table><caption>The same as a table</caption><thead><tr><th scope="col">Name</th>
<th scope="col" class="number">Papers</th></tr></thead><tbody>{rows}</tbody></table>""",
    )
    spans = "".join(f'<p>A formula <span class="math">{_html(tex)}</span> in text.</p>' for tex in FORMULAS)
    broken = "".join(f'<p class="broken">No <span class="math">{_html(tex)}</span>.</p>' for tex in BROKEN)
    _page(
        folder,
        "math.html",
        f"""<h1>Bounds of <span class="math">O(n)</span></h1>{spans}
<div class="math display">{FORMULAS[1]} + {FORMULAS[3]} + {FORMULAS[1]}</div>{broken}""",
    )
    _page(
        folder,
        "author/ada-quill.html",
        """<h1>Ada Quill</h1>
<p class="caveat">This page groups one exact name; it is no profile of a person.</p>
<dl class="facts"><dt>Papers</dt><dd>12</dd>
<dt>Address</dt><dd>https://kg.example.org/author/ada-quill/with-an-address-that-is-longer-than-any-phone-is-wide</dd></dl>
<nav class="formats" aria-label="Data"><a href="ada-quill.ttl">Turtle</a> <a href="ada-quill.jsonld">JSON-LD</a></nav>
<figure class="chart"><svg viewBox="0 0 400 100" width="400" height="100" role="img" aria-label="Papers by year">
<rect class="bar" x="10" y="20" width="30" height="60"/>
<path class="axis" d="M0 80H400"/><text x="10" y="95">2024</text>
</svg><figcaption>Papers by year</figcaption></figure>
<section><h2>Papers</h2><ul class="papers"><li><span class="title"><a href="../paper/quill.html">A Quill for Ada and
Averyveryveryveryveryveryveryverylongwordthatneverends</a></span>
<ol class="byline"><li>Ada Quill, </li><li>Bo Tarn</li></ol>
<div class="where">ICML 2024, conference paper</div></li></ul></section>
<table><thead><tr><th scope="col">Co-author</th><th scope="col" class="number">Papers</th>
<th scope="col">Years</th></tr></thead><tbody>
<tr><td>Bo Tarn</td><td class="number">5</td><td>2020, 2021, 2022, 2023, 2024</td></tr></tbody></table>""",
    )
    for target in ("author/emile-strobel", "author/x", "author/bo-tarn", "paper/quill", "paper/only-quill"):
        _page(folder, f"{target}.html", f"<h1>{target}</h1>")
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[str]:
    """The address of a server of the site on the loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site))) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}/"
        finally:
            httpd.shutdown()
            thread.join()


@pytest.fixture(params=["file", "http"])
def base(request: pytest.FixtureRequest, site: Path) -> str:
    """The address of the site, as a folder and from a server."""
    return f"{site.as_uri()}/" if request.param == "file" else str(request.getfixturevalue("server"))


def _assert_quiet(visit: Visit, base: str, *, missing: Sequence[str] = ()) -> None:
    """Nothing was refused, nothing failed but what is known to be missing, and nothing was asked for elsewhere."""
    assert visit.violations == []
    assert visit.errors == []
    assert {url.removeprefix(base) for url in visit.failed} <= set(missing)
    assert [url for url in visit.requests if not url.startswith((base, "data:"))] == []
    # A file that is missing is said by the browser itself.
    said = [message for message in visit.console if not (missing and "Failed to load resource" in message["text"])]
    assert [message for message in said if message["type"] in ("error", "warn", "warning")] == []


STATE: Final = """({
  status: document.getElementById("search-status").textContent,
  labels: [...document.querySelectorAll("#results > li > a")].map((a) => a.textContent),
  first: document.querySelector("#results > li")?.textContent,
  tags: [...new Set([...document.querySelectorAll("#results *")].map((e) => e.localName))].sort(),
})"""


def _search(text: str) -> list[dict[str, Any]]:
    """The steps that look for a text and tell what is shown."""
    clear = "document.getElementById('q').select(), document.getElementById('search-status').textContent = 'waiting'"
    return [
        {"do": "evaluate", "expression": clear},
        {"do": "type", "selector": "#q", "text": text},
        {"do": "wait", "expression": "document.getElementById('search-status').textContent !== 'waiting'"},
        {"do": "evaluate", "expression": STATE},
    ]


def _states(visit: Visit) -> list[dict[str, Any]]:
    return [value for value in visit.values if isinstance(value, dict) and "labels" in value]


@needs_browser
def test_search_finds(base: str) -> None:
    queries = ("ada qu", "EMILE stro", "e\u0301mile", "李例", "机器学", "stones", "convex", "quill", "mos", "an", "qu")
    steps = [{"do": "goto", "url": base + "index.html"}, *(step for text in queries for step in _search(text))]
    visit = drive(steps)
    found = dict(zip(queries, _states(visit), strict=True))
    assert found["ada qu"]["labels"] == ["Ada Quill", "Ada Quill Workshop", "A Quill for Ada"]
    assert found["ada qu"]["status"] == "3 found."
    assert found["ada qu"]["first"] == "Ada Quill author 12 papers"
    assert found["EMILE stro"]["labels"] == found["e\u0301mile"]["labels"] == ["Émile Ströbel"]
    assert found["李例"]["labels"] == ["李例"]
    assert found["机器学"]["labels"] == ['机器学习 of <b>Stones</b> & "Water"']
    assert found["stones"]["tags"] == ["a", "li", "span"]
    assert found["convex"]["labels"] == ["Convex Stones"]
    assert found["quill"]["labels"] == ["Quill", "Ada Quill", "Ada Quill Workshop", "A Quill for Ada"]
    assert len(found["mos"]["labels"]) == 50
    assert found["mos"]["labels"][0] == "Moss 0000"
    assert found["mos"]["status"] == (
        "50 of 1,234 shown. 4,321 more with words that begin with “mos” are not in the search data."
    )
    assert found["an"]["status"].startswith("Nothing found for “an”. Only whole words “an” are looked up")
    assert found["qu"]["labels"] == []
    # A file is asked for once.
    asked = [url for url in visit.requests if url.endswith("/qui.js")]
    assert len(asked) == 1
    _assert_quiet(visit, base, missing=["data/search/an.js", "data/search/qu.js"])


@needs_browser
def test_search_finds_nothing(base: str) -> None:
    queries = ("ada stones", "unheard", "!?", "zzz", "")
    erase = [
        {"do": "evaluate", "expression": "document.getElementById('q').select()"},
        {"do": "press", "key": "Backspace"},
        {"do": "wait", "expression": "document.getElementById('search-status').textContent === ''"},
        {"do": "evaluate", "expression": STATE},
    ]
    steps = [{"do": "goto", "url": base + "index.html"}, *(step for text in queries[:-1] for step in _search(text))]
    visit = drive([*steps, *erase])
    said = [state["status"] for state in _states(visit)]
    assert said == [
        "Nothing found for “ada stones”.",
        "Nothing found for “unheard”.",
        "Type letters or numbers.",
        "The search data cannot be read.",
        "",
    ]
    assert all(state["labels"] == [] for state in _states(visit))
    _assert_quiet(visit, base, missing=["data/search/unh.js"])


FOCUSED: Final = {"do": "evaluate", "expression": "document.activeElement.id || document.activeElement.textContent"}


@needs_browser
def test_search_by_keyboard(base: str) -> None:
    steps: list[dict[str, Any]] = [
        {"do": "goto", "url": base + "index.html"},
        {"do": "evaluate", "expression": "document.activeElement.blur()"},
    ]
    # From the start of the page to the field, with the tabulator alone: five links and the button come first.
    steps += [{"do": "press", "key": "Tab", "times": 6}, FOCUSED]
    steps += [{"do": "type", "text": "ada"}, {"do": "wait", "selector": "#results a"}]
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowDown", "Escape"):
        steps += [{"do": "press", "key": key}, FOCUSED]
    steps += [{"do": "press", "key": "Escape"}, {"do": "evaluate", "expression": "document.getElementById('q').value"}]
    # Enter on a result, and the way back to the same results.
    steps += [{"do": "type", "text": "quill"}, {"do": "wait", "selector": "#results a"}]
    steps += [{"do": "press", "key": "ArrowDown"}, {"do": "press", "key": "ArrowDown"}, {"do": "press", "key": "Enter"}]
    steps += [{"do": "wait", "expression": "location.pathname.endsWith('/author/ada-quill.html')"}]
    steps += [{"do": "evaluate", "expression": "history.back()"}, {"do": "wait", "selector": "#results a"}]
    steps += [{"do": "evaluate", "expression": "document.getElementById('q').value"}]
    # Enter in the field goes to the first result; before there are results it looks for them at once.
    steps += [{"do": "evaluate", "expression": "document.getElementById('q').focus()"}, {"do": "press", "key": "Enter"}]
    steps += [{"do": "wait", "expression": "location.pathname.endsWith('/paper/only-quill.html')"}]
    visit = drive(steps)
    said = [value for value in visit.values if isinstance(value, str) and not value.startswith(base)]
    assert said == ["q", "Ada Quill", "Ada Quill Workshop", "Ada Quill", "q", "Ada Quill", "q", "", "quill"]
    _assert_quiet(visit, base)


@needs_browser
def test_search_by_mouse(base: str) -> None:
    steps = [
        {"do": "goto", "url": base + "index.html", "hash": "#q=%C3%A9mile"},
        {"do": "wait", "selector": "#results a"},
        {"do": "click", "selector": "#results a"},
        {"do": "wait", "expression": "location.pathname.endsWith('/author/emile-strobel.html')"},
    ]
    _assert_quiet(drive(steps), base)


@needs_browser
def test_search_ignores_what_comes_late(server: str) -> None:
    # The files of the first text are held back until the second is shown.
    hold = """(() => {
      const append = document.head.append;
      document.head.append = function (node) {
        if (node.src && node.src.endsWith("/sto.js")) window.release = () => append.call(this, node);
        else append.call(this, node);
      };
    })()"""
    steps = [
        {"do": "goto", "url": server + "index.html"},
        {"do": "evaluate", "expression": hold},
        {"do": "type", "selector": "#q", "text": "stones"},
        {"do": "wait", "expression": "window.release"},
        {"do": "evaluate", "expression": "document.getElementById('q').select()"},
        {"do": "type", "text": "ada"},
        {"do": "wait", "selector": "#results a"},
        {"do": "evaluate", "expression": "new Promise((r) => { release(); setTimeout(r, 500); })"},
        {"do": "evaluate", "expression": STATE},
    ]
    visit = drive(steps)
    assert any(url.endswith("/sto.js") for url in visit.requests)
    assert _states(visit)[0]["labels"][0] == "Ada Quill"


# The browser and this Python may know other versions of Unicode: what either has not assigned, neither has to fold.
FOLD: Final = """(texts) => texts.map((text) => {
  if (/\\p{Cn}/u.test(text)) return null;
  const words = arrowkg.words(text);
  return [words, words.map(arrowkg.shardFile)];
})"""


@needs_browser
def test_folding_is_the_same_in_both_languages(site: Path) -> None:
    pieces = st.lists(
        st.sampled_from((*CONTROLS, *MARKS, *LETTERS, *SPACES, "Σ", "ΑΣ", "Σ'α", "İ", "ﬃ", "²", "-", "_"))
    )
    characters = st.characters(exclude_categories=("Cs", "Cn"))
    letters = st.characters(categories=("Lu", "Lt", "Lm", "Mn", "Mc", "Me", "Sk", "Nl", "No"))
    texts: list[str] = ["Ada Quill", "con aux NUL", "ß xdf", ""]

    @hypothesis_settings(max_examples=600)
    @given(st.one_of(pieces.map("".join), st.text(characters), st.text(letters)))
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    assert len(texts) > 400
    # Every character of the first three planes too, so that the tables are compared whole.
    texts += [char for char in map(chr, range(0x20, 0x33500)) if unicodedata.category(char) not in ("Cs", "Cn")]
    visit = drive(
        [
            {"do": "goto", "path": str(site / "index.html")},
            {"do": "evaluate", "expression": FOLD, "argument": texts},
        ]
    )
    differing = []
    for text, folded in zip(texts, visit.values[1], strict=True):
        if folded is not None and folded != [words(text), [shard_file(word) for word in words(text)]]:
            differing.append((ascii(text), words(text), folded))
    assert differing == []


THEME: Final = {
    "do": "evaluate",
    "expression": """[
      document.getElementById("theme").textContent,
      getComputedStyle(document.body).backgroundColor,
      getComputedStyle(document.documentElement).colorScheme,
    ]""",
}
_LIGHT: Final = ["rgb(255, 255, 255)", "light"]
_DARK: Final = ["rgb(21, 23, 26)", "dark"]


@needs_browser
def test_theme(base: str) -> None:
    click = {"do": "click", "selector": "#theme"}
    steps: list[dict[str, Any]] = [
        {"do": "goto", "url": base + "index.html"},
        {"do": "emulate", "scheme": "light"},
        THEME,
        {"do": "emulate", "scheme": "dark"},
        THEME,
        *(click, THEME),
        # Remembered on the next page.
        {"do": "goto", "url": base + "author/ada-quill.html"},
        THEME,
        *(click, THEME),
        {"do": "emulate", "scheme": "light"},
        THEME,
        *(click, THEME),
        {"do": "reload"},
        THEME,
        {"do": "emulate", "scheme": "dark", "media": "print"},
        THEME,
    ]
    visit = drive(steps)
    assert [value for value in visit.values if isinstance(value, list)] == [
        ["Theme: automatic", *_LIGHT],
        ["Theme: automatic", *_DARK],
        ["Theme: light", *_LIGHT],
        ["Theme: light", *_LIGHT],
        ["Theme: dark", *_DARK],
        ["Theme: dark", *_DARK],
        # With a light system the way from dark leads over light.
        ["Theme: light", *_LIGHT],
        ["Theme: light", *_LIGHT],
        ["Theme: light", *_LIGHT],
    ]
    _assert_quiet(visit, base)


GRAPH: Final = """(() => {
  const graph = document.querySelector("#graph .canvas")._cyreg.cy;
  const box = document.querySelector("#graph .canvas").getBoundingClientRect();
  const node = graph.getElementById("n0");
  const at = node.renderedPosition();
  return {
    nodes: graph.nodes().length,
    links: graph.edges().length,
    caption: document.querySelector("#graph figcaption").textContent,
    hidden: document.querySelector("#graph .canvas").getAttribute("aria-hidden"),
    places: graph.nodes().map((n) => [n.position("x").toFixed(3), n.position("y").toFixed(3)].join()),
    zoom: graph.zoom(),
  named: graph.nodes(".named").length,
    colour: node.style("background-color"),
    x: box.x + at.x, y: box.y + at.y,
    inside: graph.nodes().every((n) => {
      const { x, y } = n.renderedPosition();
      return x >= 0 && y >= 0 && x <= box.width && y <= box.height;
    }),
  };
})()"""
_DRAWN: Final = {"do": "wait", "expression": "document.querySelector('#graph figcaption').textContent"}


@needs_browser
def test_graph(base: str) -> None:
    goto = {"do": "goto", "url": base + "graph.html"}
    ask = {"do": "evaluate", "expression": GRAPH}
    steps: list[dict[str, Any]] = [
        {"do": "viewport", "width": 1000, "height": 800},
        {"do": "emulate", "scheme": "light"},
        *(goto, _DRAWN, ask),
        *(goto, _DRAWN, ask),
        {"do": "click", "selector": "#graph .zoom button:nth-child(1)"},
        ask,
        {"do": "click", "selector": "#graph .zoom button:nth-child(2)"},
        {"do": "click", "selector": "#graph .zoom button:nth-child(2)"},
        ask,
        {"do": "click", "selector": "#graph .zoom button:nth-child(3)"},
        {"do": "click", "selector": "#theme"},
        ask,
    ]
    visit = drive(steps)
    first, second, nearer, farther, last = [value for value in visit.values if isinstance(value, dict)]
    assert (first["nodes"], first["links"]) == (300, 299 + 293)
    assert first["caption"] == "300 of 4,812 names shown"
    assert first["hidden"] == "true"
    assert first["inside"]
    assert first["places"] == second["places"]
    assert len(set(first["places"])) == 300
    assert farther["zoom"] < first["zoom"] < nearer["zoom"]
    # The closer, the more names; the farther, the fewer.
    assert farther["named"] < first["named"] == 25 < nearer["named"]
    assert last["zoom"] == pytest.approx(first["zoom"])
    assert (first["colour"], last["colour"]) == ("rgb(11,87,164)", "rgb(141,187,242)")
    _assert_quiet(visit, base)
    # A click on a name goes to its page; the same places are found again in a new browser.
    steps = [
        {"do": "viewport", "width": 1000, "height": 800},
        *(goto, _DRAWN, ask),
        {"do": "hover", "x": first["x"], "y": first["y"]},
        {"do": "click", "x": first["x"], "y": first["y"]},
        {"do": "wait", "expression": "location.pathname.endsWith('/author/ada-quill.html')"},
    ]
    visit = drive(steps)
    assert next(value for value in visit.values if isinstance(value, dict))["places"] == first["places"]
    _assert_quiet(visit, base)


@needs_browser
def test_graph_without_data_says_so(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    shutil.copytree(site, folder)
    (folder / "data" / "graph.js").unlink()
    visit = drive([{"do": "goto", "path": str(folder / "graph.html")}, _DRAWN, {**_DRAWN, "do": "evaluate"}])
    assert visit.values[-1] == "The graph cannot be drawn; the table holds the same data."
    assert not visit.violations
    assert not visit.errors


FORMULAS_SET: Final = """({
  set: document.querySelectorAll(".math.set .katex-html").length,
  spoken: document.querySelectorAll(".math.set math").length,
  fonts: [...document.fonts].filter((font) => font.status === "loaded").length,
  lost: [...document.fonts].filter((font) => font.status === "error").length,
  broken: [...document.querySelectorAll(".broken .math")].map((span) => span.textContent),
  links: document.querySelectorAll(".math a").length,
  colours: [...new Set([...document.querySelectorAll("p .katex-html *")].map((e) => getComputedStyle(e).color))],
  shadow: document.querySelectorAll(".math [style*=text-shadow]").length,
})"""


@needs_browser
def test_formulas(base: str) -> None:
    steps = [
        {"do": "emulate", "scheme": "dark"},
        {"do": "goto", "url": base + "math.html"},
        {"do": "wait", "selector": "[data-math=done]"},
        {"do": "wait", "expression": "document.fonts.status === 'loaded'"},
        {"do": "evaluate", "expression": FORMULAS_SET},
    ]
    visit = drive(steps)
    state = visit.values[-1]
    assert state["spoken"] == state["set"] >= len(FORMULAS) + 2
    assert state["fonts"] >= 4
    assert state["lost"] == state["links"] == 0
    # No colour but that of the text, and none where something is to take room only.
    assert sorted(state["colours"]) == ["rgb(231, 232, 234)", "rgba(0, 0, 0, 0)"]
    # In the formula as seen, and in the one that is spoken.
    assert state["shadow"] == 2
    # What cannot be set is still read as its source, and an unknown command as its name within what could be set.
    unknown = state["broken"].pop(BROKEN.index(UNKNOWN))
    assert UNKNOWN[:9] in unknown
    assert state["broken"] == [tex for tex in BROKEN if tex != UNKNOWN]
    assert not any("KaTeX" in message["text"] for message in visit.console)
    _assert_quiet(visit, base)


@needs_browser
def test_a_percent_sign_is_no_comment(site: Path) -> None:
    sources = ["75%", r"40%\sim 87\%", r"a_{5%} b", r"x \\% y", "%90.05"]
    read = """[...document.querySelectorAll("main .math")].map((span) =>
      [span.classList.contains("set"), span.querySelector(".katex-html").textContent])"""
    page = site / "percent.html"
    spans = "".join(f'<p><span class="math">{_html(source)}</span></p>' for source in sources)
    _page(site, "percent.html", spans)
    visit = drive(
        [
            {"do": "goto", "path": str(page)},
            {"do": "wait", "selector": "[data-math=done]"},
            {"do": "evaluate", "expression": read},
        ]
    )
    assert [is_set for is_set, _ in visit.values[-1]] == [True] * len(sources)
    shown = [text.replace("\u200b", "") for _, text in visit.values[-1]]
    assert shown == ["75%", "40%∼87%", "a5%b", "x%y", "%90.05"]


@needs_browser
def test_formulas_without_katex_are_read_as_source(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    shutil.copytree(site, folder)
    (folder / "assets" / "vendor" / "katex" / "katex.min.js").unlink()
    steps = [
        {"do": "goto", "path": str(folder / "math.html")},
        {"do": "evaluate", "expression": "document.querySelector('p > .math').textContent"},
    ]
    visit = drive(steps)
    assert visit.values[-1] == FORMULAS[0]
    assert not visit.violations
    assert not visit.errors


@needs_browser
def test_pages_ask_for_no_more_than_they_need(server: str) -> None:
    visit = drive([{"do": "goto", "url": server + "author/ada-quill.html"}])
    asked = sorted(url.removeprefix(server) for url in visit.requests if not url.startswith("data:"))
    assert asked == ["assets/site.css", "assets/site.js", "author/ada-quill.html"]


# The worst contrast of any text with the nearest ground behind it, after WCAG 2.2.
CONTRAST: Final = """(() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let worst = [21, ""];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest(".katex, .zoom")) continue;
    const style = getComputedStyle(element);
    const front = luminance(parse(element.closest("svg") ? style.fill : style.color));
    const back = luminance(ground(element));
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < worst[0]) worst = [ratio, element.outerHTML.slice(0, 80)];
  }
  return worst;
})()"""
_PAGES: Final = ("index.html#q=mos", "author/ada-quill.html", "math.html", "graph.html")


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(site: Path, scheme: str) -> None:
    steps: list[dict[str, Any]] = [{"do": "emulate", "scheme": scheme}]
    for page in _PAGES:
        path, _, query = page.partition("#")
        steps += [{"do": "goto", "path": str(site / path), "hash": query and f"#{query}"}]
        steps += [{"do": "wait", "selector": "#results a" if query else "footer"}]
        steps += [{"do": "evaluate", "expression": CONTRAST}]
    for ratio, where in (value for value in drive(steps).values if isinstance(value, list)):
        assert ratio >= 4.5, where


@needs_browser
def test_no_page_is_wider_than_a_phone(site: Path) -> None:
    steps: list[dict[str, Any]] = [{"do": "viewport", "width": 320, "height": 640}]
    for page in _PAGES:
        path, _, query = page.partition("#")
        steps += [{"do": "goto", "path": str(site / path), "hash": query and f"#{query}"}]
        if query:
            steps += [{"do": "wait", "selector": "#results a"}]
        elif path == "math.html":
            steps += [{"do": "wait", "selector": "[data-math=done]"}]
        elif path == "graph.html":
            steps += [_DRAWN]
        expression = "[document.documentElement.scrollWidth, document.body.scrollWidth]"
        steps += [{"do": "evaluate", "expression": expression}]
    widths = [value for value in drive(steps).values if isinstance(value, list)]
    assert widths == [[320, 320]] * len(_PAGES)


@needs_browser
def test_focus_is_seen_and_motion_is_off(site: Path) -> None:
    expression = """(() => {
      const style = getComputedStyle(document.activeElement);
      return [style.outlineStyle, style.outlineWidth, getComputedStyle(document.documentElement).scrollBehavior];
    })()"""
    steps = [
        {"do": "emulate", "motion": "reduce"},
        {"do": "goto", "path": str(site / "index.html")},
        {"do": "press", "key": "Tab"},
        {"do": "evaluate", "expression": expression},
    ]
    assert drive(steps).values[-1] == ["solid", "3px", "auto"]


def test_vendored_files_are_as_listed() -> None:
    vendor = ASSETS / "vendor"
    readme = (vendor / "README.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|", readme, re.MULTILINE))
    files = [path for path in sorted(vendor.rglob("*")) if path.is_file() and path.name != "README.md"]
    assert listed == {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def test_assets_name_no_other_host() -> None:
    for name in ("site.css", "site.js"):
        text = (ASSETS / name).read_text("utf-8")
        assert re.findall(r"https?://|@import|innerHTML|insertAdjacentHTML|\beval\b|new Function", text) == []
