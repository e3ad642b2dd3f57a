"""Two people at one record: who comes second is told what the first did, and nothing of his is stored."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.tables import AuditEntry
from pipeline.tutoring.stages import EXITS, STAGES


class ChangedMeanwhile(ShownToPeople):
    """What somebody wants to change is no longer what he saw."""


_DONE: Mapping[str, str] = {
    "open_case": N_("opened the case"),
    "change_stage": N_("set the stage to %(stage)s (%(on)s)"),
    "close_case": N_("closed the case as %(outcome)s (%(on)s)"),
    "go_back": N_("put the case back to %(stage)s by %(outcome)s (%(on)s)"),
    "name_advisers": N_("named other advisers"),
    "take_back": N_("took back what was recorded last"),
    "assign_mentor": N_("changed the mentor"),
    "name_leader": N_("changed a leader who stands by the firm"),
    "add_task": N_("set this task"),
    "postpone_task": N_("postponed this task"),
    "hand_over_task": N_("gave this task to somebody"),
    "comment_task": N_("wrote about this task"),
    "finish_task": N_("marked this task as done (%(on)s)"),
    "reopen_task": N_("reopened this task"),
    "withdraw_task": N_("withdrew this task"),
    "record_visit": N_("recorded this visit"),
    "correct_visit": N_("corrected this visit"),
    "withdraw_visit": N_("withdrew this visit"),
    "change_step": N_("changed this next step"),
    "withdraw_step": N_("withdrew this next step"),
    "finish_step": N_("marked this step as done (%(on)s)"),
    "reopen_step": N_("reopened this step"),
    "attach_file": N_("attached a file"),
    "withdraw_attachment": N_("withdrew an attachment"),
    "record_problem": N_("recorded this problem"),
    "add_firm_to_problem": N_("added a firm to this problem"),
    "leave_problem": N_("took a firm off this problem"),
    "add_to_problem": N_("wrote an entry to this problem"),
    "postpone_problem": N_("postponed this problem"),
    "hand_over_problem": N_("handed this problem over"),
    "resolve_problem": N_("marked this problem as resolved (%(on)s)"),
    "reopen_problem": N_("reopened this problem"),
    "withdraw_problem": N_("withdrew this problem"),
    "raise_problem": N_("raised this problem"),
    "register_adviser": N_("entered this adviser in the register"),
    "correct_adviser": N_("corrected the name or the code of this adviser"),
    "merge_advisers": N_("merged another spelling into this adviser"),
    "file_adviser": N_("kept a filing of this adviser"),
    "correct_filing": N_("corrected a filing of this adviser"),
    "withdraw_filing": N_("withdrew a filing of this adviser"),
    "evaluate_adviser": N_("evaluated this adviser"),
    "correct_evaluation": N_("corrected an evaluation of this adviser"),
    "withdraw_evaluation": N_("withdrew an evaluation of this adviser"),
    "list_adviser": N_("put this adviser on the negative list"),
    "reply_of_adviser": N_("kept a reply of this adviser"),
    "extend_listing": N_("let an entry of the negative list end later"),
    "lift_listing": N_("took this adviser off the negative list"),
}


def check_seen(session: Session, subject: str, version: int, seen: int | None) -> None:
    """Raise ChangedMeanwhile, saying who did what, unless the record is of the version that somebody saw.

    `subject`: as the audit log names it, "case:12"; `seen` None: whoever asks saw nothing and means whatever it is now.
    """
    if seen is None or seen == version:
        return
    last = session.scalar(
        select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id.desc()).limit(1)
    )
    who = last.person if last is not None else "?"
    what: object = Message(_DONE[last.action], _filled(last.details)) if last and last.action in _DONE else "?"
    raise ChangedMeanwhile(
        Message(
            N_("%(who)s has just changed this: %(what)s. Nothing of yours was stored; look at it as it is now."),
            {"who": who, "what": what},
        )
    )


def _filled(details: Mapping[str, Any]) -> dict[str, object]:
    stage, outcome = details.get("stage"), details.get("outcome")
    return {
        "stage": STAGES.get(str(stage), stage),
        "outcome": EXITS.get(str(outcome), STAGES.get(str(outcome), outcome)),
        "on": details.get("on"),
    }
