"""What looks for harm on pages finds it."""

import pytest
from site_walk import EVIL, MARK, Page


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{EVIL}",
        f"<p title='{EVIL}'>",
        f'<a href="{EVIL}">',
        "<script>alert(1)</script>",
        "<script src='https://evil.example/x.js'></script>",
        "<script src='//evil.example/x.js'></script>",
        f"<{MARK}>",
        f"<p {MARK}=1>",
        "<p onclick='x'>",
        "<p style='color: red'>",
        "<iframe srcdoc='x'></iframe>",
        "<a href='javascript:x'>",
        "<a href=' javascript:x'>",
        "<a href='//evil.example'>",
        "<a href='/\\evil.example'>",
        "<img src='data:text/html,x'>",
        "<form action='javascript:x'>",
        "<button formaction='data:x'>",
        "<base href='/'>",
        "<object data='/x'></object>",
    ],
)
def test_what_runs_or_loads_something_is_noticed(html: str) -> None:
    assert list(Page("/", html).harms(MARK)) != []


def test_a_page_like_ours_is_harmless() -> None:
    page = Page(
        "/",
        """<!doctype html><title>&lt;zzz&gt;</title><script src="/static/site.js"></script>
        <a href="/models?q=%3Czzz">&#34;&#39;&gt;&lt;zzz zzz=1 onx=1&gt;</a><a href="#main">x</a>
        <a href="https://models.example/">x</a><input name="a" value="&#34;onx=1&lt;script&gt;">""",
    )

    assert list(page.harms(MARK)) == []
    assert "\"'><zzz zzz=1 onx=1>" in page.texts
