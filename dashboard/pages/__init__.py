"""The pages of the board, each over plain functions of pipeline and scoring. Imported by app.py alone."""

from dashboard.pages import cases, checks, comparison, firm, firms, imports, mapping, models, overview, pools
from dashboard.routes import Download, Page

_MODULES = (overview, firms, firm, pools, cases, comparison, imports, mapping, checks, models)
PAGES: tuple[Page, ...] = tuple(page for module in _MODULES for page in module.PAGES)
DOWNLOADS: tuple[Download, ...] = tuple(
    download for module in (firms, imports, checks, models) for download in module.DOWNLOADS
)
