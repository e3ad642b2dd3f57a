"""The small city with a word of its own in every place where something about a firm can be kept.

A mark is `Zfar_findingZ`: whose firm it is, and what kind of thing stands there. Rows are written past the program,
since all that is asked of them is who reads them.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.facts import public_on
from pipeline.own_returns.form_of_firm import typed_form
from pipeline.store.attachment_tables import Attachment
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.plan_tables.growth import FirmLeader, LeaderContact
from pipeline.store.plan_tables.pacesetters import PacesetterNomination, PacesetterObjection, PacesetterRound
from pipeline.store.plan_tables.support import SupportClaim, SupportClaimEntry, SupportPayment
from pipeline.store.pool_tables import (
    Declaration,
    NoticeFirm,
    NoticeObjection,
    Opinion,
    OpinionRequest,
    PoolMembership,
    PoolProposal,
    PoolReviewFirm,
    PublicNotice,
)
from pipeline.store.tables import (
    CITY,
    Account,
    Case,
    CaseStage,
    CrossCheck,
    Firm,
    Import,
    ImportFinding,
    Job,
    JobFile,
    RefusedImport,
    Return,
    ReturnRow,
    Visit,
)
from pipeline.store.tutoring_tables import (
    Adviser,
    AdviserEvaluation,
    CaseLeader,
    Engagement,
    FirmLabel,
    FirmObjection,
    OwnReturn,
    Problem,
    ProblemEntry,
    ProblemFirm,
    SavedView,
    Task,
    TaskEntry,
    VisitChoice,
    WrittenMessage,
)
from pipeline.tutoring.attachments.attachments import keep_bytes
from tests.cast import LOTUS
from tests.dashboard import city
from tests.dashboard.trail_board import CODES

#: One's own firm; another of the same district; one of another district; one of a reference cohort.
FIRMS = {"own": CODES[4], "near": CODES[11], "far": LOTUS, "ref": city.credit_code(500)}
HERE, ELSEWHERE = "440783", "440703"
NOW, DAY = city.NOW, city.SCORED_ON
YEAR = 2025
_LONG_AGO, _LATE, _LATER = date(2025, 5, 20), date(2098, 1, 1), date(2099, 1, 1)
#: Who walks: name -> role and place. The officers of the city and of the departments are of the small city already.
CAST: dict[str, dict[str, Any]] = {
    "officer of the city": {"role": "officer"},
    "officer of the district": {"role": "officer", "district_code": HERE},
    "officer elsewhere": {"role": "officer", "district_code": ELSEWHERE},
    "enterprise": {"role": "enterprise", "firm_id": FIRMS["own"]},
    "reader": {"role": "enterprise_reader", "firm_id": FIRMS["own"]},
    "mentor": {"role": "mentor"},
    "department": {"role": "department", "department": "courts"},
    "analyst": {"role": "analyst"},
    "auditor": {"role": "auditor"},
    "admin": {"role": "admin"},
}


#: What is an account's own, whatever its role reaches; the courts were asked about one firm.
THEIRS = {
    "officer of the district": {("own", "view"), ("own", "job")},
    "officer elsewhere": {("far", "view"), ("far", "job")},
    "analyst": {("ref", "job")},
    "department": {("near", "name"), ("near", "opinion_courts")},
    "enterprise": {("own", "draft")},
    "reader": {("own", "draft")},
}


#: A choice of pacesetters whose notice is over.
_PUBLIC = {"begins_on": DAY, "ends_on": DAY, "working_days": 1, "published_by": "x", "published_at": NOW}


@dataclass(frozen=True)
class Numbers:
    """What is kept about one firm, by the names under which pages and callbacks send it."""

    firm: str
    of: dict[str, Any]


def mark(whose: str, kind: str) -> str:
    return f"Z{whose}_{kind}Z"


def open_accounts(engine: Engine) -> None:
    """One account for each of the cast, all with the password of the small city; the mentor looks after one's own
    firm."""
    with Session(engine) as session, session.begin():
        for name, place in CAST.items():
            people.add(session, name, password=city.PASSWORD, by=people.console(), now=NOW, **place)
            session.flush()
        mentor = session.scalars(select(Account.id).where(Account.name == "mentor")).one()
        session.execute(
            update(Case).where(Case.firm_id == FIRMS["own"], Case.closed_on.is_(None)).values(mentor_id=mentor)
        )
        for account in session.scalars(select(Account).where(Account.name.in_(CAST))):
            account.must_change = False
        city.past_the_program(session)


def mark_all(engine: Engine) -> dict[str, Numbers]:
    """A mark in every place, of each firm; returns the numbers of what is kept."""
    with Session(engine) as session, session.begin():
        session.add(Firm(id=FIRMS["ref"], cohort="neeq", name=mark("ref", "name")))
        session.flush()
        shared = _Shared(session)
        numbers = {whose: Numbers(firm, _marked(session, whose, firm, shared)) for whose, firm in FIRMS.items()}
        audit.record(session, people.console(), "import_stored", "import:1", {}, NOW)
        city.past_the_program(session)
    return numbers


class _Shared:
    """What is not about one firm, but that what is about one hangs on."""

    def __init__(self, session: Session) -> None:
        by = {"recorded_by": city.OFFICER, "recorded_at": NOW}
        adviser = Adviser(kind="broker", name="渔火证券", added_by=city.OFFICER, added_at=NOW)
        asked = OpinionRequest(
            review_id=1, department="courts", asked_on=DAY, due_on=_LATER, asked_by="x", recorded_at=NOW
        )
        other = OpinionRequest(
            review_id=1, department="tax", asked_on=DAY, due_on=_LATER, asked_by="x", recorded_at=NOW
        )
        notice = PublicNotice(
            review_id=1, begins_on=DAY, ends_on=_LATER, working_days=5, published_by="x", recorded_at=NOW
        )
        session.add_all([adviser, asked, other, notice])
        session.flush()
        ranking = [[firm, "growth", place, 50.0] for place, firm in enumerate(FIRMS.values(), start=1)]
        self.rounds = [
            PacesetterRound(
                year=year, as_of=DAY, ranking=ranking, ranked=4, ranking_hash="-", begun_by="x", begun_at=NOW, **public
            )
            for year, public in ((YEAR + 2, {}), (YEAR + 1, {}), (YEAR, _PUBLIC))
        ]
        session.add_all(self.rounds)
        session.flush()
        self.adviser, self.asked, self.other, self.notice = adviser.id, asked.id, other.id, notice.id
        self.by = by
        self.accounts = {one.name: one.id for one in session.scalars(select(Account))}


def _marked(session: Session, whose: str, firm: str, shared: _Shared) -> dict[str, Any]:
    def w(kind: str) -> str:
        return mark(whose, kind)

    def kept(row: Any) -> Any:
        session.add(row)
        session.flush()
        return row.id

    by = shared.by
    gone: dict[str, Any] = {"withdrawn_by": city.OFFICER, "withdrawn_at": NOW}
    numbers: dict[str, Any] = {
        "adviser": shared.adviser,
        "request": shared.asked,
        "review": 1,
        "account": whose if whose != "ref" else "nobody",
    }
    session.get_one(Firm, firm).name = w("name")
    district = session.get_one(Firm, firm).district_code
    # --- what was stated
    brought = Import(
        kind="returns",
        file_name=w("brought") + ".xlsx",
        sha256=f"{whose:0<64}"[:64],
        map_name="city",
        cohort=CITY if district else "neeq",
        source="hnte_annual",
        rows=2,
        imported_at=NOW,
        imported_by=w("brought"),
        district_code=district,
    )
    numbers["import"] = kept(brought)
    undone = {"state": "undone", "undone_at": NOW, "undone_by": "x", "undone_why": w("import")}
    about = {"kind": "returns", "map_name": "city", "cohort": CITY, "source": "hnte_annual", "rows": 0}
    of_it = {"file_name": w("import"), "sha256": "0" * 64, "imported_by": w("import"), "district_code": district}
    kept(Import(**about, **of_it, **undone, imported_at=NOW))
    numbers["refused"] = kept(
        RefusedImport(
            kind="returns",
            file_name=w("import") + ".xlsx",
            map_name="city",
            cohort=CITY,
            source="hnte_annual",
            refused_at=NOW,
            refused_by=w("import"),
            problem_count=1,
            district_code=district,
            problems=[
                {
                    "sheet": "s",
                    "cell": "A1",
                    "found": w("import"),
                    "text": {"zh_CN": w("import"), "en": w("import")},
                    "firm": firm,
                }
            ],
        )
    )
    form = Return(import_id=numbers["import"], source="hnte_annual", sheet="年度财务", in_force=True)
    session.add(form)
    session.flush()
    stated = {
        "cluster": w("fact"),
        "hnte_field": w("fact"),
        "prepared_by": w("fact"),
        "revenue_cny": 7e7,
        "staff": 77,
        "district_code": district,
    }
    rows = []
    for year, name in ((2019, w("former")), (YEAR, w("name"))):
        row = ReturnRow(
            firm_id=firm, return_id=form.id, sheet_row=year, year=year, known_on=public_on(year), name=name, **stated
        )
        rows.append(kept(row))
    about = {"firm_id": firm, "year": YEAR}
    odd = {
        "import_id": 1,
        "kind": "growth",
        "field": "revenue_cny",
        "sheet": w("finding_cell"),
        "found": w("finding_cell"),
        "msgid": "Look",
        "params": {},
    }
    settled = {"state": "explained", "settled_by": "x", "settled_at": NOW, "settled_why": w("settled")}
    numbers["finding"] = kept(ImportFinding(**about, **odd))
    kept(ImportFinding(**about, **odd, **settled))
    apart = {
        "value": 1.0,
        "other_value": 2.0,
        "gap_share": 1.0,
        "row_id": rows[0],
        "other_row_id": rows[1],
        "found_at": NOW,
        "prepared_by": w("finding_cell"),
    }
    numbers["cross_check"] = kept(CrossCheck(**about, fact="revenue_cny", **apart))
    kept(CrossCheck(**about, fact="staff", **apart, **settled))
    # --- tutoring
    case = session.scalars(select(Case).where(Case.firm_id == firm, Case.closed_on.is_(None))).first()
    if case is None:
        case = Case(firm_id=firm, opened_on=_LONG_AGO, stage="nurture", stage_since=_LONG_AGO)
        kept(case)
    numbers["case"] = case.id
    ended_case = kept(
        Case(
            firm_id=firm,
            opened_on=date(2023, 1, 5),
            closed_on=date(2024, 1, 5),
            outcome="withdrawn",
            closed_why=w("case"),
            stage="nurture",
            stage_since=date(2023, 1, 5),
        )
    )
    kept(CaseStage(case_id=ended_case, stage="nurture", entered_on=date(2023, 1, 5), recorded_by="x", recorded_at=NOW))
    stage = {"case_id": case.id, "recorded_by": "x", "recorded_at": NOW, "entered_on": _LONG_AGO}
    taken = {"taken_back_by": "x", "taken_back_at": NOW}
    stage_id = kept(CaseStage(**stage, stage="share_reform", back_by="tutoring_terminated", why=w("case"), lacked=[]))
    kept(CaseStage(**stage, stage="advisers", **taken, taken_back_why=w("case")))
    kept(CaseLeader(case_id=case.id, level="city", name=w("leader"), post=w("leader"), named_by="x", named_at=NOW))
    kept(
        CaseLeader(
            case_id=case.id,
            level="town",
            name=w("leader"),
            post=w("leader"),
            named_by="x",
            named_at=NOW,
            ended_by="x",
            ended_at=NOW,
            ended_why=w("leader_why"),
        )
    )
    visit = {
        "case_id": case.id,
        "visited_on": date(2026, 4, 1),
        "visited_by": "x",
        "findings": w("finding"),
        "recorded_at": NOW,
    }
    numbers["visit"] = kept(Visit(**visit, next_step=w("step"), due_on=DAY))
    kept(Visit(**visit, next_step=w("step"), due_on=DAY, done_on=DAY, done_by="x", done_note=w("step_note")))
    kept(
        Visit(
            **visit,
            next_step=w("step"),
            due_on=DAY,
            step_withdrawn_by="x",
            step_withdrawn_at=NOW,
            step_withdrawn_why=w("finding"),
        )
    )
    kept(Visit(**visit, **gone, withdrawn_why=w("finding")))
    task = {"case_id": case.id, "first_due_on": DAY, "due_on": DAY + timedelta(days=40), **by}
    numbers["task"] = kept(Task(**task, what=w("task"), for_firm=False))
    kept(Task(**task, what=w("firmtask"), for_firm=True))
    kept(Task(**task, what=w("task"), for_firm=False, stage="tutoring_filed"))
    kept(Task(**task, what=w("task"), for_firm=False, done_on=DAY, done_by="x", done_note=w("task")))
    kept(Task(**task, what=w("task"), for_firm=False, **gone, withdrawn_why=w("task")))
    kept(TaskEntry(task_id=numbers["task"], kind="comment", content=w("task"), written_by="x", written_at=NOW))
    problem = {"kind": "land", "opened_on": DAY, "due_on": _LATE, **by}
    numbers["problem"] = kept(Problem(**problem, text=w("problem"), department="courts"))
    ended = kept(Problem(**problem, text=w("problem"), resolved_on=DAY, resolved_by="x", resolved_how=w("problem")))
    mistaken = kept(Problem(**problem, text=w("problem"), **gone, withdrawn_why=w("problem")))
    joined = {"firm_id": firm, "joined_on": DAY, "joined_by": "x", "joined_at": NOW}
    left = {"left_on": DAY, "left_by": "x", "left_at": NOW, "left_why": w("problem")}
    said = {"on": DAY, "text": w("problem"), "by": "x", "at": NOW}
    for number, turn in ((numbers["problem"], None), (ended, "resolved"), (mistaken, "withdrawn")):
        kept(ProblemFirm(problem_id=number, **joined))
        kept(ProblemEntry(problem_id=number, kind="opened", due_on=_LATE, department="courts", **said))
        kept(ProblemEntry(problem_id=number, kind=turn or "minutes", **said))
    kept(ProblemFirm(problem_id=ended, **joined, **left))
    engaged = {"firm_id": firm, "adviser_id": shared.adviser, "agreed_on": _LONG_AGO, **by}
    kept(Engagement(**engaged, stage_id=stage_id))
    kept(Engagement(**engaged, ended_on=DAY, ended_why=w("adviser")))
    kept(Engagement(**engaged, **taken, taken_back_why=w("adviser")))
    judged = {
        "firm_id": firm,
        "adviser_id": shared.adviser,
        "year": YEAR,
        "evaluated_on": DAY,
        "competence": 4,
        "diligence": 4,
        "promptness": 4,
        "note": w("adviser"),
        **by,
    }
    numbers["evaluation"] = kept(AdviserEvaluation(**judged))
    kept(AdviserEvaluation(**judged, ended_by="x", ended_at=NOW, ended_why=w("adviser")))
    put = {"firm_id": firm, "put_by": "x", "put_at": NOW}
    kept(FirmLabel(**put, label=w("label")))
    kept(FirmLabel(**put, label=w("label") + "2", taken_by="x", taken_at=NOW))
    did = {"firm_id": firm, "kind": "renovation", "occurred_on": DAY, "known_on": DAY}
    numbers["activity"] = kept(FirmActivity(**did, name=w("activity"), counterpart=w("activity") + "2"))
    kept(FirmActivity(**did, name=w("activity") + "3", in_force=False, withdrawn_by="x", withdrawn_at=NOW))
    kept(FirmLeader(firm_id=firm, level="town", name=w("leader"), post=w("leader"), named_by="x", named_at=NOW))
    gone_leader = {"ended_by": "x", "ended_at": NOW, "ended_why": w("leader_why")}
    kept(FirmLeader(firm_id=firm, level="county", name=w("leader"), named_by="x", named_at=NOW, **gone_leader))
    touched = {"firm_id": firm, "level": "town", "leader": w("leader"), "contacted_on": DAY, **by}
    numbers["contact"] = kept(LeaderContact(**touched, note=w("contact")))
    kept(LeaderContact(**touched, note=w("contact") + "2", **gone, withdrawn_why=w("contact")))
    for choice, state in zip(shared.rounds, ("nominated", "withdrawn", "nominated"), strict=True):
        nominated = {"firm_id": firm, "stage": "growth", "place": 1, "total": 50.0, "nominated_by": "x"}
        numbers["pacesetter"] = kept(
            PacesetterNomination(round_id=choice.id, **nominated, nominated_at=NOW, why=w("pacesetter"), state=state)
        )
    against = {"nomination_id": numbers["pacesetter"], "firm_id": firm, "received_on": DAY, **by}
    numbers["pacesetter_objection"] = kept(
        PacesetterObjection(**against, from_whom=w("pacesetter"), content=w("pacesetter"))
    )
    # --- what passes between firm and bureau
    words = {"firm_id": firm, "written_by": "x", "role": "officer", "written_at": NOW}
    numbers["message"] = kept(WrittenMessage(**words, text=w("message")))
    kept(WrittenMessage(**words, text=w("message_gone"), **gone, withdrawn_why=w("message")))
    objected = {
        "firm_id": firm,
        "about": "figure",
        "fact": "staff",
        "year": YEAR,
        "source": "hnte_annual",
        "shown": w("objection"),
        "asked": w("objection"),
        "why": w("objection"),
        "raised_by": w("objection"),
        "raised_for": w("objection"),
        "raised_on": DAY,
        "raised_at": NOW,
        "due_on": _LATER,
    }
    numbers["objection"] = kept(FirmObjection(**objected))
    kept(
        FirmObjection(
            **objected, accepted=False, answer=w("objection"), answered_by="x", answered_on=DAY, answered_at=NOW
        )
    )
    kept(FirmObjection(**objected, withdrawn_by="x", withdrawn_on=DAY, withdrawn_why=w("objection")))
    for state, kind in (
        ("draft", "draft"),
        ("withdrawn", "draft"),
        ("sent", "return"),
        ("passed", "return"),
        ("returned", "return"),
    ):
        content = keep_bytes(
            session, typed_form(firm, YEAR, {"staff": "80", "hnte_field": w(kind)}).content + w(kind).encode()
        )
        numbers[f"return_{state}"] = kept(
            OwnReturn(
                firm_id=firm,
                year=YEAR,
                state=state,
                file_name=w(kind) + ".xlsx",
                sha256=content,
                made_by=w(kind),
                made_at=NOW,
                sent_by=None if kind == "draft" else "x",
                sent_at=None if kind == "draft" else NOW,
                note=w(kind),
            )
        )
    numbers["return"] = numbers["return_sent"]
    # --- what the firm claims
    claim = {
        "firm_id": firm,
        "rule_id": "demo_pacesetter",
        "once": "demo_pacesetter",
        "occasion": f"year:{YEAR - 1}",
        "occasion_on": DAY,
        "claimed_fen": 30_000_000,
        "basis": {},
        "evidence": w("claim"),
        "state": "claimed",
        "claimed_on": DAY,
        "claimed_by": w("claim"),
        "claimed_for": w("claim"),
        "claimed_at": NOW,
    }
    numbers["claim"] = kept(SupportClaim(**claim, live=True))
    kept(SupportClaimEntry(claim_id=numbers["claim"], step="claimed", note=w("claim_note"), on=DAY, by="x", at=NOW))
    for kind in ("paid", "clawed_back"):
        money = {"claim_id": numbers["claim"], "kind": kind, "amount_fen": 7, "on": DAY, "by": "x", "at": NOW}
        kept(SupportPayment(**money, voucher=w("claim_paid"), why=w("claim_paid")))
    files = (("visit", "visit_id"), ("message", "message_id"), ("objection", "objection_id"))
    for kind, of in (*files, ("claim", "support_claim_id")):
        name = f"{kind}_file"
        content = keep_bytes(session, w(name).encode())
        file = {
            "kind": kind,
            of: numbers[kind],
            "media_type": "application/pdf",
            "size": 9,
            "sha256": content,
            "added_by": "x",
            "added_at": NOW,
        }
        numbers[name] = kept(Attachment(**file, file_name=w(name) + ".pdf"))
        kept(Attachment(**file, file_name=w(name + "_gone") + ".pdf", **gone, withdrawn_why=w(name + "_gone")))
    numbers["file"] = numbers["visit_file"]
    # --- pools
    proposed = {
        "firm_id": firm,
        "as_of": DAY,
        "action": "enter",
        "to_pool": "seed",
        "points": 59.0,
        "line_points": 58.0,
        "reason_msgid": "",
        "reason_params": {},
        "rules_fingerprint": "r" * 64,
        "data_fingerprint": "d" * 64,
        "proposed_at": NOW,
        "review_id": 1,
    }
    decided = {"state": "overruled", "decided_by": w("decided"), "decided_at": NOW, "decided_on": DAY, "signed_by": "x"}
    numbers["decision"] = kept(PoolProposal(**proposed, **decided, why=w("decided")))
    numbers["proposal"] = kept(PoolProposal(**proposed, deferred_until=_LATER, deferred_why=w("proposal")))
    if whose == "near":
        kept(PoolMembership(firm_id=firm, pool="seed", entered_on=_LONG_AGO, entered_by_id=numbers["decision"]))
    condition = {"zh": w("proposal"), "en": w("proposal")}
    session.add(
        PoolReviewFirm(
            review_id=1,
            firm_id=firm,
            pool="golden",
            standing="near",
            place=3,
            points=50.0,
            details={"conditions": [condition]},
        )
    )
    declared = {
        "firm_id": firm,
        "declared_on": DAY,
        "declared_by": w("declared"),
        "recorded_by": "x",
        "recorded_at": NOW,
    }
    applied = {
        "intends_to_list": True,
        "target_board": "bse",
        "reform_on": None,
        "filing_on": None,
        "advisers": [{"role": "broker", "name": w("declared"), "signed_on": None}],
        "contact": {"name": w("declared"), "phone": w("declared")},
        "truth": True,
    }
    numbers["declaration"] = kept(Declaration(**declared, kind="application", content=applied))
    numbers["nomination"] = kept(
        Declaration(**declared, kind="nomination", content={}, why=w("nominated"), district_code=district)
    )
    kept(
        Declaration(
            **declared,
            kind="nomination",
            content={},
            why=w("nominated"),
            withdrawn_on=DAY,
            **gone,
            withdrawn_why=w("nominated"),
        )
    )
    if district:
        answered = {"firm_id": firm, "answer": "not_clean", "answered_on": DAY, "answered_by": "x", "recorded_at": NOW}
        kept(Opinion(request_id=shared.other, **answered, note=w("opinion_tax")))
        if whose == "near":  # the courts were asked about this one alone
            kept(Opinion(request_id=shared.asked, **answered, note=w("opinion_courts")))
        kept(NoticeFirm(notice_id=shared.notice, proposal_id=numbers["proposal"], firm_id=firm))
        numbers["notice_objection"] = kept(
            NoticeObjection(
                notice_id=shared.notice,
                firm_id=firm,
                received_on=DAY,
                from_whom=w("notice"),
                content=w("notice"),
                recorded_by="x",
                recorded_at=NOW,
                upheld=False,
                answer=w("notice"),
                answered_on=DAY,
                answered_by="x",
            )
        )
    # --- accounts and what is theirs
    if district:
        session.add(
            Account(
                name=w("account"),
                role="enterprise",
                firm_id=firm,
                password_hash="",
                stamp="",
                must_change=False,
                created_at=NOW,
                person_name=w("account"),
                unit=w("account"),
                phone=w("account"),
            )
        )
        session.flush()
    owner = shared.accounts[
        "officer of the district" if whose == "own" else "officer elsewhere" if whose == "far" else city.OFFICER
    ]
    numbers["view"] = kept(SavedView(account_id=owner, name=w("view"), query=f"search={w('view')}", saved_at=NOW))
    session.add(
        VisitChoice(account_id=owner, week=DAY - timedelta(days=DAY.weekday()), firms=[firm], chosen_at=NOW)
    ) if whose != "ref" else None
    if whose == "ref":
        owner = shared.accounts["analyst"]
    numbers["job"] = f"{whose:a<24}".encode().hex()[:24]
    session.add(
        Job(
            id=numbers["job"],
            kind="look",
            account_id=owner,
            language="zh_CN",
            arguments={"file": w("job")},
            state="done",
            asked_at=NOW,
            heartbeat_at=datetime(2099, 1, 1),
            says=w("job"),
            result={"file": w("job") + ".xlsx", "message": w("job")},
        )
    )
    session.flush()
    session.add(JobFile(job_id=numbers["job"], name="mended.xlsx", content=w("job").encode()))
    audit.record(
        session,
        people.console(),
        "record_visit",
        f"visit:{numbers['visit']}",
        {"firm_id": firm, "why": w("trail")},
        NOW,
    )
    return numbers
