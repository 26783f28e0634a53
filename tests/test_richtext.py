"""Titles and abstracts as HTML and as plain text: what is a mark, what is none, and that nothing else becomes HTML."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from types import FrameType
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arrowkg.site import richtext
from arrowkg.site.richtext import html, plain

ALLOWED: Final[dict[str, list[dict[str, str | None]]]] = {
    "em": [{}],
    "strong": [{}],
    "code": [{}],
    "span": [{"class": "math"}, {"class": "math display"}],
}
"""The elements but links, and the attributes that each may have."""


class Tree(HTMLParser):
    """Reads a rendering strictly: every end tag ends the element opened last, and only allowed elements stand in it."""

    def __init__(self, rendering: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(rendering)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs)
        if tag == "a":
            assert "a" not in self.open
            assert list(attributes) == ["href", "rel"]
            assert attributes["rel"] == "nofollow noopener"
            address = attributes["href"]
            assert address is not None and address.isascii() and address.isprintable()
            assert address.lower().startswith(("http://", "https://"))
            assert not set(address) & set(' "<>\\^`{|}')
            authority = address.split("//", 1)[1].replace("?", "/").replace("#", "/").split("/")[0]
            assert "@" not in authority
            self.links.append(address)
        else:
            assert any(attributes == allowed for allowed in ALLOWED[tag])
        self.open.append(tag)
        self.elements.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise AssertionError(tag)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    handle_pi = unknown_decl = handle_comment


def one_line(text: str) -> str:
    return " ".join(text.split())


def a(address: str, text: str | None = None) -> str:
    return f'<a href="{address}" rel="nofollow noopener">{text or address}</a>'


def spans(rendering: str) -> str:
    """A rendering in which formulas are written ``<m>`` and ``<d>`` for short."""
    for short, classes in (("m", "math"), ("d", "math display")):
        rendering = rendering.replace(f"<{short}>", f'<span class="{classes}">').replace(f"</{short}>", "</span>")
    return rendering


MARKS: Final = [
    # Math.
    ("Fast $k$-means in $O(n \\log n)$", "Fast <m>k</m>-means in <m>O(n \\log n)</m>"),
    ("CO$_2$ storage", "CO<m>_2</m> storage"),
    ("Of $L_p$ norms, $p<2$", "Of <m>L_p</m> norms, <m>p&lt;2</m>"),
    ("a $3\\times$ speedup at $40\\%$", "a <m>3\\times</m> speedup at <m>40\\%</m>"),
    ("8$\\times$7B", "8<m>\\times</m>7B"),
    ("from $5.2$-$33.4$%", "from <m>5.2</m>-<m>33.4</m>%"),
    ("with $n$ users and $ 4k $ items", "with <m>n</m> users and <m>4k</m> items"),
    ("Batch Arguments for $$\\textsf{NP}$$ and More", "Batch Arguments for <m>\\textsf{NP}</m> and More"),
    ("bounds of\n$$x^2$$\nhold", "bounds of\n<d>x^2</d>\nhold"),
    ("$$x^2$$", "<d>x^2</d>"),
    ("Large \\(L_q\\) Margins", "Large <m>L_q</m> Margins"),
    ("minimizes \\[ f(x) \\] here", "minimizes <d>f(x)</d> here"),
    ("\\begin{align} a &= b \\\\ c \\end{align}", "<d>\\begin{align} a &amp;= b \\\\ c \\end{align}</d>"),
    ("the optimum $G^*$ of $f^*$", "the optimum <m>G^*</m> of <m>f^*</m>"),
    ("$a$$b$", "<m>a</m><m>b</m>"),
    ("up to $30\\\\%$ of $\\\\mathbf{x}$", "up to <m>30\\%</m> of <m>\\mathbf{x}</m>"),
    ("$P\\_{Y|X}$ at $y^\\*$", "<m>P_{Y|X}</m> at <m>y^*</m>"),
    ("ℓ1\\documentclass[12pt]{minimal} \\usepackage{amsmath} \\begin{document}$$\\ell _1$$\\end{document}-loss",
     "ℓ1<m>\\ell _1</m>-loss"),
    ("costs $5 for $n$ users", "costs $5 for <m>n</m> users"),
    # Emphasis of Markdown.
    ("We present **DIPO**, a model", "We present <strong>DIPO</strong>, a model"),
    ("rapid **Bi**nding and **se**paration", "rapid <strong>Bi</strong>nding and <strong>se</strong>paration"),
    ("Vi**G**r**o**unded", "Vi<strong>G</strong>r<strong>o</strong>unded"),
    ("Our answer is *yes*, and", "Our answer is <em>yes</em>, and"),
    ("(*i.e.*, $2$)", "(<em>i.e.</em>, <m>2</m>)"),
    ("five *Sci*entific *Vid*eo tasks", "five <em>Sci</em>entific <em>Vid</em>eo tasks"),
    ("***FastDoc***: Fast", "<em><strong>FastDoc</strong></em>: Fast"),
    ("***D**ynamic **G**uidance*, which", "<em><strong>D</strong>ynamic <strong>G</strong>uidance</em>, which"),
    ("***R*ole-aware agents** do", "<strong><em>R</em>ole-aware agents</strong> do"),
    ("**a *b***", "<strong>a <em>b</em></strong>"),
    ("*a **b***", "<em>a <strong>b</strong></em>"),
    ("propose **_DecVFAL_** here", "propose <strong><em>DecVFAL</em></strong> here"),
    ("a _one-size-fits-all_ approach", "a <em>one-size-fits-all</em> approach"),
    ("2) _$\\epsilon$ test_.", "2) <em><m>\\epsilon</m> test</em>."),
    ("auto-encoder **(VLV)** model", "auto-encoder <strong>(VLV)</strong> model"),
    ("the `Gpt-4o` model", "the <code>Gpt-4o</code> model"),
    ("`<b>` tags", "<code>&lt;b&gt;</code> tags"),
    # Of TeX.
    ("the \\emph{fairness} of", "the <em>fairness</em> of"),
    ("\\textbf{\\emph{CLMSM}}: A", "<strong><em>CLMSM</em></strong>: A"),
    ("a \\textit{k}-NN", "a <em>k</em>-NN"),
    ("Mer\\underline{K}ury", "Mer<em>K</em>ury"),
    ("with {\\it maxpooling} and {\\bf b}", "with <em>maxpooling</em> and <strong>b</strong>"),
    ("a \\texttt{follower} in \\textsc{Geant}", "a <code>follower</code> in Geant"),
    ("\\textcolor{blue}{Training} is", "Training is"),
    ("Vision \\& Language, 5\\% of \\#tags, a\\_b", "Vision &amp; Language, 5% of #tags, a_b"),
    ("\\$310.00 and \\$0.20", "$310.00 and $0.20"),
    ("``Fair Explanation'': Impacts", "“Fair Explanation”: Impacts"),
    ("the ``bottleneck rank\", which", "the “bottleneck rank”, which"),
    ("`model zoos' and `Y4' or `so'", "‘model zoos’ and ‘Y4’ or ‘so’"),
    ("Leibler~(KL) of i.i.d.~samples", "Leibler\xa0(KL) of i.i.d.\xa0samples"),
    ("R\\'enyi, Schr\\\"odinger, Nystr\\\"{o}m", "Rényi, Schrödinger, Nyström"),
    ("G{\\\"a}rdenfors, Polyak-{\\L}ojasiewicz", "Gärdenfors, Polyak-Łojasiewicz"),
    ("Candidates\\\\Before Training", "Candidates Before Training"),
    ("memory~\\citep{quill2015}", "memory\xa0[quill2015]"),
    ("PaddlePaddle\\footnote{See *here*.} is", "PaddlePaddle (See <em>here</em>.) is"),
    # Links.
    ("Code: https://example.org/a_b.", f"Code: {a('https://example.org/a_b')}."),
    ("(https://example.org/a_(b))", f"({a('https://example.org/a_(b)')})"),
    ("[here](https://example.org/a\\_b).", f"{a('https://example.org/a_b', 'here')}."),
    ("[https://example.org](https://example.org)", a("https://example.org")),
    ("[`code`](http://example.org)", a("http://example.org", "<code>code</code>")),
    ("at~\\url{https://example.org/x}.", f"at\xa0{a('https://example.org/x')}."),
    ("this \\href{https://example.org}{link}.", f"this {a('https://example.org', 'link')}."),
    ("at \\href https://example.org/ it", f"at {a('https://example.org/')} it"),
    ("*at [URL](https://example.org), ok*", f"<em>at {a('https://example.org', 'URL')}, ok</em>"),
    ("https://example.org/?a=1&b=2", a("https://example.org/?a=1&amp;b=2")),
]  # fmt: skip

NO_MARKS: Final = [
    "From $5 to $10",
    "$5 and $10",
    "won ($65,427) and 31,105 thousand won ($26,439)",
    "(US $1333 vs. US $1452 average cost)",
    "[$8758.95 (± $2959.30) vs. $15.91 (± $7.32)]",
    "$18.50 an hour in all, or $ per hour",
    "$100K or 100 Days: Trade-offs",
    "Bo Tarn. 284 pp. $29.95 (soft).",
    "some_name_here and _init",
    "UO_UA: Using Latent Analysis, c.628_629",
    "from x _1,..., x _ m drawn by N_",
    "the norm |x|_p and more_",
    "Dynamic Multi-Heuristic A*",
    "PEA*+IDA*: An Improved Algorithm",
    "A* and RRT* and FMT*: Rapid",
    "*p < 0.05, **p < 0.01, ***p < 0.001",
    "0.3*, 0.2** and p* of n → π* at A*.",
    "*SEM 2012 Shared Task",
    "a group*season interaction and group*time",
    "over {0,1}* are induced",
    "6-311G** level and 6-31G**",
    "Activity Relationship Studies**",
    "2**n and 3**m",
    "C*-algebras and *-homomorphisms of C*-algebras",
    "unbalanced **bold, *italic, `code, [link, \\emph{so, $x",
    "*across\n\nparagraphs*",
    "a * b * c and a ** b ** c",
    "**** and ____ and $$$$",
    "Yor`ub´a and 17' 29''",
    "[Ru(bpy)2](PF6)2",
    "[0,1) and (0,1]",
    "[](https://)",
    "[x](javascript:alert(1))",
    "https://user@example.org/ and https://localhost/",
    "https://example.org/978‐981",
    "~8 hours, 1%~5%, 5 ~ 10, X~N(0,1)",
    "\\proptoSVM for \\ell_1 norms",
    "isn\\'t",
    "ftp://example.org/x",
    "x^*y* and {CI}",
]


@pytest.mark.parametrize(("text", "rendering"), MARKS)
def test_marks(text: str, rendering: str) -> None:
    rendering = spans(rendering)
    assert html(text) == rendering
    assert plain(text) == one_line(Tree(rendering).text)


@pytest.mark.parametrize("text", NO_MARKS)
def test_what_is_no_mark_stays(text: str) -> None:
    tree = Tree(html(text))
    assert tree.elements == []
    assert tree.text == text
    assert plain(text) == one_line(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "&lt;script&gt; &amp;lt; &#60;b&#62;",
        "[x](javascript:alert(1)) [y](data:text/html,z) [z](//example.org)",
        "[x](https://user:word@example.org/) \\url{https://a@example.org}",
        '[x](https://example.org/"onclick="alert(1)) https://example.org/"onclick="x',
        "\\href{javascript:alert(1)}{x} \\url{javascript:alert(1)}",
        "\\href{https://example.org/'onclick='x}{<b>}",
        "$</span><script>$ `</code><script>` **</strong><b>**",
        "[https://example.org/ [a](https://example.org/b)](https://example.org/c)",
        "*a [b* c](https://example.org) **d \\emph{e** f}",
        "\\emph{a [b} c](https://example.org)",
        "a\x00b\x1bc\x7fd\x85e",
        "lone \ud800 and \udfff",
        "one\u2028two\u2029three",
        "\\emph{" * 100 + "}" * 100,
        "[" * 100 + "x" + "](https://example.org)" * 100,
        "<!-- --> <![CDATA[x]]> <?php ?> <!DOCTYPE x>",
        "https://example.org/<b>https://example.org",
        "https://[::1]/ https://exa mple.org https://exämple.org",
    ],
)
def test_hostile_texts_stay_text(text: str) -> None:
    tree = Tree(html(text))
    assert "onerror" not in tree.links and not any("onclick" in link and '"' in link for link in tree.links)
    assert one_line(tree.text) == plain(text)
    html(text).encode()


def test_controls_are_seen_as_replacement_characters() -> None:
    assert html("a\x00b\ud800c\td\r\ne\x85\uffff") == "a\ufffdb\ufffdc\td\ne\ufffd\ufffd"
    assert plain("a\x00b\ud800c\td\r\ne\x85\uffff") == "a\ufffdb\ufffdc d e\ufffd\ufffd"


@pytest.mark.parametrize("control", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_bidirectional_controls_do_not_leak(control: str) -> None:
    assert html(f"a{control} *b*") == "a <em>b</em>"
    assert plain(f"a{control}b") == "ab"
    assert html("א\u200fb\u200e") == "א\u200fb\u200e"


def test_deep_nesting_is_flattened() -> None:
    tree = Tree(html("\\emph{" * 40 + "x" + "}" * 40))
    assert tree.elements == ["em"] * 16
    assert tree.text == "x"


PIECES: Final = """
    * ** *** _ __ $ $$ ` `` ' '' " ~ [ ] ( ) ]( { } \\( \\) \\[ \\] \\ \\\\ \\emph{ \\textbf{ {\\em \\url{ \\href{
    \\footnote{ \\cite{ \\$ \\* \\_ \\"o \\'{e} {\\L} https:// http://a.example ](https://b.example/) a B 5 . , < > &
    <b> </em> &lt; \x00 \ud800 \u202e é \\begin{align} \\end{align} \\epsilon ^ x_1 and
""".split()
TEXTS: Final = st.text() | st.lists(st.sampled_from([*PIECES, " ", "\n", "\n\n", "\u2028"])).map("".join)


@given(TEXTS)
@example("_*a*_ _**a**_ **_a_ b** ***a* b** ***a** b* ***a*** b***")
@example("\\emph{*a} b* [*a](https://b.example/)* {*a}*")
def test_every_rendering_is_balanced_and_says_the_plain_text(text: str) -> None:
    tree = Tree(html(text))
    assert one_line(tree.text) == plain(text)
    html(text).encode()


@given(st.text(st.sampled_from("aB é5.,;:()<>&\"'-+=/|\n\u202e\x00")))
def test_text_without_marks_is_made_plain_once(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize("text", [text for text, _ in MARKS] + NO_MARKS)
def test_what_has_no_mark_left_stays_plain(text: str) -> None:
    once = plain(text)
    # A formula without its delimiters, or a star that was escaped, may look like a mark: only the source says.
    if not set(once) & set("\\$*_`"):
        assert plain(once) == once


REPEATED: Final = [
    "*", "_", "$", "[", "(", "`", "[(", "**_", "\\(", "\\\\(", "*a ", "a* ", "**a", "***a*b", "_a ", "$a ", "$5 ",
    "$$a ", "$$ ", "$\\$", "``a", "`a '", "\\emph{", "{\\em ", "}", "[a](http://", "](http://a.b)", "http://", "http://a.b(",
    "http://a.b/)", "$ ", "$\n", "\\footnote{ ", "\\begin{align}", "\\href{a", "\\cite{", "~", "\\\"", "\\url{",
    "\\documentclass[12pt]{minimal} \\usepackage{a} ",
]  # fmt: skip


def steps(text: str) -> int:
    """How many lines of the module run for a text."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if frame.f_code.co_filename != richtext.__file__:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        html(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("mark", REPEATED)
def test_work_grows_with_the_length(mark: str) -> None:
    short, long = steps(mark * 250), steps(mark * 500)
    assert long <= 2.1 * short + 100


@pytest.mark.parametrize("mark", REPEATED)
def test_long_hostile_texts_end(mark: str) -> None:
    text = mark * (200_000 // len(mark))
    assert html(text)
