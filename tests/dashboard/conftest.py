"""A dashboard over the small city of city.py, and visitors who come to it over HTTP."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard.app import create_app
from pipeline.settings import ROOT, Settings, from_environment
from pipeline.store.database import engine_for
from scoring.firm_list.keeper import make_current
from tests.dashboard import city


class Visitor:
    """Somebody with a browser: keeps cookies, sends the CSRF token as the dashboard's own pages do."""

    def __init__(self, app: Any, client: FlaskClient) -> None:
        self.app, self.client = app, client

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def token(self) -> str:
        cookie = self.client.get_cookie("_csrf_token")
        return cookie.value if cookie else ""

    def sign_in(self, name: str, password: str = city.PASSWORD, next_page: str = "") -> Any:
        self.get("/sign-in")
        form = {"name": name, "password": password, "csrf_token": self.token(), "next": next_page}
        return self.client.post("/sign-in", data=form)

    def post(self, path: str, **form: str) -> Any:
        return self.client.post(path, data={"csrf_token": self.token(), **form})

    def call(self, body: Any, **headers: str) -> Any:
        """Run a callback as Dash's own script does."""
        sent = {"X-CSRFToken": self.token(), **headers}
        return self.client.post("/_dash-update-component", json=body, headers=sent)

    def show(self, path: str, search: str = "") -> Any:
        """The page at an address, as the router callback gives it."""
        return self.call(
            body_of(
                self.app, "page.children", {"address.pathname": path, "address.search": search}, ["address.pathname"]
            )
        )


def body_of(app: Any, output: str, values: dict[str, Any], changed: list[str] | None = None) -> dict[str, Any]:
    """The JSON that Dash sends for a callback: `values` by "id.property"."""
    declared = app.callback_map[output]

    def filled(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "value": values.get(f"{one['id']}.{one['property']}")} for one in wanted]

    names = output.strip(".").split("...")
    outputs = [dict(zip(("id", "property"), name.rsplit(".", 1), strict=True)) for name in names]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": filled(declared["inputs"]),
        "state": filled(declared["state"]),
        "changedPropIds": changed or [f"{one['id']}.{one['property']}" for one in declared["inputs"]][:1],
    }


@pytest.fixture(scope="session")
def settled_city(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A database with the small city in it, to be copied."""
    file = tmp_path_factory.mktemp("city") / "city.sqlite"
    shutil.copyfile(sqlite_template, file)
    engine = engine_for(f"sqlite:///{file}")
    city.settle(engine)
    # Else each dashboard over a copy would work the lists out at its first page.
    make_current(engine, from_environment().today())
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


@pytest.fixture
def settings(tmp_path: Path, settled_city: Path) -> Settings:
    file = tmp_path / "goldseed.sqlite"
    shutil.copyfile(settled_city, file)
    return Settings(root=ROOT, db_url=f"sqlite:///{file}", models=tmp_path / "models", secret=None, language="zh_CN")


@pytest.fixture
def app(settings: Settings) -> Iterator[Any]:
    made = create_app(settings)
    yield made
    made.server.extensions["goldseed"].engine.dispose()


@pytest.fixture
def visitor(app: Any) -> Visitor:
    return Visitor(app, app.server.test_client())


def signed_in(app: Any, name: str) -> Visitor:
    """A visitor of his own with this account, signed in."""
    came = Visitor(app, app.server.test_client())
    assert came.sign_in(name).status_code == 303
    came.client.get("/", follow_redirects=True)
    return came


@pytest.fixture
def officer(app: Any) -> Visitor:
    return signed_in(app, city.OFFICER)


@pytest.fixture
def enterprise(app: Any) -> Visitor:
    return signed_in(app, city.ENTERPRISE)


@pytest.fixture
def analyst(app: Any) -> Visitor:
    return signed_in(app, city.ANALYST)
