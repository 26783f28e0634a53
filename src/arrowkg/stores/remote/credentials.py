"""User and password, or a token: where they come from, and how a request carries them. They are never shown."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from arrowkg.errors import UsageError
from arrowkg.stores.remote.profiles import Profile

VARIABLE: Final = "ARROWKG_AUTH"
"""The environment variable that may hold what the file of ``--auth-file`` holds."""

_BEARER: Final = "bearer "
_MOST_BYTES: Final = 16 * 1024
_DIGESTS: Final = {"": "md5", "md5": "md5", "sha-256": "sha256"}
_parameter = re.compile(r'([A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_way = re.compile(r"(?:^|,\s*)(Basic|Digest|Bearer)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a server wants to see; all empty for a server that wants nothing. Nothing of it is in its ``repr``.

    Attributes:
        user: the name of a user.
        password: the user's password.
        token: a token, in place of both.

    >>> Credentials("ada", "pebble")
    Credentials()
    """

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def hidden_in(self, text: str) -> str:
        """A text of a server's without the password and the token, should it repeat them.

        >>> Credentials("ada", "pebble").hidden_in("no user with the password pebble")
        'no user with the password ***'
        """
        for secret in (self.password, self.token):
            if secret:
                text = text.replace(secret, "***")
        return text


def credentials_from(text: str, origin: str) -> Credentials:
    """The credentials that a line holds: ``user:password`` or ``Bearer TOKEN``.

    Args:
        text: the line.
        origin: where it is from, for errors.

    Raises:
        UsageError: it holds neither; the text is not repeated.

    >>> credentials_from("ada:pebble", "a file").user
    'ada'
    """
    line = text.strip("\r\n")
    if line[: len(_BEARER)].lower() == _BEARER and line[len(_BEARER) :].strip():
        found = Credentials(token=line[len(_BEARER) :].strip())
    else:
        user, colon, password = line.partition(":")
        found = Credentials(user, password) if colon and user else Credentials()
    if found == Credentials() or not line.isprintable():
        raise UsageError("it holds no credentials", hint="it is one line, user:password or Bearer TOKEN", file=origin)
    return found


def read_credentials(path: str | None, environment: Mapping[str, str]) -> Credentials:
    """The credentials of a file, or else of the environment, or else none.

    Args:
        path: the file, if one is named.
        environment: variables, of which :data:`VARIABLE` is looked at.

    Raises:
        UsageError: the file cannot be read, or there are no credentials in it.
    """
    if path is None:
        found = environment.get(VARIABLE, "")
        return credentials_from(found, VARIABLE) if found else Credentials()
    try:
        with Path(path).open("rb") as file:
            text = file.read(_MOST_BYTES).decode()
    except OSError as error:
        raise UsageError(f"it cannot be read ({error.strerror or error})", file=path) from None
    except ValueError:
        raise UsageError("it is not UTF-8", file=path) from None
    return credentials_from(text, path)


class Authentication:
    """How requests carry credentials, as far as the server has told by now.

    Args:
        credentials: what to carry.
        profile: which ways the product takes.

    Raises:
        UsageError: the product takes no such credentials.

    >>> from arrowkg.stores.remote.profiles import PROFILES
    >>> Authentication(Credentials(token="pebble"), PROFILES["qlever"]).header("GET", "/")
    'Bearer pebble'
    """

    def __init__(self, credentials: Credentials, profile: Profile) -> None:
        self.credentials = credentials
        self._schemes = profile.schemes
        takes_password = bool({"basic", "digest"} & set(profile.schemes))
        if (credentials.token and "bearer" not in profile.schemes) or (credentials.user and not takes_password):
            wanted = "user:password" if takes_password else "Bearer TOKEN"
            raise UsageError(f"{profile.title} takes no such credentials", hint=f"it takes {wanted}")
        self._is_basic = bool(credentials.user) and "basic" in profile.schemes and not profile.is_challenged
        self._challenge: dict[str, str] = {}
        self._uses = 0

    def header(self, method: str, target: str) -> str | None:
        """The ``Authorization`` header of a request, ``None`` for none.

        Args:
            method: the request's method.
            target: its path with its query.
        """
        if self.credentials.token:
            return f"Bearer {self.credentials.token}"
        if self._is_basic:
            pair = f"{self.credentials.user}:{self.credentials.password}"
            return f"Basic {base64.b64encode(pair.encode()).decode()}"
        return self._digest(method, target) if self._challenge else None

    def is_answerable(self, challenge: str) -> bool:
        """Whether a server that refused can be given what it asks for; the next header does so.

        Args:
            challenge: its ``WWW-Authenticate`` header.
        """
        ways = {match[1].lower(): match.end() for match in _way.finditer(challenge)}
        if not self.credentials.user:
            return False
        if "digest" in ways and "digest" in self._schemes:
            found = {
                name.lower(): _unquoted(quoted) or bare
                for name, quoted, bare in _parameter.findall(challenge[ways["digest"] :])
            }
            # The same password again helps only where the server says that its nonce went out of date.
            is_new = not self._challenge or found.get("stale", "").lower() == "true"
            if is_new and found.get("nonce") and found.get("algorithm", "").lower() in _DIGESTS:
                self._challenge, self._uses = found, 0
                return True
            return False
        if "basic" in ways and "basic" in self._schemes and not self._is_basic:
            self._is_basic = True
            return True
        return False

    def _digest(self, method: str, target: str) -> str:
        """The header of Digest authentication, RFC 7616."""
        challenge, self._uses = self._challenge, self._uses + 1
        algorithm = challenge.get("algorithm", "")

        def digest(text: str) -> str:
            return hashlib.new(_DIGESTS[algorithm.lower()], text.encode(), usedforsecurity=False).hexdigest()

        realm, nonce = challenge.get("realm", ""), challenge["nonce"]
        secret = digest(f"{self.credentials.user}:{realm}:{self.credentials.password}")
        asked = digest(f"{method}:{target}")
        parts = {"username": self.credentials.user, "realm": realm, "nonce": nonce, "uri": target}
        bare = {}
        if "auth" in challenge.get("qop", "").replace(",", " ").split():
            count, own = f"{self._uses:08x}", secrets.token_hex(16)
            parts["response"] = digest(f"{secret}:{nonce}:{count}:{own}:auth:{asked}")
            parts["cnonce"] = own
            bare = {"qop": "auth", "nc": count}
        else:
            parts["response"] = digest(f"{secret}:{nonce}:{asked}")
        if "opaque" in challenge:
            parts["opaque"] = challenge["opaque"]
        if algorithm:
            bare["algorithm"] = algorithm
        written = [f'{name}="{_quoted(value)}"' for name, value in parts.items()]
        return "Digest " + ", ".join(written + [f"{name}={value}" for name, value in bare.items()])


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
