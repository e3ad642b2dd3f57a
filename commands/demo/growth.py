"""Fast growers and pacesetters in the demo: leaders with contacts, some of them late; one choice that is decided and
one whose notice is out. Names and posts are made up."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person
from pipeline.store.plan_tables.growth import LeaderContact
from pipeline.store.plan_tables.pacesetters import PacesetterRound


def look_after_growers(session: Session, boss: Person, today: date, now: datetime) -> None:
    """The fastest growers get leaders of three levels and contacts; once."""
    from pipeline.growth import contacts
    from pipeline.growth.service import growers_of

    if session.scalar(select(LeaderContact.id).limit(1)):
        return
    firms = [one.firm_id for one in growers_of(session, boss, today).firms[:_LOOKED_AFTER]]
    states = contacts.standing(session, boss, firms, today)
    for place, firm in enumerate(firms):
        for level, (name, post), days_ago in zip(contacts.LEVELS, _LEADERS, _DAYS_AGO[place % 3], strict=True):
            # Some have nobody of the county yet.
            if level == "county" and place % 5 == 4:
                continue
            if states[firm][level].leader is None:
                contacts.name_contact(session, boss, firm, level, now=now, name=name, post=post)
            on = today - timedelta(days=days_ago + place % 7)
            contacts.record_contact(session, boss, firm, level, on, _NOTES[place % len(_NOTES)], now=now)


def choose_pacesetters(session: Session, boss: Person, earlier: date, as_of: date, today: date, now: datetime) -> None:
    """The choice of the year before is decided; that of this year is public, or over, with an objection; once."""
    from pipeline.pacesetters import choosing, deciding

    if session.scalar(select(PacesetterRound.id).limit(1)):
        return
    for day in (earlier, as_of):
        round_ = choosing.begin_round(session, boss, day.year, day, now=now)
        best = [row for row in round_.ranking if row[2] <= _NOMINATED]
        made = [choosing.nominate(session, boss, round_.id, row[0], _WHY, now=now) for row in best]
        on = day + timedelta(days=10)
        if not made or on > today:
            continue
        choosing.publish(session, boss, round_.id, on, now=now)
        deciding.object_to(session, boss, made[-1].id, "某企业（演示）", _OBJECTION, on, now=now)
        decided_on = on + timedelta(days=14)
        if day == earlier and decided_on <= today:
            deciding.answer_objection(session, boss, 1, False, _ANSWER, decided_on, now=now)
            for one in made:
                deciding.decide(session, boss, one.id, True, _WHY, decided_on, now=now)


_LOOKED_AFTER, _NOMINATED = 24, 4
_LEADERS = (("何立群", "副市长"), ("莫慧如", "副区长"), ("温景山", "镇长"))
#: Of city, county and town: all in time; the town late; county and town late.
_DAYS_AGO = ((60, 40, 12), (90, 50, 38), (120, 95, 70))
_NOTES = ("了解订单与用工情况，协调用地。", "走访车间，听取融资需求。", "电话了解技改项目进度。")
_WHY = "科技性与成长性突出（演示）"
_OBJECTION = "研发投入归集口径存疑。"
_ANSWER = "经核对专项审计报告，口径无误。"
