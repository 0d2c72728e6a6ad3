"""Addresses within this site."""


def local_path(wanted: str | None) -> str:
    """Return an address to go to within this site; the start page for one that would lead elsewhere."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return "/"
    # Browsers take a backslash for a slash, and leave out tabs and line ends before they look.
    if "\\" in wanted or not all("!" <= character <= "~" for character in wanted):
        return "/"
    return wanted
