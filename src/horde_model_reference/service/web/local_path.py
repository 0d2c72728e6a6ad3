"""Addresses within this site."""

from starlette.requests import HTTPConnection


def local_path(wanted: str | None) -> str:
    """Return an address to go to within this site; the start page for one that would lead elsewhere."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return "/"
    # Browsers take a backslash for a slash, and leave out tabs and line ends before they look.
    if "\\" in wanted or not all("!" <= character <= "~" for character in wanted):
        return "/"
    return wanted


def address_of(request: HTTPConnection) -> str:
    """Return the address within this site that a request is for, encoded as it came."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")
