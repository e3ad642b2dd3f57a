"""The pages of the board, each over plain functions of pipeline and scoring. Imported by app.py alone."""

from dashboard.pages import (
    account,
    accounts,
    cases,
    checks,
    comparison,
    firms,
    imports,
    mapping,
    overview,
    pools,
    trail,
)
from dashboard.pages.firm import page as firm
from dashboard.pages.models import registry as models
from dashboard.web.routes import Download, Page

_MODULES = (
    overview,
    firms,
    firm,
    pools,
    cases,
    comparison,
    imports,
    mapping,
    checks,
    models,
    accounts,
    trail,
    account,
)
PAGES: tuple[Page, ...] = tuple(page for module in _MODULES for page in module.PAGES)
DOWNLOADS: tuple[Download, ...] = tuple(
    download for module in _MODULES for download in getattr(module, "DOWNLOADS", ())
)
