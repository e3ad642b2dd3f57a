"""Run the dashboard: gunicorn, one process a worker, a few threads each.

The first worker is the only one that touches the schema; the others find it as it should be.
"""

import logging
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from dashboard import kept_forms, worker_memory
from dashboard.app import create_app
from dashboard.web.auth_guard import secret_key
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.settings import Settings
from pipeline.store.current import current_run
from pipeline.store.database import open_database
from pipeline.store.tables import AuditEntry, Score, ScoreRun
from pipeline.store.trail.key import find_key
from scoring.firm_list.keeper import make_current

_log = logging.getLogger(__name__)
THREADS = 4
_SECONDS_A_REQUEST = 120
#: Whether the city's day is another: two short questions to the database.
_SECONDS_BETWEEN_LOOKS = 30


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
        threading.Thread(target=_keep_days, args=(server,), daemon=True).start()
        return server


def _warm_up(server: Flask) -> None:
    """Load what the first visitor would wait for in the background; where that fails, the visitor's page says why."""
    app = server.extensions["goldseed"]
    with suppress(SQLAlchemyError, ShownToPeople, OSError), Session(app.engine) as session:
        if (run := current_run(session)) is not None:
            _explain_one_firm(session, run, app.settings)
    worker_memory.settle()


def _keep_days(server: Flask) -> None:
    """The lists of a new day are made when it begins, before somebody asks for them; and freed memory goes back."""
    app = server.extensions["goldseed"]
    while True:
        with suppress(SQLAlchemyError, ShownToPeople, OSError):
            make_current(app.engine, app.settings.today())
        worker_memory.give_back()
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _explain_one_firm(session: Session, run: ScoreRun, settings: Settings) -> None:
    """Explain one firm: loads LightGBM, the SHAP kernel and the rules (three seconds), and rebuilds the per-day caches
    where returns came in since the run."""
    from scoring.explain.full_explanation import explained_firm

    firm_id = session.scalar(select(Score.firm_id).where(Score.run_id == run.id).limit(1))
    if firm_id is not None:
        explained_firm(session.get_bind().engine, settings.models, firm_id, run.as_of)


class OtherKey(ShownToPeople):
    """A host of several without the key that the others seal the trail with."""


def check_key(engine: Engine) -> None:
    """With PostgreSQL, where other hosts may write too: raises OtherKey where the trail was last sealed with another
    key than this host's, since what it sealed would be taken for forged."""
    if engine.dialect.name == "sqlite":
        return
    with engine.connect() as connection:
        sealed = select(AuditEntry.seal).where(AuditEntry.seal.is_not(None)).order_by(AuditEntry.id.desc()).limit(1)
        last = connection.scalar(sealed)
    key = find_key(engine.url)
    if last is not None and (key is None or key.name != last.partition(":")[0]):
        text = N_(
            "Not served: the trail of this database is sealed with another key than this host has. Copy the key file "
            "of the first host here and name it in GOLDSEED_TRAIL_KEY; where it is lost: goldseed audit seal --why TEXT"
        )
        raise OtherKey(Message(text))


def _share(engine: Engine, settings: Settings) -> None:
    """Store what an older program kept on this host alone, models and forms, and fetch the forms of other hosts. What
    fails here fails again, with a letter, where it is asked for."""
    from scoring.registry.model_files import store_missing

    now = datetime.now(UTC)
    try:
        found = store_missing(engine, settings.models, now=now, by="goldseed")
        kept_forms.store_missing(engine, now=now, by="goldseed")
        kept_forms.bring(engine)
    except (SQLAlchemyError, ShownToPeople, OSError) as error:
        _log.warning("models and forms of this host are not stored for others: %s", error)
        return
    for model in (*found.elsewhere, *found.others):
        _log.warning("the files of the model %s are not in the database; see `goldseed models store`", model)


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8050, workers: int = 1) -> None:
    """Answer on host and port until interrupted. The database is brought to the newest schema first, and the key of the
    sessions is made where there is none: a disk that takes nothing is told here, not by a worker that dies.

    Raises OtherKey on a host that has not the key of the trail.
    """
    engine = open_database(settings.db_url)
    check_key(engine)
    _share(engine, settings)
    engine.dispose()
    secret_key(settings)
    worker_memory.bound_heaps()
    if workers > 1:
        worker_memory.share()
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
            "forwarded_allow_ips": "",  # who is believed is said by GOLDSEED_PROXIES alone (app.py)
            "control_socket_disable": True,
        },
    ).run()
