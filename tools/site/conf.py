"""How the documentation site is built out of the repository's own Markdown files: ``make docs``, with every warning a failure.

The pages are read where they are (docs/, and the large ones of the root), so that one text serves the site, a code host and the
panel. Nothing is fetched when it is built or read: no fonts, scripts or pictures from elsewhere.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "src"))

from trasloco import __version__

project = "Trasloco"
author = "the authors of Trasloco"
release = version = __version__

root_doc = "docs/index"
include_patterns = ["docs/**.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
exclude_patterns = [".*", "build", "dist", "requirements", "src", "tests", "tools", "bench", "docs/pictures"]
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}

nitpicky = True
myst_heading_anchors = 4  # "#unknown-host" leads to that heading, as on a code host
smartquotes = False  # commands are copied from these pages
highlight_language = "none"  # they are no program text

html_theme = "furo"
html_title = f"Trasloco {version}"
html_favicon = "../../src/trasloco/panel/static/panel/icon.svg"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_additional_pages = {"index": "to-the-first-page.html"}
templates_path = ["."]
html_theme_options = {
    "light_css_variables": {"font-stack": "system-ui, sans-serif", "font-stack--monospace": "ui-monospace, monospace"},
    "navigation_with_keys": True,
}
# The site is read from the disk as well, where a page may not fetch another one to quote it.
html_show_search_summary = False
