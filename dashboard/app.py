"""Build the dashboard over one database: pages, callbacks, sign-in and the auth guard before them all.

`create_app(settings)` gives a Dash app whose `.server` any WSGI server can run; serving.py runs it with gunicorn.
Nothing heavy is imported here: models and SHAP are loaded by the page that needs them.
"""

from pathlib import Path
from typing import Any

from dash import Dash
from flask import Flask
from flask_compress import Compress
from sqlalchemy import Engine
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard import shell
from dashboard.pages import DOWNLOADS, PAGES
from dashboard.pages.reminders import calendar_file
from dashboard.web import auth_guard, callbacks, exports, faults, request, sign_in
from dashboard.web.city_accounts import doors
from dashboard.web.routes import Routes, set_routes
from pipeline import language
from pipeline.settings import Settings, work_for_its_city
from pipeline.store.database import open_database
from scoring.firm_list.keeper import keep_lists

FOLDER = Path(__file__).parent
#: An upload of the city workbook is a few MB; anything far beyond is a mistake or worse.
LARGEST_REQUEST_BYTES = 64 * 2**20
#: The bundle with the kinds of plots that the dashboard draws: a quarter of plotly; loaded before a page needs it.
_PLOTLY = "/assets/vendored/plotly-finance-3.7.0.min.js?m=3.7.0"
_INDEX = f"""<!DOCTYPE html>
<html lang="__LANG__" data-mantine-color-scheme="__THEME__">
<head>{{%metas%}}<title>{{%title%}}</title>
<link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">{{%css%}}
<link rel="preload" as="script" href="/_dash-component-suites/dash/dcc/async-graph.js">
<script defer src="{_PLOTLY}"></script></head>
<body data-ag-theme-mode="__THEME__">{{%app_entry%}}<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer></body>
</html>"""


class DashboardApp(Dash):
    """A Dash app whose first HTML already has the reader's language and theme."""

    def interpolate_index(self, **parts: Any) -> str:  # type: ignore[override]
        page = super().interpolate_index(**parts)
        lang = "zh-CN" if language.language() == language.CHINESE else "en"
        return page.replace("__LANG__", lang, 1).replace("__THEME__", "dark" if request.dark() else "light")


def create_app(settings: Settings, engine: Engine | None = None) -> Dash:
    """The dashboard over the database of the settings (or over an engine that is open already)."""
    work_for_its_city(settings)
    https = settings.https
    server = Flask("goldseed", template_folder=str(FOLDER / "templates"), static_folder=None)
    server.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_BYTES
    server.config["COMPRESS_MIMETYPES"] = [
        "text/html",
        "text/css",
        "application/json",
        "application/javascript",
        "text/javascript",
        "image/svg+xml",
        "text/csv",
    ]
    Compress(server)
    if settings.proxies:  # as many hops as are ours; what stands before them in the header was written by a stranger
        hops = settings.proxies
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    dash_app = DashboardApp(
        "dashboard",
        server=server,  # type: ignore[arg-type]
        assets_folder=str(FOLDER / "assets"),
        assets_ignore=r"^plotly-finance",  # index.html loads it, after everything else has run
        title=f"{settings.city.program.zh} {settings.city.program.en}",
        update_title=None,  # type: ignore[arg-type]
        suppress_callback_exceptions=True,
        include_pages_meta=False,
        enable_mcp=False,
        index_string=_INDEX,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    routes = Routes(PAGES, DOWNLOADS)
    app = request.App(settings, keep_lists(engine or open_database(settings.db_url), settings.today))
    request.set_app(server, app)
    set_routes(server, routes)
    callbacks.attach(dash_app, app)
    dash_app.layout = shell.frame
    sign_in.add_sign_in(server, app.engine, _version(), https=https)
    doors.add_doors(server, settings)
    faults.add_faults(server)
    calendar_file.add_calendar(server)
    for download in DOWNLOADS:
        view = exports.recorded(download)
        server.add_url_rule(download.path, f"download {download.path}", view, methods=list(download.methods))
    auth_guard.guard(dash_app, server, app, routes, https=https)
    return dash_app


def _version() -> str:
    """Changes with the style sheet, so that browsers fetch it again."""
    return str(int((FOLDER / "assets" / "dashboard.css").stat().st_mtime))
