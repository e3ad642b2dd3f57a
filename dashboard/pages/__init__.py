"""The pages of the board, each over plain functions of pipeline and scoring. Imported by app.py alone."""

from dashboard.pages import cases, comparison, firm, firms, imports, overview, pools
from dashboard.routes import Download, Page

PAGES: tuple[Page, ...] = (
    *overview.PAGES,
    *firms.PAGES,
    *firm.PAGES,
    *pools.PAGES,
    *cases.PAGES,
    *imports.PAGES,
    *comparison.PAGES,
)
DOWNLOADS: tuple[Download, ...] = (*firms.DOWNLOADS, *imports.DOWNLOADS)
