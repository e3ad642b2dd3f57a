"""An accepted figure moves the firm's score from the day of the answer on, and nobody else's."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.objections.objecting import object_to
from pipeline.objections.stated_figures import stated_figures
from pipeline.objections.subject import FIGURE, Subject
from pipeline.settings import Settings
from pipeline.store.current import current_run
from pipeline.store.database import engine_for
from pipeline.store.tables import Score
from pipeline.tutoring.attachments.file_checks import checked
from scoring.explain.answered_objections import answer
from tests.demo_city import AS_OF, NOW, copy_of
from tests.pipeline.tutoring.attachments.files import pdf

DAY = date.fromisoformat(AS_OF)
CONSOLE = people.console("clerk")


@pytest.fixture
def city(demo: Settings, tmp_path: Path) -> tuple[Engine, Path]:
    settings = copy_of(demo, tmp_path)
    return engine_for(settings.db_url), settings.models


def points_of(session: Session) -> dict[str, float]:
    run = current_run(session)
    assert run is not None
    rows = session.execute(select(Score.firm_id, Score.points).where(Score.run_id == run.id))
    return {firm: points for firm, points in rows}  # noqa: C416 - rows are no pairs to mypy


def test_an_accepted_figure_moves_the_score_of_its_day_and_a_refused_one_does_not(city: tuple[Engine, Path]):
    engine, models = city
    with Session(engine) as session:
        before = points_of(session)
        firm = min(before)
        year, figure = max(
            (one.year, one.value) for one in stated_figures(session, CONSOLE, firm, DAY) if one.fact == "revenue_cny"
        )
    subject, later = Subject(FIGURE, "revenue_cny", year), DAY + timedelta(days=200)

    def objected(said: float, on: date) -> int:
        proof = [checked("审计报告.pdf", pdf())]
        return object_to(engine, CONSOLE, firm, subject, "更正", f"{said / 1e4:.2f}", proof, today=on, now=NOW)

    refused = answer(engine, models, CONSOLE, objected(5 * figure, DAY), False, "无据", today=DAY, now=NOW)
    assert (refused.before, refused.after, refused.said) == (None, None, ())
    # On the day of the scores they follow at once; of a later day the stored ones stay what they were.
    done = answer(engine, models, CONSOLE, objected(5 * figure, DAY), True, "属实", today=DAY, now=NOW)
    assert done.before == pytest.approx(before[firm])
    assert done.after is not None
    assert abs(done.after - before[firm]) > 0.05
    assert str(done.said[0]).startswith(f"以 {AS_OF} 为基准日")
    with Session(engine) as session:
        after = points_of(session)
        assert after[firm] == pytest.approx(done.after)
        assert {one: points for one, points in after.items() if one != firm} == {
            one: points for one, points in before.items() if one != firm
        }
    again = answer(
        engine, models, CONSOLE, objected(20 * figure, later), True, "属实", today=later, now=NOW + timedelta(days=200)
    )
    assert again.before == pytest.approx(done.after, abs=3)  # the ranks are those of the last scores
    assert again.after != again.before
    said = " ".join(map(str, again.said))
    assert "评分保持不变" in said, said
    assert "家企业" in said, said
    engine.dispose()
