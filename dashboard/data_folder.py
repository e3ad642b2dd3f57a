"""Where files live that do not belong into the database: the session secret.

Beside a SQLite file, in names that begin with its own; with PostgreSQL in data/secret of the program's folder.
"""

from pathlib import Path

from sqlalchemy.engine import make_url

from pipeline.settings import Settings


def beside(settings: Settings, name: str) -> Path:
    """The path of such a file; its parent is created, readable by the owner alone."""
    url = make_url(settings.db_url)
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database)
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.with_name(f"{file.name}.{name}")
    folder = settings.root / "data" / "secret"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / name
