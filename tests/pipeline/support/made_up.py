"""Rules and pots of a made-up city, in force in 2024, with amounts that can be worked out by hand; its firms and
people."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person, Role
from pipeline.city import in_force
from pipeline.city.city_file import SHIPPED, read_city
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.plan_tables.support import SupportClaim
from pipeline.support import claims, granting
from tests.cast import BANYAN, KAPOK, LOTUS, state
from tests.pipeline.pools.city import CHEN, LI, found

JUNE_1 = date(2024, 6, 1)
NOW = datetime(2024, 6, 1, 9, 0)
YEAR_2024 = date(2024, 1, 1)
#: Whoever reads or claims for one firm alone.
READER = Person(31, "莲芯秘书", Role.READER, firm_id=LOTUS)
AUDITOR = Person(32, "审计", Role.AUDITOR)
#: Yuan in the returns of three_firms: a quarter is 100,000.00, 60,000.00 and 40,000.01.
DEDUCTED = {LOTUS: 400_000.0, BANYAN: 240_000.0, KAPOK: 160_000.04}

RULES = """\
zh: 云川市奖补规则（虚构）
en: Support of Yunchuan (made up)
reviewed_on: 2024-01-01
ask: {zh: 云川市科技局（虚构）, en: the science office}
pots:
  awards:
    zh: 奖补资金
    en: awards
    order: first_come
    empty: refused
    periods:
      2024-01-01: {until: 2024-12-31, amount_cny: 450000}
    source: 虚构
    confidence: synthetic
  rd:
    zh: 研发补助资金
    en: R&D subsidy
    order: pro_rata
    empty: reduced
    periods:
      2024-01-01: {until: 2024-12-31, amount_cny: 100000}
    source: 虚构
    confidence: synthetic
  listing:
    zh: 上市资金
    en: listing
    order: first_come
    empty: next
    periods:
      2024-01-01: {until: 2024-12-31, amount_cny: 600000}
      2025-01-01: {until: 2025-12-31, amount_cny: 1000000}
    source: 虚构
    confidence: synthetic
  prizes:
    zh: 标兵资金
    en: prizes
    order: rank
    empty: reduced
    periods:
      2024-01-01: {until: 2024-12-31, amount_cny: 100000}
    source: 虚构
    confidence: synthetic
rules:
  first:
    zh: 首次认定奖补
    en: first recognition
    per: {certificate: hnte}
    once: award
    needs: &first
      all:
        - {fact: hnte_valid, is: "==", values: {2021-01-01: true}}
        - {fact: first_hnte_certificate, is: "==", values: {2021-01-01: true}}
    amount: {fixed_cny: 300000}
    pot: awards
    evidence: [{zh: 证书, en: certificate}]
    state: in_force
    from: 2023-06-01
    until: 2024-12-31
    law: &law 云川市办法（虚构）
    dated: 2023-05-20
    source: &who 虚构
    confidence: synthetic
  again:
    zh: 重新认定奖补
    en: renewed recognition
    per: {certificate: hnte}
    once: award
    needs:
      all:
        - {fact: hnte_valid, is: "==", values: {2021-01-01: true}}
        - {fact: first_hnte_certificate, is: "==", values: {2021-01-01: false}}
    amount: {fixed_cny: 100000}
    pot: awards
    state: in_force
    from: 2023-06-01
    until: 2024-12-31
    law: *law
    dated: 2023-05-20
    source: *who
    confidence: synthetic
  rd:
    zh: 研发费用补助
    en: R&D subsidy
    per: {year: returns}
    needs: {fact: revenue, window: latest, is: ">=", unit: 10k CNY, values: {2021-01-01: 1000}}
    amount: {share: 0.25, of: super_deduction_cny, cap_cny: 200000}
    pot: rd
    state: in_force
    from: 2023-01-01
    law: *law
    dated: 2023-05-20
    source: *who
    confidence: synthetic
  tutoring:
    zh: 辅导备案奖励
    en: tutoring filed
    per: {event: tutoring_filed}
    amount: {fixed_cny: 500000}
    pot: listing
    state: in_force
    from: 2024-01-01
    law: *law
    dated: 2023-05-20
    source: *who
    confidence: synthetic
  interest:
    zh: 贷款贴息
    en: loan interest
    per: {activity: technology_loan}
    amount: {interest_rate: 0.0345, share: 0.5, days_a_year: 360, most_days: 360, cap_cny: 100000}
    state: in_force
    from: 2024-01-01
    law: *law
    dated: 2023-05-20
    source: *who
    confidence: synthetic
  prize:
    zh: 创新标兵奖补
    en: pacesetters
    per: {year: returns}
    amount: {up_to_cny: 80000}
    pot: prizes
    state: in_force
    from: 2023-01-01
    law: *law
    dated: 2023-05-20
    source: *who
    confidence: synthetic
  elsewhere:
    zh: 外市上市奖励
    en: listing award of elsewhere
    place: {zh: 佛山市, en: Foshan}
    per: {event: listed}
    amount: {up_to_cny: 1000000}
    state: example
    from: 2023-01-01
    law: 转载
    dated: 2023
    source: *who
    confidence: low
  planned:
    zh: 拟议奖励
    en: planned award
    per: {event: listed}
    amount: {fixed_cny: 1}
    state: proposed
    from: 2023-01-01
    law: 草案
    dated: 2023
    source: *who
    confidence: low
  over:
    zh: 已届满奖励
    en: an award that is over
    per: {event: listed}
    amount: {fixed_cny: 1}
    state: lapsed
    from: 2021-01-01
    until: 2022-12-31
    law: *law
    dated: 2021
    source: *who
    confidence: low
