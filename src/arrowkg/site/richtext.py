"""Titles and abstracts as inline HTML and as plain text: TeX math, Markdown and TeX marks, links.

Three passes, each linear in the length of the text: the scan cuts it into tokens and settles what is opaque (math,
code, addresses), the second pairs brackets and braces, the third pairs marks of emphasis. A mark without its partner
stays as it was written. :func:`html` and :func:`plain` write the same parts, so that they cannot disagree on what is a
mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Final, NamedTuple
from unicodedata import category, normalize

__all__ = ["html", "plain"]


class _Open(NamedTuple):
    """The start of an element; ``href`` only for ``a``."""

    element: str
    href: str = ""


class _Close(NamedTuple):
    """The end of the element opened last that is still open."""


_Part = str | _Open | _Close

_TAGS: Final = {
    "em": ("<em>", "</em>"),
    "strong": ("<strong>", "</strong>"),
    "code": ("<code>", "</code>"),
    "a": ('<a href="{}" rel="nofollow noopener">', "</a>"),
    "math": ('<span class="math">', "</span>"),
    "display": ('<span class="math display">', "</span>"),
}

_MAX_DEPTH: Final = 16
"""Elements nested deeper are left out (browsers flatten trees of some hundred levels, each in its own way)."""


def html(text: str) -> str:
    """A title or an abstract as inline HTML.

    All text is escaped. Only ``em``, ``strong``, ``code``, ``a`` with an http or https address and ``span`` of class
    ``math`` or ``math display`` are written, always balanced, and no attribute but ``href`` holds anything of the text.

    Args:
        text: The text as listed.

    >>> html("A **fast** bound of $O(n^2)$ & more")
    'A <strong>fast</strong> bound of <span class="math">O(n^2)</span> &amp; more'
    >>> html("From $5 to $10 for A* search with some_long_name")
    'From $5 to $10 for A* search with some_long_name'
    >>> html("See [our code](https://example.org/x).")
    'See <a href="https://example.org/x" rel="nofollow noopener">our code</a>.'
    """
    out: list[str] = []
    # One entry for each open element: its end tag, or nothing where the element is left out.
    ends: list[str] = []
    links = 0
    for part in _parts(text):
        if isinstance(part, str):
            out.append(escape(part))
        elif isinstance(part, _Open):
            # A link inside a link is no HTML: the outer one holds.
            if len(ends) >= _MAX_DEPTH or (part.element == "a" and links):
                ends.append("")
                continue
            start, end = _TAGS[part.element]
            links += part.element == "a"
            out.append(start.format(escape(part.href)) if part.element == "a" else start)
            ends.append(end)
        else:
            end = ends.pop()
            links -= end == "</a>"
            out.append(end)
    return "".join(out)


def plain(text: str) -> str:
    """The same text without marks, on one line, for titles of pages, meta elements and feeds. It is not escaped.

    Math keeps its TeX, without delimiters. Text that is left may look like a mark (``\\*`` is written as a star), so a
    text is made plain once, from its source.

    Args:
        text: The text as listed.

    >>> plain("A **fast** bound\\n of $O(n^2)$ & \\\\emph{more}")
    'A fast bound of O(n^2) & more'
    """
    return " ".join("".join([part for part in _parts(text) if isinstance(part, str)]).split())


def _parts(text: str) -> Iterator[_Part]:
    """The text and the elements around it, in order and balanced."""
    text = _clean(text)
    if not _any_mark.search(text):
        yield text
        return
    tokens = _Scan(text).tokens
    _pair_brackets(tokens)
    _pair_emphasis(text, tokens)
    for token in tokens:
        yield from token.parts


# Characters

# Of controls, XML and HTML know tab and line feed; the rest, lone surrogates and two non-characters can stand in no
# page and no feed. Written as the replacement character, so that one sees that something stood there.
_unfit = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# Embeddings, overrides and isolates reach to the end of a paragraph when they are not closed, and so would turn what
# the page writes after them. They are dropped, not isolated: <bdi> does not exist in <title>, meta elements and feeds,
# and the order of right-to-left words follows from the words alone. The marks U+200E, U+200F and U+061C reach no
# further and stay.
_bidi = re.compile("[\u202a-\u202e\u2066-\u2069]")

_any_mark = re.compile(r"[\\$`*_\[~]|://")


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _unfit.sub("\ufffd", _bidi.sub("", text))


# Addresses

_url_text = re.compile(r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%\[\]]+")
_authority = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_host = re.compile(r"[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++(?::[0-9]{1,5})?")
_tex_in_url = re.compile(r"\\([_%#&~{}$])(?:\{\})?")

_MAX_URL: Final = 2000


def _address(written: str) -> str | None:
    """The address as it may stand in ``href``: http or https, a host name with a dot, no user, plain ASCII."""
    url = _tex_in_url.sub(r"\1", written.strip())
    if len(url) > _MAX_URL or not _url_text.fullmatch(url):
        return None
    authority = _authority.match(url)
    return url if authority and _host.fullmatch(authority[1]) else None


# Accents and letters

_ACCENTS: Final = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a",
}  # fmt: skip

_SYMBOLS: Final = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å",
    "i": "ı", "ldots": "…", "dots": "…", "textdollar": "$",
}  # fmt: skip

# Commands with one argument, and the element for it.
_COMMANDS: Final = {
    "emph": "em", "textit": "em", "textsl": "em", "underline": "em", "textbf": "strong", "texttt": "code",
    "textsc": "", "textsf": "", "textrm": "", "textmd": "", "textup": "", "textnormal": "", "text": "", "mbox": "",
}  # fmt: skip

# Declarations, which hold to the end of their group: {\em so}.
_DECLARATIONS: Final = {"em": "em", "it": "em", "sl": "em", "bf": "strong", "tt": "code", "sc": "", "sf": "", "rm": ""}


def _either(names: dict[str, str]) -> str:
    return "|".join(sorted(names, key=lambda name: (-len(name), name)))


# Every alternative begins with a mark that its own loops do not pass, and loops are possessive: however often one
# fails, each character is read a bounded number of times.
_special = re.compile(
    r"""
      (?P<preamble> \\documentclass\[\w*+\]\{minimal\}
            (?: \s*+ \\(?: usepackage\{\w*+\} | setlength\{\\\w*+\}\{[^{}\\]*+\} ) )*+ \s*+ \\begin\{document\}
          | \\end\{document\} )
    | (?P<environment> \\begin\{(?P<environment_name> (?:equation|align|gather|eqnarray)\*? )\} )
    | (?P<href> \\{1,2}href\s*+\{(?P<href_url>[^{}\s]*+)\}\s*+\{ )
    | (?P<bare_href> \\href\s++(?=https?://) )
    | (?P<url_command> \\{1,2}url\s*+\{(?P<url_argument>[^{}\s]*+)\} )
    | (?P<cite> \\cite[a-z]{0,10}\*?\{(?P<cite_keys>[^{}\\]*+)\} )
    | (?P<note> \\footnote\s*+\{ )
    | (?P<color> \\textcolor\s*+\{[^{}\\]*+\}\s*+\{ )
    | (?P<command> \\{1,2}(?P<command_name>"""
    + _either(_COMMANDS)
    + r""")\s*+\{ )
    | (?P<declaration> \{\s*+\\(?P<declaration_name>"""
    + _either(_DECLARATIONS)
    + r""")(?![A-Za-z])\s*+ )
    | (?P<accent> (?P<accent_brace>\{)? \\(?:(?P<accent_mark>["'`^~=.])|(?P<accent_letter>[cvuHkr])(?=\{))
            (?: \{\\?(?P<accent_braced>[A-Za-z])\} | (?P<accent_bare>[A-Za-z]) ) (?(accent_brace)\}) )
    | (?P<symbol> \{\\(?P<symbol_braced>"""
    + _either(_SYMBOLS)
    + r""")\} | \\(?P<symbol_bare>"""
    + _either(_SYMBOLS)
    + r""")(?![A-Za-z_^]) (?:\{\}|(?<=\\[lLoOi])[ ])? )
    | (?P<math_open> \\[(\[] )
    | (?P<line_break> \\\\ (?: (?=[A-Z][a-z]) | (?=\s|\Z) ) )
    | (?P<escaped> \\ (?P<escaped_character> [%&_#${}*`~\x20] ) )
    | (?P<dollar> \$\$? )
    | (?P<backticks> `+ )
    | (?P<quote_end> '+ | " )
    | (?P<stars> \*+ )
    | (?P<underscores> _+ )
    | (?P<tilde> ~ )
    | (?P<target> \]\((?P<target_url>[Hh][Tt][Tt][Pp][Ss]?://[^\s()<>"]*+(?:\([^\s()<>"]*+\)[^\s()<>"]*+)*+)\) )
    | (?P<bracket> \[ )
    | (?P<unbracket> \] )
    | (?P<brace> \{ )
    | (?P<unbrace> \} )
    | (?P<address> [Hh][Tt][Tt][Pp][Ss]?://(?:[A-Za-z0-9\-.~:/?#@!&'()+,;=%_]|\\[_%\#&])*+ )
    | (?P<paragraph> \n[^\S\n]*+\n )
    """,
    re.VERBOSE,
)

# Math

_blank_line = re.compile(r"\n[^\S\n]*+\n")
_tex = re.compile(r"\\[A-Za-z%{|,;]|[\^_{]")
_word = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{2,}+")
_long_word = re.compile(r"[A-Za-z]{3}")
_twice_escaped = re.compile(r"\\\\(?=[A-Za-z%{}#&_$])")
_bare_underscore = re.compile(r"(?<!\\)_")
_link_command = re.compile(r"\\(?:url|href)\s*+\{")
_text_command = re.compile(r"\\(?:text|math(?:tt|rm|it|sf|bf)|operatorname|mbox|hbox)")


def _is_math(tex: str, after: str) -> bool:
    """Whether what stands between two dollar signs is a formula, and not what stands between two amounts of money.

    Args:
        tex: What stands between.
        after: The character after the second sign, or nothing.
    """
    bare = tex.strip()
    if not bare or _blank_line.search(tex) or _link_command.search(tex):
        return False
    if _tex.search(tex):
        # Between two amounts, a name_with_underscores may look like TeX; math has hardly a word without a command.
        return not (bare[0].isdigit() and "\\" not in tex and len(_word.findall(tex)) > 2)
    if bare[0].isdigit() or bare[0] in ".,":
        # "$5 and $10", "($8.50 (or $9)": the second sign of a formula stands at its end, and no digit follows it.
        return not (
            tex[-1].isspace() > tex[0].isspace()
            or tex[-1] in "(±"
            or after.isdigit()
            or _long_word.search(tex)
            or len(tex) > 60
        )
    return len(_word.findall(tex)) < 3


def _tex_source(tex: str, *, display: bool) -> str:
    """A formula as KaTeX reads it: what a Markdown editor or JSON had escaped once more is unescaped."""
    tex = tex.strip().replace(r"\*", "*")
    if display:
        return tex
    # In a formula within a line, nobody breaks lines: two backslashes are one that was escaped.
    tex = _twice_escaped.sub(r"\\", tex)
    if r"\_" in tex and not _bare_underscore.search(tex) and not _text_command.search(tex):
        tex = tex.replace(r"\_", "_")
    return tex


# Tokens

_OPENING: Final = frozenset("([{")
_BEFORE_UNDERSCORE: Final = frozenset("([\"'“‘*—–-/:")
_BEFORE_WORD: Final = frozenset("\"'“‘([{$\\`_*<#&+@")


@dataclass(slots=True)
class _Token:
    """A mark or the text between marks: where it stands, and what is written for it (itself, until it is settled)."""

    kind: str
    start: int
    end: int
    parts: list[_Part]
    opens: _Open | None = None
    """Of what opens a group: the element around the group; ``None`` for a group without one."""
    barrier: int = 0
    """1 where a settled group or link begins, -1 where it ends; emphasis does not cross it."""


class _Scan:
    """The first pass: tokens in order; math, code, addresses, letters and quotes are settled.

    Args:
        text: A clean text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[_Token] = []
        self._next: dict[str, int] = {}
        self._double: _Token | None = None
        self._single: _Token | None = None
        position = 0
        search = _special.search
        while match := search(text, position):
            start, end = match.span()
            if start > position:
                self._add("text", position, start)
            position = self._settle(match, start, end)
        if position < len(text):
            self._add("text", position, len(text))

    def _add(self, kind: str, start: int, end: int, *parts: _Part) -> _Token:
        token = _Token(kind, start, end, list(parts) or [self.text[start:end]])
        self.tokens.append(token)
        return token

    def _settle(self, match: re.Match[str], start: int, end: int) -> int:
        """Adds the token of a match and says where the scan goes on."""
        # lastgroup is the group closed last, which is the outermost.
        match kind := match.lastgroup:
            case "preamble" | "bare_href":
                self._add("text", start, end, "")
            case "environment":
                return self._environment(match, start, end)
            case "math_open":
                return self._bracketed_math(start, end)
            case "dollar":
                return self._dollar(start, end)
            case "backticks":
                return self._backticks(start, end)
            case "quote_end":
                self._quote_end(match[0], start, end)
            case "address":
                return self._bare_address(start, end)
            case "url_command":
                self._add("text", start, end, *self._link(match["url_argument"]))
            case "cite":
                self._add("text", start, end, f"[{match['cite_keys']}]")
            case "href":
                address = _address(match["href_url"])
                self._add("group", start, end).opens = _Open("a", address) if address else None
            case "note":
                self._add("note", start, end)
            case "color":
                self._add("group", start, end)
            case "command":
                self._group(_COMMANDS[match["command_name"]], start, end)
            case "declaration":
                self._group(_DECLARATIONS[match["declaration_name"]], start, end)
            case "accent":
                return self._accent(match, start, end)
            case "symbol":
                self._add("text", start, end, _SYMBOLS[match["symbol_braced"] or match["symbol_bare"]])
            case "line_break":
                self._add("text", start, end, " ")
            case "escaped":
                self._add("text", start, end, match["escaped_character"])
            case "tilde":
                self._add("text", start, end, "\N{NO-BREAK SPACE}" if self._is_tie(start) else "~")
            case "paragraph":
                self._double = self._single = None
                self._add("paragraph", start, end)
            case _:
                assert kind is not None
                self._add(kind, start, end)
        return end

    def _group(self, element: str, start: int, end: int) -> None:
        self._add("group", start, end).opens = _Open(element) if element else None

    def _find(self, what: str, start: int) -> int:
        """Where ``what`` stands next, or the length of the text. What was found is kept, so that all searches for one
        thing read the text once."""
        found = self._next.get(what, -1)
        if found < start:
            found = self.text.find(what, start)
            if found < 0:
                found = len(self.text)
            self._next[what] = found
        return found

    def _math(self, start: int, end: int, tex: str, *, display: bool) -> int:
        element = _Open("display" if display else "math")
        self._add("text", start, end, element, _tex_source(tex, display=display), _Close())
        return end

    def _environment(self, match: re.Match[str], start: int, end: int) -> int:
        closing = f"\\end{{{match['environment_name']}}}"
        close = self._find(closing, end)
        if close == len(self.text) or self._find(match[0], end) < close:
            self._add("text", start, end)
            return end
        end = close + len(closing)
        return self._math(start, end, self.text[start:end], display=True)

    def _bracketed_math(self, start: int, end: int) -> int:
        opening = self.text[start:end]
        close = self._find(r"\)" if opening == r"\(" else r"\]", end)
        # The delimiters do not nest: of two openings, the second has the partner.
        if close == len(self.text) or self._find(opening, end) < close or not self.text[end:close].strip():
            self._add("text", start, end)
            return end
        return self._math(start, close + 2, self.text[end:close], display=opening == r"\[")

    def _dollar_after(self, start: int) -> int:
        """Where the next dollar sign without a backslash before it stands, or the length of the text."""
        found = self._find("$", start)
        while found < len(self.text) and self.text[found - 1] == "\\":
            found = self._find("$", found + 1)
        return found

    def _dollar(self, start: int, end: int) -> int:
        text = self.text
        if end - start == 2:
            close = self._find("$$", end)
            tex = text[end:close]
            if close < len(text) and tex.strip() and (_tex.search(tex) or len(_word.findall(tex)) < 3):
                # Publishers write formulas within a line with two signs as well: displayed is what begins a line.
                before = text[max(start - 2, 0) : start]
                whole = start == 0 and close + 2 == len(text)
                return self._math(start, close + 2, tex, display="\n" in before or tex[0] == "\n" or whole)
            self._add("text", start, end)
            return end
        close = self._dollar_after(end)
        if close < len(text) and _is_math(text[end:close], text[close + 1 : close + 2]):
            return self._math(start, close + 1, text[end:close], display=False)
        self._add("text", start, end)
        return end

    def _backticks(self, start: int, end: int) -> int:
        text, length = self.text, end - start
        before, after = text[start - 1 : start] if start else "", text[end : end + 1]
        opening = bool(after) and not after.isspace() and not before.isalnum()
        if length == 1 and opening:
            close = self._find("`", end)
            code = text[end:close]
            if (
                close < len(text)
                and not code[-1:].isspace()
                and code
                and "\n\n" not in code
                and text[close + 1 : close + 2] != "`"
                and not text[close + 1 : close + 2].isalnum()
            ):
                # As a link's text, an address in code is often its own address: it is no link of its own then.
                self._add("text", start, close + 1, _Open("code"), code, _Close())
                return close + 1
        token = self._add("text", start, end)
        if opening and length == 2:
            self._double = token
        elif opening and length == 1:
            self._single = token
        return end

    def _quote_end(self, mark: str, start: int, end: int) -> None:
        """TeX's quotes, ``so'' and `so', also ``so" as many write: only the ends of those that have a beginning."""
        token = self._add("text", start, end)
        before, after = self.text[start - 1 : start], self.text[end : end + 1]
        if mark == "'":
            if self._single and start and not before.isspace() and not after.isalnum():
                self._single.parts, token.parts = ["‘"], ["’"]
                self._single = None
        elif self._double and mark in ("''", '"'):
            self._double.parts, token.parts = ["“"], ["”"]
            self._double = None

    def _link(self, written: str) -> list[_Part]:
        address = _address(written)
        return [_Open("a", address), address, _Close()] if address else [_tex_in_url.sub(r"\1", written)]

    def _bare_address(self, start: int, end: int) -> int:
        written = self.text[start:end]
        after = self.text[end : end + 1]
        # Cut in its middle, as by a typographic hyphen, an address would lead elsewhere. Name spaces are no pages.
        cut = bool(after) and not after.isascii() and (after.isalnum() or category(after) == "Pd")
        if not cut and self.text[max(start - 2, 0) : start] != '="':
            length, excess = len(written), written.count(")") - written.count("(")
            while length:
                last = written[length - 1]
                if last in ".,;:!?'&_(" or (last == ")" and excess > 0):
                    excess += (last == "(") - (last == ")")
                    length -= 1
                else:
                    break
            if address := _address(written[:length]):
                self._add("text", start, start + length, _Open("a", address), address, _Close())
                return start + length
        self._add("text", start, end)
        return end

    def _accent(self, match: re.Match[str], start: int, end: int) -> int:
        mark = match["accent_mark"] or match["accent_letter"]
        letter = match["accent_braced"] or match["accent_bare"]
        before = self.text[start - 1 : start] if start else ""
        # Without braces it may be an escaped quote or apostrophe: \"all\", isn\'t.
        bare = not match["accent_braced"] and not match["accent_brace"]
        if bare and not (letter in "aeiouyAEIOUYcnz" and (before.isalpha() or mark not in "\"'`")):
            self._add("text", start, start + 1)
            return start + 1
        self._add("text", start, end, normalize("NFC", letter + _ACCENTS[mark]))
        return end

    def _is_tie(self, position: int) -> bool:
        """Whether a tilde binds two words; it may also say about (~5), to (5~10) or distributed as (X~N)."""
        text = self.text
        before, after = text[max(position - 2, 0) : position], text[position + 1 : position + 2]
        return (
            len(before) == 2
            and (before.isalpha() or (before[0].isalnum() and before[1] in ".,:;)$"))
            and (after.isalnum() or after in tuple("($\\["))
        )


def _pair_brackets(tokens: list[_Token]) -> None:
    """The second pass: groups of TeX and links of Markdown that are closed become elements; all others stay text."""
    stack: list[_Token] = []
    braces = brackets = 0
    for token in tokens:
        kind = token.kind
        if kind in ("group", "note", "brace"):
            stack.append(token)
            braces += 1
        elif kind == "bracket":
            stack.append(token)
            brackets += 1
        elif kind == "unbracket":
            if stack and stack[-1].kind == "bracket":
                stack.pop()
                brackets -= 1
        elif kind == "unbrace" and braces:
            while (opening := stack.pop()).kind == "bracket":
                brackets -= 1
            braces -= 1
            if opening.kind == "note":
                opening.parts, token.parts = [" ("], [")"]
            elif opening.kind == "group":
                opening.parts, token.parts = ([opening.opens], [_Close()]) if opening.opens else ([], [])
            else:
                continue
            opening.barrier, token.barrier = 1, -1
        elif kind == "target" and brackets:
            while (opening := stack.pop()).kind != "bracket":
                braces -= 1
            brackets -= 1
            url = token.parts[0]
            assert isinstance(url, str)
            address = _address(url[2:-1])
            # A link needs a text to be seen.
            if address and opening.end < token.start:
                opening.parts, token.parts = [_Open("a", address)], [_Close()]
                opening.barrier, token.barrier = 1, -1


@dataclass(slots=True)
class _Mark:
    """An opening mark of emphasis that waits for its partner; what it opens is written in the order of ``opened``."""

    token: _Token
    length: int
    opened: list[_Part] = field(default_factory=list)

    def take(self, length: int) -> None:
        """Gives ``length`` of its characters, the innermost, for an element."""
        self.length -= length
        self.opened.insert(0, _Open("strong" if length == 2 else "em"))
        char: str = "_" if self.token.kind == "underscores" else "*"
        self.token.parts = [char * self.length, *self.opened]


class _Marks:
    """The marks that wait within one group, innermost last; counts say without a search whether a partner waits."""

    def __init__(self) -> None:
        self._waiting: list[_Mark] = []
        self._counts = {"stars1": 0, "stars2": 0, "underscores1": 0}

    def _keys(self, mark: _Mark) -> list[str]:
        lengths = (1, 2) if mark.length == 3 else (mark.length,)
        return [f"{mark.token.kind}{length}" for length in lengths]

    def add(self, token: _Token, length: int) -> None:
        """A mark that may open."""
        self._push(_Mark(token, length))

    def _push(self, mark: _Mark) -> None:
        self._waiting.append(mark)
        for key in self._keys(mark):
            self._counts[key] += 1

    def _pop(self) -> _Mark:
        mark = self._waiting.pop()
        for key in self._keys(mark):
            self._counts[key] -= 1
        return mark

    def last(self) -> _Mark | None:
        """The innermost mark that waits."""
        return self._waiting[-1] if self._waiting else None

    def close(self, kind: str, length: int) -> bool:
        """Closes the innermost mark of this kind and length, if one waits; marks inside it stay text."""
        key = f"{kind}{length}"
        if not self._counts[key]:
            return False
        while True:
            mark = self._pop()
            if key in self._keys(mark):
                break
        mark.take(length)
        if mark.length:
            self._push(mark)
        return True

    def innermost(self, kind: str) -> int:
        """The length of the innermost mark of this kind: 1 or 2, and 3 for one that may be either; 0 without any."""
        last = self.last()
        return last.length if last and last.token.kind == kind else 0


def _pair_emphasis(text: str, tokens: list[_Token]) -> None:
    """The third pass: ``*`` and ``_`` that have a partner in their group and paragraph become elements."""
    frames = [_Marks()]
    previous = _Token("text", 0, 0, [])
    for token in tokens:
        if token.barrier > 0:
            frames.append(_Marks())
        elif token.barrier < 0:
            frames.pop()
        elif token.kind == "paragraph":
            frames[-1] = _Marks()
        elif token.kind == "stars" or token.kind == "underscores":
            # Indices outside math: x_*. In _**so**_ and **_so_** the underscore is a mark itself.
            index = previous.kind == "underscores" and len(previous.parts) == 1 and token.kind == "stars"
            if not index or frames[-1].innermost("underscores"):
                _emphasis(text, token, frames[-1])
        previous = token


def _emphasis(text: str, token: _Token, marks: _Marks) -> None:
    kind, length = token.kind, token.end - token.start
    if length > (3 if kind == "stars" else 1):
        return
    before = text[token.start - 1] if token.start else " "
    after = text[token.end] if token.end < len(text) else " "
    # Exponents outside math: x^*.
    if before in "^\\":
        return
    may_open = (after.isalnum() or after in _BEFORE_WORD) and not (before.isalnum() and length != 2)
    if kind == "underscores":
        # An index is no mark: x _1, |x|_p.
        may_open = may_open and not after.isdigit() and (before.isspace() or before in _BEFORE_UNDERSCORE)
    elif length == 2 and before.isdigit():
        may_open = False  # 2**n
    may_close = not before.isspace() and before not in _OPENING
    if length != 2 and after.isalnum():
        may_close = may_close and kind == "stars" and _is_first_letters(text, token, marks)
    left = length
    if may_close:
        closed: list[_Part] = []
        # Three close an inner one and an outer one, in whichever order these were opened.
        wanted = {1: (1,), 2: (2,), 3: (2, 1) if marks.innermost(kind) != 1 else (1, 2)}[length]
        for part in wanted:
            if marks.close(kind, part):
                closed.append(_Close())
                left -= part
        if closed:
            char = "*" if kind == "stars" else "_"
            token.parts = [*closed, char * left]
            return
    if may_open:
        marks.add(token, left)


def _is_first_letters(text: str, token: _Token, marks: _Marks) -> bool:
    """Whether a star within a word ends emphasis of the word's beginning: ``*Vid*eo``, but not ``a *b c*d``."""
    last = marks.last()
    if not last or last.token.kind != "stars" or token.start - last.token.end > 20:
        return False
    return text[last.token.end : token.start].isalnum()
