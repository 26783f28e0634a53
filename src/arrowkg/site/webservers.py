"""Settings for web servers, so that the IRIs of a graph lead to its files.

IRIs have no suffix and files have one, so a server sends who asks for an IRI on to the page or to the data (303), by
the first type in the request's ``Accept`` that there is a file of. All servers do the same, each in its own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

TYPES: Final = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/turtle": ".ttl",
    "application/ld+json": ".jsonld",
    "application/n-triples": ".nt",
}
"""The types that are told apart, and the suffix that each leads to."""

HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer says: data may be read from anywhere, pages stand in no frame."""

MEDIA_TYPES: Final = {
    "css": "text/css",
    "dot": "text/vnd.graphviz",
    "gz": "application/gzip",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "mmd": "text/vnd.mermaid; charset=utf-8",
    "nt": "application/n-triples",
    "svg": "image/svg+xml",
    "ttl": "text/turtle; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "woff2": "font/woff2",
    "xml": "application/xml",
}
"""The type of each suffix."""

SPECIAL: Final = {
    ".well-known/void": "text/turtle; charset=utf-8",
    "feed.xml": "application/atom+xml",
    "linkset.json": "application/linkset+json",
}
"""The types that no suffix tells; the last one also of each name that ends with it."""

_NAMED: Final = "|".join(re.escape(one) for one in TYPES)
_plain_base = re.compile(r"https?://[A-Za-z0-9.:-]+(/[A-Za-z0-9._~-]+)*/")


def files_in_root() -> Iterator[tuple[str, bytes]]:
    """The settings that a server looks for in the folder that it serves, each with its path.

    >>> [path for path, _ in files_in_root()]
    ['.htaccess', '_headers']
    """
    yield ".htaccess", _htaccess().encode()
    yield "_headers", _headers().encode()


def files_beside(base_iri: str) -> Iterator[tuple[str, bytes]]:
    """The settings that are put into a server's own, each with its name.

    There are none for a base IRI with signs that mean something to a server; such a one is written by hand.

    >>> [name for name, _ in files_beside("https://kg.example.org/lab/")]
    ['nginx.conf', 'caddyfile', 'w3id.htaccess']
    >>> list(files_beside("https://kg.example.org/$1/"))
    []
    """
    if _plain_base.fullmatch(base_iri) is None:
        return
    parts = urlsplit(base_iri)
    yield "nginx.conf", _nginx(parts.hostname or "", parts.path).encode()
    yield "caddyfile", _caddy(parts.netloc, parts.path).encode()
    yield "w3id.htaccess", _w3id(base_iri).encode()


def _negotiation(source: str) -> list[str]:
    """Apache's rules that put the suffix of the first type that is named into a variable."""
    lines = [
        f"RewriteRule ^ - [E={source}:.html]",
        f"RewriteCond %{{HTTP_ACCEPT}} ({_NAMED}) [NC]",
        "RewriteRule ^ - [E=TYPE:%1]",
    ]
    for media_type, suffix in TYPES.items():
        if suffix != ".html":
            lines += [f"RewriteCond %{{ENV:TYPE}} ={media_type} [NC]", f"RewriteRule ^ - [E={source}:{suffix}]"]
    return lines


_PARTS_OF_PAPERS: Final = (("authorship", "-[0-9]+"), ("identifier", "-doi"))
"""Nodes without a page of their own: each is described with its paper, whose key stands before the rest."""


def _htaccess() -> str:
    lines = [
        "# For Apache 2.4 with mod_mime, mod_rewrite and, for the headers, mod_headers.",
        "# The server has to allow it: AllowOverride All",
        "DirectoryIndex index.html",
        "DirectorySlash Off",
        "Options -Indexes",
        "<IfModule mod_negotiation.c>",
        "Options -MultiViews",
        "</IfModule>",
        *(f'AddType "{media_type}" .{suffix}' for suffix, media_type in MEDIA_TYPES.items() if suffix != "gz"),
        # Compressed data are not to be unpacked on the way.
        "RemoveEncoding .gz",
        'AddType "application/gzip" .gz',
        *(
            f'<FilesMatch "{re.escape(name.rpartition("/")[2])}$">\nForceType "{media_type}"\n</FilesMatch>'
            for name, media_type in SPECIAL.items()
        ),
        "<IfModule mod_headers.c>",
        *(f'Header always set {name} "{value}"' for name, value in HEADERS.items()),
        """Header always merge Vary Accept "expr=%{REQUEST_STATUS} == 303\"""",
        "</IfModule>",
        "RewriteEngine On",
    ]
    for folder, rest in _PARTS_OF_PAPERS:
        lines += [
            f"RewriteCond %{{REQUEST_URI}} ^(.*/){folder}/([a-z0-9_-]+){rest}$",
            f"RewriteRule ^{folder}/ %1paper/%2 [R=303,L]",
        ]
    lines += [
        *_negotiation("SUFFIX"),
        "RewriteCond %{REQUEST_FILENAME}%{ENV:SUFFIX} -f",
        "RewriteRule ^[a-z0-9_/-]+$ %{REQUEST_URI}%{ENV:SUFFIX} [R=303,L]",
        "RewriteCond %{REQUEST_FILENAME}.html -f",
        "RewriteRule ^[a-z0-9_/-]+$ %{REQUEST_URI}.html [R=303,L]",
    ]
    return "\n".join(lines) + "\n"