"""


@contextmanager
def rules_in_force(folder: Path, text: str = RULES) -> Iterator[Path]:
    """The shipped city with these rules in the file that it names; gives that file."""
    file = folder / "support.yaml"
    file.write_text(text, encoding="utf-8")
    city = SHIPPED.read_text(encoding="utf-8")
    named = folder / "city.yaml"
    named.write_text(city.replace("rules/support.yaml", "support.yaml").replace("offers: offers.yaml", ""), "utf-8")
    in_force.set_city(read_city(named))
    try:
        yield file
    finally:
        in_force.set_city(None)


def certified(
    engine: Engine, firm: str, on: date, expires: date, *, registered: date, year: int = 2023, **facts: object
) -> None:
    """A return states the firm's certificate."""
    state(
        engine,
        firm,
        year,
        hnte_certified_on=on,
        hnte_expires_on=expires,
        registered_on=registered,
        known_on=date(year + 1, 4, 30),
        **facts,
    )


def lent(session: Session, firm: str, on: date, ends: date | None, fen: int | None) -> FirmActivity:
    made = FirmActivity(
        firm_id=firm,
        kind="technology_loan",
        counterpart="银行（虚构）",
        amount_fen=fen,
        occurred_on=on,
        ended_on=ends,
        known_on=on,
    )
    session.add(made)
    session.flush()
    return made


def three_firms(engine: Engine) -> None:
    """The firms of the cast, each with a return of 2023 that states its super-deduction."""
    found(engine)
    for firm, deducted in DEDUCTED.items():
        state(engine, firm, 2023, revenue_cny=20e6, super_deduction_cny=deducted, known_on=date(2024, 4, 30))


def claimed(
    session: Session, firm: str, rule: str, by: Person = CHEN, on: date = JUNE_1, **more: object
) -> SupportClaim:
    signed = None if by.policy.speaks_for_one_firm else "莲芯经理"
    return claims.claim(session, by, firm, rule, "材料见附件", claimed_for=signed, today=on, now=NOW, **more)  # type: ignore[arg-type]


def accepted(session: Session, number: int, **more: object) -> SupportClaim:
    return claims.review(session, CHEN, number, True, "材料齐全", today=JUNE_1, now=NOW, **more)  # type: ignore[arg-type]


def granted(session: Session, number: int) -> SupportClaim:
    granting.sign(session, CHEN, number, today=JUNE_1, now=NOW)
    return granting.sign(session, LI, number, today=JUNE_1, now=NOW)
