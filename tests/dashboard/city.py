"""A small city for the tests of the dashboard: a dozen invented firms with scores, pools, cases and accounts.

`settle(engine)` fills an empty database. The three firms of tests/cast.py are among them.
"""

import random
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.facts import public_on
from pipeline.pools.reasons import REASONS
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import (
    CITY,
    Case,
    CaseStage,
    Event,
    Firm,
    FirmListState,
    Import,
    Model,
    Return,
    ReturnRow,
    Score,
    ScoreRun,
    Visit,
)
from scoring.features.matrix import FEATURES
from scoring.scores.stored_scores import store_reasons
from tests.cast import BANYAN, KAPOK, LOTUS

PASSWORD = "lotus-pond-morning"
OFFICER, ENTERPRISE, ANALYST, DISTRICT_OFFICER = "林科员", "莲芯传感", "分析员", "江海科员"
#: Whoever signs what one officer alone may not.
SECOND_OFFICER = "温科员"
NOW = datetime(2026, 5, 4, 9, 0)
SCORED_ON = date(2026, 5, 1)
_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
_NAMES = [
    "荷风光电",
    "橘园新材",
    "渔火精工",
    "白鹭生物",
    "石桥自控",
    "晨钟半导体",
    "麦浪食品科技",
    "云帆船舶装备",
    "青竹环保",
]
_DISTRICTS = ["440703", "440704", "440705", "440781", "440783", "440784", "440785"]


def credit_code(number: int) -> str:
    """A valid, invented credit code (GB 32100 check digit)."""
    body = f"91440703MA{number:07d}"
    total = sum(_CHARACTERS.index(letter) * weight for letter, weight in zip(body, _WEIGHTS, strict=True))
    return body + _CHARACTERS[(31 - total % 31) % 31]


def firms(count: int = 12) -> dict[str, str]:
    """Code -> name, the cast first."""
    named = {LOTUS: "莲芯传感（虚构）", BANYAN: "榕动电机（虚构）", KAPOK: "木棉软件（虚构）"}
    for number in range(count - len(named)):
        base = _NAMES[number % len(_NAMES)]
        suffix = f"{number // len(_NAMES) + 1}号" if number >= len(_NAMES) else ""
        named[credit_code(100 + number)] = f"{base}{suffix}（虚构）"
    return named


def past_the_program(session: Session) -> None:
    """Rows are written of which no act of the program tells: the lists are worked out anew at the next page."""
    session.execute(delete(FirmListState))


def settle(engine: Engine, count: int = 12, *, today: date = SCORED_ON) -> None:
    """Fill the database. Scores, pools and cases follow a fixed seed, so that every run shows the same city."""
    chance = random.Random(7)
    codes = firms(count)
    with Session(engine) as session, session.begin():
        brought = Import(
            kind="returns",
            file_name="演示-城市企业年报.xlsx",
            sha256="0" * 64,
            map_name="city",
            cohort=CITY,
            source="hnte_annual",
            rows=5 * count,
            imported_at=NOW,
            imported_by="console",
        )
        form = Return(brought_by=brought, source="hnte_annual", sheet="年度财务")
        session.add_all([brought, form])
        session.flush()
        for place, (code, name) in enumerate(codes.items()):
            district = "440704" if code == BANYAN else _DISTRICTS[place % 7]
            session.add(Firm(id=code, cohort=CITY, name=name, district_code=district))
        session.flush()
        for place, (code, name) in enumerate(codes.items()):
            _returns(session, form.id, code, name, place, chance)
        _scores(session, list(codes), chance)
        session.flush()
        _pools_and_cases(session, list(codes), today)
        _accounts(session)


def _returns(session: Session, form: int, code: str, name: str, place: int, chance: random.Random) -> None:
    revenue = 3e7 * chance.lognormvariate(0, 1)
    for year in range(2021, 2026):
        revenue *= chance.uniform(0.95, 1.4)
        profit = revenue * chance.uniform(-0.02, 0.18)
        staff = max(20, int(revenue / 6e5))
        session.add(
            ReturnRow(
                firm_id=code,
                return_id=form,
                sheet_row=2 + 5 * place + year - 2021,
                year=year,
                known_on=public_on(year),
                name=name,
                industry_code=["C3921", "C3812", "I6513", "C2641"][place % 4],
                registered_on=date(2009, 3, 2),
                hnte_certified_on=date(2023, 12, 1),
                hnte_expires_on=date(2026, 12, 1),
                revenue_cny=revenue,
                net_profit_cny=profit,
                net_profit_attributable_cny=profit,
                net_profit_after_nonrecurring_cny=profit * 0.93,
                cost_cny=revenue * 0.7,
                total_assets_cny=revenue * 1.3,
                total_liabilities_cny=revenue * 0.5,
                net_assets_cny=revenue * 0.8,
                rd_spend_cny=revenue * 0.055,
                rd_expense_cny=revenue * 0.05,
                staff=staff,
                rd_staff=staff // 5,
                invention_patents=3 + place + (year - 2021) * 2,
                utility_patents=10 + place,
                software_copyrights=place % 5,
                operating_cash_flow_cny=profit * 1.1,
            )
        )


