"""The pages of the board, each over plain functions of pipeline and scoring. Imported by app.py alone."""

from dashboard.pages import (
    account,
    accounts,
    cases,
    checks,
    comparison,
    firm,
    firms,
    imports,
    mapping,
    models,
    overview,
    pools,
    trail,
)
from dashboard.routes import Download, Page

_MODULES = (overview, firms, firm, pools, cases, comparison, imports, mapping, checks, models, accounts, trail, account)
PAGES: tuple[Page, ...] = tuple(page for module in _MODULES for page in module.PAGES)
DOWNLOADS: tuple[Download, ...] = tuple(
    download for module in (firms, imports, checks, models, trail) for download in module.DOWNLOADS
)
