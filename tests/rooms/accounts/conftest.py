"""The browser's fixtures, for the pages that only this room has."""

from tests.support.browser import (  # noqa: F401
    axe,
    browser,
    context,
    new_context,
    no_sideways_scroll,
    page,
    watch_page,
)
