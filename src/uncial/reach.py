"""Where this process may connect to: everywhere, or, on request, to public addresses only.

A confined program (the studio's server and its workers) opens connections only to addresses that
the whole internet has. A name is resolved once and the connection goes to the address that was
checked, so that neither a redirect nor a name that resolves differently a second time leads
elsewhere; proxies of the environment are not used.

Sources: OWASP, Server-Side Request Forgery Prevention; IANA special-purpose address registries,
as `ipaddress` knows them.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Final
from urllib.parse import urlsplit

from uncial.errors import InputError

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_OPENERS: Final[list[urllib.request.OpenerDirector]] = []  # of the confinements, the last counts


@contextmanager
def confined(allowed: Iterable[str] = ()) -> Iterator[None]:
    """Let this process reach public addresses only, as long as the context lasts.

    Args:
        allowed: Host names that may lie in a private network.
    """
    opener = _guarded(frozenset(name.lower() for name in allowed))
    _OPENERS.append(opener)
    try:
        yield
    finally:
        _OPENERS.remove(opener)


def confinement() -> urllib.request.OpenerDirector | None:
    """What opens connections of a confined process; None where it is not confined."""
    return _OPENERS[-1] if _OPENERS else None


def is_public(address: str) -> bool:
    """Whether an IP address is one of the whole internet, however it is wrapped."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def require_address(url: str) -> str:
    """An address on the web as it was given.

    Raises:
        InputError: It is none.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(letter <= " " or letter == "\x7f" for letter in url):
        raise InputError(f"{url[:200]}: no address on the web", remedy="begin it with https://")
    return url


class _OnlyWeb(urllib.request.HTTPRedirectHandler):
    """Redirects stay on the web; each of them is a connection that is checked again."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The request that follows."""
        if req.get_method() not in ("GET", "HEAD"):
            raise urllib.error.HTTPError(req.full_url, code, "a redirect", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, require_address(newurl))


def _guarded(allowed: frozenset[str]) -> urllib.request.OpenerDirector:
    """An opener that knows HTTP and HTTPS, no proxies, and looks where it connects to."""

    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = _connected(self.host, self.port, self.timeout, allowed)

    context = ssl.create_default_context()

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            sock = _connected(self.host, self.port, self.timeout, allowed)
            self.sock = context.wrap_socket(sock, server_hostname=self.host)

    class PlainHandler(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> Any:  # noqa: ANN401
            return self.do_open(Plain, req)

    class SecureHandler(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> Any:  # noqa: ANN401
            return self.do_open(Secure, req)

    opener = urllib.request.OpenerDirector()
    for handler in (
        PlainHandler(),
        SecureHandler(),
        _OnlyWeb(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _connected(
    host: str, port: int, timeout: float | None, allowed: frozenset[str]
) -> socket.socket:
    """A connection to the address of a host that was looked at."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if host.lower() not in allowed and not all(map(is_public, addresses)):
        raise OSError("this address is of a private network, which is not asked from here")
    problem: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            problem = error
    raise problem or OSError("this name has no address")
