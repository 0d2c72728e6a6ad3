"""What Markdown is to its readers."""

from markdown_it import MarkdownIt


def elements_of(page: str) -> list[str]:
    """Return what a page is made of for readers, but for its words."""
    tokens = MarkdownIt("commonmark").enable("table").parse(page)
    inner = (child for token in tokens for child in token.children or ())
    shown = [f"{token.type} {token.attrs.get('href', '')}" for token in (*tokens, *inner)]
    return [each for each in shown if not each.startswith("text")]