def _w3id(base_iri: str) -> str:
    lines = [
        f"# For a persistent address such as one of w3id.org, which leads to where the files of {base_iri} are.",
        "# Set that place here:",
        "RewriteEngine On",
        "RewriteRule ^ - [E=SITE:https://host.example/]",
    ]
    lines += [
        *_negotiation("SUFFIX"),
        *(
            f"RewriteRule ^{folder}/([a-z0-9_-]+){rest}$ %{{ENV:SITE}}paper/$1%{{ENV:SUFFIX}} [R=303,L]"
            for folder, rest in _PARTS_OF_PAPERS
        ),
        # Files have suffixes, entities have none; what else has a page is a list of other things.
        "RewriteRule ^(year/[0-9]+|venues|statistics)$ %{ENV:SITE}$1.html [R=303,L]",
        "RewriteRule ^([a-z0-9_/-]*[a-z0-9_-])$ %{ENV:SITE}$1%{ENV:SUFFIX} [R=303,L]",
        "RewriteRule ^(.*)$ %{ENV:SITE}$1 [R=303,L]",
        "<IfModule mod_headers.c>",
        "Header always merge Vary Accept",
        'Header always set Access-Control-Allow-Origin "*"',
        "</IfModule>",
    ]
    return "\n".join(lines) + "\n"


def _headers() -> str:
    lines = ["# For hosts that read a file of this name, such as Netlify and Cloudflare Pages.", "/*"]
    lines += [f"  {name}: {value}" for name, value in HEADERS.items()]
    for suffix in ("ttl", "nt", "jsonld", "mmd", "dot"):
        lines += [f"/*.{suffix}", f"  Content-Type: {MEDIA_TYPES[suffix]}"]
    for name, media_type in SPECIAL.items():
        lines += [f"/*{name}", f"  Content-Type: {media_type}"]
    return "\n".join(lines) + "\n"


def _nginx(host: str, path: str) -> str:
    types = "\n".join(f"        {media_type.partition(';')[0]} {suffix};" for suffix, media_type in MEDIA_TYPES.items())
    suffixes = "\n".join(f"    {media_type} {suffix};" for media_type, suffix in TYPES.items())
    headers = "\n".join(f'    add_header {name} "{value}" always;' for name, value in HEADERS.items())
    again = headers.replace("    add_header", "            add_header")
    special = "\n".join(
        f"""    location ~ "^{re.escape(path)}(?<arrowkg_file>{before}{re.escape(name)})$" {{
        alias $arrowkg_root/$arrowkg_file;
        types {{ }}
        default_type "{media_type}";
    }}"""
        for name, media_type in SPECIAL.items()
        for before in ("(?:[a-z0-9_./-]*[./])?" if name == "linkset.json" else "",)
    )
    parts = "\n".join(
        f"""    location ~ "^{re.escape(path)}{folder}/(?<arrowkg_paper>[a-z0-9_-]+){rest}$" {{
        return 303 {path}paper/$arrowkg_paper;
    }}"""
        for folder, rest in _PARTS_OF_PAPERS
    )
    return f"""# For nginx; include it where servers are configured (the http context).
# Set where the files are, in two places.
map $http_accept $arrowkg_type {{
    default text/html;
    "~*(?<arrowkg_named>{_NAMED})" $arrowkg_named;
}}
map $arrowkg_type $arrowkg_suffix {{
    default .html;
{suffixes}
}}
server {{
    listen 80;
    server_name {host};
    charset utf-8;
    charset_types text/turtle application/javascript text/javascript text/vnd.mermaid;
    set $arrowkg_root /srv/web/live/site;
{headers}
{special}
{parts}
    location {path} {{
        alias /srv/web/live/site/;
        index index.html;
        types {{
{types}
        }}
        if (-f $request_filename$arrowkg_suffix) {{
{again}
            add_header Vary Accept always;
            return 303 $uri$arrowkg_suffix;
        }}
        if (-f $request_filename.html) {{
{again}
            add_header Vary Accept always;
            return 303 $uri.html;
        }}
    }}
}}
"""


def _caddy(host: str, path: str) -> str:
    suffixes = "\n".join(f"\t\t~(?i)^{re.escape(media_type)}$ {suffix}" for media_type, suffix in TYPES.items())
    headers = "\n".join(f'\t\t\t{name} "{value}"' for name, value in HEADERS.items())
    types = "\n".join(
        f'\t\theader @{suffix} Content-Type "{media_type}"\n\t\t@{suffix} path *.{suffix}'
        for suffix, media_type in MEDIA_TYPES.items()
        if suffix not in ("json", "xml")
    )
    special = "\n".join(
        f'\t\theader @special{number} Content-Type "{media_type}"\n\t\t@special{number} path *{name}'
        for number, (name, media_type) in enumerate(SPECIAL.items())
    )
    parts = "\n".join(
        f"\t\t@{folder} path_regexp {folder} ^/{folder}/([a-z0-9_-]+){rest}$\n"
        f"\t\tredir @{folder} {path}paper/{{re.{folder}.1}} 303"
        for folder, rest in _PARTS_OF_PAPERS
    )
    return f"""# For Caddy 2. Set where the files are.
{host} {{
\tmap {{header.Accept}} {{arrowkg_type}} {{
\t\t~(?i)({_NAMED}) "${{1}}"
\t\tdefault text/html
\t}}
\tmap {{arrowkg_type}} {{arrowkg_suffix}} {{
{suffixes}
\t\tdefault .html
\t}}
\thandle_path {path}* {{
\t\troot * /srv/web/live/site
\t\theader {{
{headers}
\t\t}}
{types}
{special}
{parts}
\t\t@data file {{
\t\t\ttry_files {{path}}{{arrowkg_suffix}} {{path}}.html
\t\t}}
\t\thandle @data {{
\t\t\theader Vary Accept
\t\t\tredir * {path[:-1]}{{file_match.relative}} 303
\t\t}}
\t\thandle {{
\t\t\tfile_server
\t\t}}
\t}}
\thandle {{
\t\terror 404
\t}}
}}
"""
