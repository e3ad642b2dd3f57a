"""Run the board: gunicorn, one process a worker, a few threads each.

The first worker is the only one that touches the schema; the others find it as it should be.
"""

import threading
from contextlib import suppress
from datetime import date
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from dashboard import city_figures
from dashboard.app import create_app
from pipeline.settings import Settings
from pipeline.store.database import open_database

THREADS = 4
_SECONDS_A_REQUEST = 120


class _Server(BaseApplication):
    """gunicorn without its command line."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self._settings = settings
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for key, value in self._options.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        server = create_app(self._settings).server
        threading.Thread(target=_warm_up, args=(server,), daemon=True).start()
        return server


def _warm_up(server: Flask) -> None:
    """Read the city behind the first visitor's back; where that fails, his own page says why."""
    engine = server.extensions["goldseed"].engine
    with suppress(SQLAlchemyError), Session(engine) as session:
        city_figures.warm_up(session, date.today())


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8050, workers: int = 1) -> None:
    """Answer on host and port until interrupted. The database is brought to the newest schema first."""
    open_database(settings.db_url).dispose()
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    _Server(
        settings,
        {
            "bind": address,
            "workers": workers,
            "threads": THREADS,
            "worker_class": "gthread",
            "timeout": _SECONDS_A_REQUEST,
            "accesslog": None,
            "loglevel": "warning",
            "proc_name": "goldseed",
            "limit_request_line": 8190,
            "control_socket_disable": True,
        },
    ).run()