def _scores(session: Session, codes: list[str], chance: random.Random) -> None:
    session.add(
        Model(
            id="city-2026-05-01",
            trained_at=NOW,
            as_of=SCORED_ON,
            cohorts=[CITY],
            event="tutoring_filed",
            within_months=24,
            fingerprint="f" * 64,
            measures={"auc": 0.87},
        )
    )
    session.flush()
    run = ScoreRun(
        model_id="city-2026-05-01",
        cohort=CITY,
        as_of=SCORED_ON,
        scored_at=NOW,
        data_fingerprint="d" * 64,
        base_points=50.0,
        expected_events=17.0,
        reference="city 2026-05-01",
    )
    session.add(run)
    session.flush()
    names = list(FEATURES)[:24]
    why = {}
    for place, code in enumerate(codes):
        centre = 0.9 if place < 3 else chance.gauss(-0.1, 0.35)
        reasons = {name: round(chance.gauss(centre, 1.1), 4) for name in names}
        points = 50.0 + sum(reasons.values())
        session.add(
            Score(
                run_id=run.id,
                firm_id=code,
                points=points,
                low_points=points - 2.3,
                high_points=points + 2.1,
                probability=min(0.9, 0.01 * 2 ** ((points - 50) / 5)),
                thin_data=place % 9 == 5,
            )
        )
        why[code] = reasons
    store_reasons(session, run, pd.DataFrame.from_dict(why, orient="index"), None)


def _pools_and_cases(session: Session, codes: list[str], today: date) -> None:
    for place, code in enumerate(codes[: max(6, len(codes) // 40)]):
        pool = "golden" if place < 2 else "seed"
        entered = PoolProposal(
            as_of=date(2025, 5, 1),
            firm_id=code,
            action="enter",
            to_pool=pool,
            points=61.0,
            line_points=58.0,
            reason_msgid="",
            reason_params={},
            rules_fingerprint="r" * 64,
            data_fingerprint="d" * 64,
            proposed_at=NOW,
            state="confirmed",
            decided_by=OFFICER,
            decided_at=NOW,
            decided_on=date(2025, 5, 20),
            why="符合入库条件",
        )
        session.add(entered)
        session.flush()
        session.add(PoolMembership(firm_id=code, pool=pool, entered_on=date(2025, 5, 20), entered_by_id=entered.id))
        stage = ["share_reform", "tutoring_filed", "nurture"][place % 3]
        case = Case(firm_id=code, opened_on=date(2025, 5, 20), stage=stage, stage_since=date(2025, 9, 1))
        session.add(case)
        session.flush()
        entered = {"stage": stage, "entered_on": case.stage_since, "recorded_by": OFFICER, "recorded_at": NOW}
        session.add(CaseStage(case_id=case.id, **entered))
        session.add(
            Visit(
                case_id=case.id,
                visited_on=date(2026, 3, 12),
                visited_by=OFFICER,
                findings="财务核算已规范，社保缴纳人数与花名册尚有差异。",
                next_step="补齐社保差异说明并报区科技局",
                due_on=today + timedelta(days=14 * place - 20),
                recorded_at=NOW,
            )
        )
        if place % 3 < 2:
            session.add(Event(firm_id=code, kind=stage, occurred_on=date(2025, 9, 1), known_on=date(2025, 9, 1)))
    for code in codes[6:9]:
        session.add(
            PoolProposal(
                as_of=SCORED_ON,
                firm_id=code,
                action="enter",
                to_pool="seed",
                points=59.2,
                line_points=58.0,
                reason_msgid=REASONS["enter"],
                reason_params={"points": 59.2, "line": 58.0, "rank": 7, "of": 12},
                rules_fingerprint="r" * 64,
                data_fingerprint="d" * 64,
                proposed_at=NOW,
            )
        )


def _accounts(session: Session) -> None:
    by = people.console()
    people.add(session, OFFICER, "officer", password=PASSWORD, by=by, now=NOW)
    people.add(session, DISTRICT_OFFICER, "officer", district_code="440704", password=PASSWORD, by=by, now=NOW)
    people.add(session, ENTERPRISE, "enterprise", firm_id=LOTUS, password=PASSWORD, by=by, now=NOW)
    people.add(session, ANALYST, "analyst", password=PASSWORD, by=by, now=NOW)
    people.add(session, SECOND_OFFICER, "officer", password=PASSWORD, by=by, now=NOW)
