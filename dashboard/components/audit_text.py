"""Text of an entry of the audit log: the action, its subject, and its details under their labels.

Firms are called by their names (dashboard/queries/trail_names.py finds them). A name that this program does not know
is shown as it was written. Hashes, and the numbers of cases and score runs in details, are shown in the export alone.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from dashboard.components import terms
from pipeline import language
from pipeline.accounts.roles import ROLES
from pipeline.activities import in_words as activity_words
from pipeline.advisers.kinds import AUTHORITIES, RESULTS, STRATA, SUBJECTS
from pipeline.catalog import catalog
from pipeline.declarations.declarations import KINDS
from pipeline.intake.mapping import column_maps
from pipeline.language import N_, Label
from pipeline.language import gettext as _
from pipeline.opinions.requests import ANSWERS
from pipeline.pacesetters.in_words import STATES as PACESETTER_STATES
from pipeline.reminders.choices import OFTEN
from pipeline.sources import trust
from pipeline.support.entitlements import money_to_the_fen
from pipeline.support.in_words import occasion_text
from pipeline.tutoring import cases
from pipeline.tutoring.event_boards import board_name
from pipeline.tutoring.gates import kind_name as adviser_kind
from pipeline.tutoring.gates import lack_name
from pipeline.tutoring.mentors.leaders import LEVELS as LEADER_LEVELS
from pipeline.tutoring.problems.escalation import LEVEL_NAMES
from pipeline.tutoring.problems.kinds import ENTRY_KINDS, kind_name, owner_name
from pipeline.wording import number_format
from pipeline.wording.cohorts import cohort_label, cohorts_label

_ACTIONS = {
    "add_person": N_("account opened"),
    "disable_person": N_("account closed"),
    "enable_person": N_("account opened again"),
    "change_role": N_("role changed"),
    "change_contact": N_("name, unit or phone changed"),
    "invite_person": N_("invited by a link"),
    "accept_invitation": N_("invitation accepted"),
    "set_password": N_("password changed"),
    "second_step_on": N_("second step of the sign-in turned on"),
    "second_step_off": N_("second step of the sign-in turned off"),
    "use_recovery_code": N_("recovery code used"),
    "bind_outside": N_("account of the city bound"),
    "unbind_outside": N_("account of the city unbound"),
    "add_task": N_("task set"),
    "postpone_task": N_("task postponed"),
    "hand_over_task": N_("task handed over"),
    "comment_task": N_("task written about"),
    "finish_task": N_("task done"),
    "reopen_task": N_("task open again"),
    "withdraw_task": N_("task withdrawn"),
    "save_view": N_("view of the list kept"),
    "delete_view": N_("view of the list forgotten"),
    "choose_visits": N_("visits of a week chosen"),
    "choose_digest": N_("e-mails of reminders chosen"),
    "send_digests": N_("reminders sent"),
    "make_calendar_address": N_("calendar address made"),
    "revoke_calendar_address": N_("calendar address revoked"),
    "record_visit": N_("visit recorded"),
    "finish_step": N_("step done"),
    "correct_visit": N_("visit corrected"),
    "withdraw_visit": N_("visit withdrawn"),
    "change_step": N_("next step changed"),
    "withdraw_step": N_("next step withdrawn"),
    "reopen_step": N_("step open again"),
    "attach_file": N_("file attached"),
    "withdraw_attachment": N_("attachment withdrawn"),
    "write_message": N_("message written"),
    "withdraw_message": N_("message withdrawn"),
    "raise_objection": N_("objection raised"),
    "withdraw_objection": N_("objection withdrawn"),
    "accept_objection": N_("objection accepted"),
    "refuse_objection": N_("objection refused"),
    "correct_by_objection": N_("figure corrected by an objection"),
    "draft_return": N_("draft of a firm's return kept"),
    "send_return": N_("firm's return sent"),
    "withdraw_return": N_("firm's return withdrawn"),
    "pass_return": N_("firm's return passed on"),
    "give_back_return": N_("firm's return given back"),
    "accept_return": N_("firm's return accepted"),
    "store_return": N_("firm's return stored"),
    "record_problem": N_("problem recorded"),
    "add_firm_to_problem": N_("firm added to a problem"),
    "leave_problem": N_("firm taken off a problem"),
    "add_to_problem": N_("entry of a problem written"),
    "postpone_problem": N_("problem postponed"),
    "hand_over_problem": N_("problem handed over"),
    "resolve_problem": N_("problem resolved"),
    "reopen_problem": N_("problem open again"),
    "withdraw_problem": N_("problem withdrawn"),
    "raise_problem": N_("problem raised"),
    "register_adviser": N_("adviser registered"),
    "correct_adviser": N_("adviser corrected"),
    "merge_advisers": N_("advisers merged"),
    "file_adviser": N_("filing of an adviser kept"),
    "correct_filing": N_("filing of an adviser corrected"),
    "withdraw_filing": N_("filing of an adviser withdrawn"),
    "evaluate_adviser": N_("adviser evaluated"),
    "correct_evaluation": N_("evaluation of an adviser corrected"),
    "withdraw_evaluation": N_("evaluation of an adviser withdrawn"),
    "list_adviser": N_("adviser put on the negative list"),
    "reply_of_adviser": N_("reply of an adviser kept"),
    "extend_listing": N_("negative list extended"),
    "lift_listing": N_("adviser taken off the negative list"),
    "propose_listing": N_("agency told that it is to go on the negative list"),
    "hear_agency": N_("statement of an agency kept"),
    "sign_listing": N_("proposal for the negative list signed"),
    "decide_listing": N_("agency put on the negative list by two"),
    "drop_listing": N_("proposal for the negative list dropped"),
    "appeal_listing": N_("appeal of an agency kept"),
    "uphold_listing": N_("entry upheld on appeal"),
    "reverse_listing": N_("entry lifted on appeal"),
    "draw_spot_check": N_("spot check drawn"),
    "record_spot_check": N_("result of a spot check kept"),
    "open_case": N_("case opened"),
    "close_case": N_("case closed"),
    "change_stage": N_("stage changed"),
    "take_back": N_("stage taken back"),
    "go_back": N_("case went back"),
    "name_advisers": N_("advisers named"),
    "assign_mentor": N_("mentor assigned"),
    "name_leader": N_("leader named"),
    "put_label": N_("label put on a firm"),
    "name_firm_leader": N_("leader of a firm without a case named"),
    "record_contact": N_("contact of a leader recorded"),
    "withdraw_contact": N_("contact of a leader withdrawn"),
    "begin_pacesetters": N_("choice of pacesetters begun"),
    "withdraw_pacesetters": N_("choice of pacesetters taken back"),
    "nominate_pacesetter": N_("pacesetter nominated"),
    "withdraw_pacesetter": N_("nomination of a pacesetter withdrawn"),
    "publish_pacesetters": N_("nominated pacesetters made public"),
    "object_pacesetter": N_("objection to a pacesetter recorded"),
    "answer_pacesetter": N_("objection to a pacesetter answered"),
    "decide_pacesetter": N_("pacesetter decided"),
    "revoke_pacesetter": N_("name of a pacesetter revoked"),
    "enter_baseline": N_("baseline of a target entered"),
    "withdraw_baseline": N_("baseline of a target withdrawn"),
    "add_activity": N_("activity of a firm entered"),
    "withdraw_activity": N_("activity of a firm withdrawn"),
    "take_label": N_("label taken off a firm"),
    "hand_over_account": N_("work of an account handed over"),
    "nominate": N_("firm nominated"),
    "apply": N_("application taken in"),
    "withdraw_declaration": N_("declaration withdrawn"),
    "finding_settled": N_("odd cell settled"),
    "cross_check_settled": N_("contradiction settled"),
    "import_undone": N_("import taken back"),
    "findings_corrected": N_("findings corrected by an import"),
    "findings_reopened": N_("findings open again"),
    "propose_pools": N_("review started"),
    "confirm_proposal": N_("proposal confirmed"),
    "overrule_proposal": N_("proposal overruled"),
    "defer_proposal": N_("proposal deferred"),
    "enter_pool_list": N_("list of the pools taken over"),
    "adopt_policy": N_("policy of the pools adopted"),
    "ask_opinions": N_("department asked"),
    "answer_opinions": N_("department answered"),
    "enter_paper_opinions": N_("department's paper entered"),
    "publish_notice": N_("public notice published"),
    "record_objection": N_("objection recorded"),
    "answer_objection": N_("objection answered"),
    "claim_support": N_("support claimed"),
    "withdraw_support": N_("claim to support withdrawn"),
    "accept_support": N_("claim to support accepted"),
    "reject_support": N_("claim to support rejected"),
    "share_out_support": N_("pot of support shared out"),
    "sign_support": N_("claim to support signed"),
    "grant_support": N_("support granted"),
    "pay_support": N_("support paid"),
    "claw_back_support": N_("support clawed back"),
    "promote_model": N_("model promoted"),
    "roll_back_model": N_("earlier model back in office"),
    "keep_column_map": N_("form kept"),
    "store_form": N_("form stored for all hosts"),
    "keep_model_files": N_("files of a model stored for all hosts"),
    "set_expected_events": N_("expected number set"),
    "import_stored": N_("import stored"),
    "import_refused": N_("file refused"),
    "set_return_due": N_("due day of returns set"),
    "ask_for_returns": N_("firms asked for their returns"),
    "store_scores": N_("scores stored"),
    "store_touched_scores": N_("scores of some firms brought up to date"),
    "train_model": N_("model trained"),
    "export": N_("data exported"),
    "sign_in": N_("signed in"),
    "sign_out": N_("signed out"),
    "sign_in_refused": N_("sign-in refused"),
    "seal_trail": N_("trail sealed anew"),
}
_SUBJECTS = {
    "account": N_("account"),
    "case": N_("case"),
    "visit": N_("visit"),
    "message": N_("message"),
    "task": N_("task"),
    "problem": N_("problem"),
    "adviser": N_("adviser"),
    "spot_check": N_("spot check"),
    "proposal": N_("proposal"),
    "declaration": N_("declaration"),
    "review": N_("review"),
    "policy": N_("policy of the pools"),
    "opinion_request": N_("list of a department"),
    "notice": N_("public notice"),
    "objection": N_("objection"),
    "firm_objection": N_("objection of a firm"),
    "own_return": N_("return of a firm itself"),
    "support_claim": N_("claim to support"),
    "support_pot": N_("pot of support"),
    "import": N_("import"),
    "finding": N_("odd cell"),
    "cross_check": N_("contradiction"),
    "model": N_("model"),
    "map": N_("form"),
    "firm": N_("firm"),
    "score_run": N_("score run"),
    "export": N_("export"),
    "trail": N_("trail"),
    "digest": N_("reminders of"),
    "returns": N_("returns of the year"),
    "contact": N_("contact of a leader"),
    "pacesetter_round": N_("choice of pacesetters"),
    "target": N_("target"),
    "nomination": N_("nomination of a pacesetter"),
    "pacesetter_objection": N_("objection to a pacesetter"),
    "activity": N_("activity"),
}
#: What is always about one firm: its number alone would tell nobody which.
_OF_A_FIRM = frozenset(
    {
        "case",
        "visit",
        "message",
        "task",
        "proposal",
        "declaration",
        "finding",
        "cross_check",
        "objection",
        "firm_objection",
        "own_return",
        "contact",
        "nomination",
        "pacesetter_objection",
        "activity",
        "support_claim",
    }
)
_LABELS = {
    "role": N_("role"),
    "firm_id": N_("firm"),
    "firm": N_("firm"),
    "district_code": N_("district"),
    "seconded_by": N_("second person"),
    "before": N_("was"),
    "after": N_("now"),
    "on": N_("on"),
    "activity": N_("kind of activity"),
    "activity_level": N_("level of the activity"),
    "activity_name": N_("name of the activity"),
    "activities": N_("activities"),
    "amount_cny": N_("amount"),
    "as_of": N_("as of"),
    "stage": N_("stage"),
    "mentor": N_("mentor"),
    "mentor_before": N_("mentor before"),
    "act": N_("done together"),
    "label": N_("label of the firm"),
    "leader": N_("leader who stands by it"),
    "leader_before": N_("leader who stood by it before"),
    "leader_level": N_("level of the leader"),
    "place": N_("place in the ranking"),
    "ranked": N_("ranked firms"),
    "decision": N_("decision about the pacesetter"),
    "outcome": N_("outcome"),
    "broker": N_("broker"),
    "law_firm": N_("law firm"),
    "auditor": N_("auditor"),
    "valuer": N_("valuer"),
    "adviser": N_("adviser"),
    "adviser_kind": N_("kind of adviser"),
    "credit_code": N_("credit code"),
    "name": N_("name"),
    "merged": N_("merged spelling"),
    "merged_number": N_("number of the merged one"),
    "authority": N_("filed with"),
    "filing_number": N_("number of the filing"),
    "filed_on": N_("filed on"),
    "valid_until": N_("valid until"),
    "competence": N_("competence"),
    "diligence": N_("diligence"),
    "promptness": N_("promptness"),
    "entry": N_("entry of the negative list"),
    "ends_before": N_("until before"),
    "check_subject": N_("drawn from"),
    "strata": N_("groups"),
    "size": N_("how many"),
    "drawn_of": N_("out of"),
    "seed": N_("seed"),
    "frame_hash": N_("hash of those that could be drawn"),
    "result": N_("result"),
    "lacked": N_("entered without"),
    "waived": N_("reason to waive"),
    "why": N_("why"),
    "note": N_("note"),
    "case": N_("case"),
    "visit": N_("visit"),
    "attachment": N_("attachment no."),
    "letters": N_("letters"),
    "for_firm": N_("the firm sees it"),
    "repeats": N_("repeats after months"),
    "visited_on": N_("visited on"),
    "next_step": N_("next step"),
    "problem_kind": N_("kind of problem"),
    "entry_kind": N_("kind of entry"),
    "level": N_("raised to"),
    "due_on": N_("due on"),
    "found": N_("findings of the visit"),
    "was": N_("was"),
    "now": N_("now"),
    "owner": N_("who does it"),
    "done_on": N_("done on"),
    "done_by": N_("done by"),
    "action": N_("proposed"),
    "from": N_("from"),
    "to": N_("to"),
    "points": N_("points"),
    "run": N_("score run"),
    "model": N_("model"),
    "lapsed": N_("lapsed"),
    "scored": N_("scored"),
    "waiting": N_("waiting"),
    "enter": N_("entries"),
    "promote": N_("promotions"),
    "demote": N_("demotions"),
    "exit": N_("exits"),
    "renew": N_("renewals"),
    "until": N_("until"),
    "begins_on": N_("begins on"),
    "review": N_("review"),
    "year": N_("year"),
    "fact": N_("figure"),
    "about": N_("about"),
    "finding": N_("odd cell no."),
    "proposal": N_("decision no."),
    "import": N_("import no."),
    "state": N_("state"),
    "file": N_("file"),
    "rows": N_("rows"),
    "events": N_("stage events"),
    "forced": N_("although decisions rest on it"),
    "rested_on_it": N_("what rested on it"),
    "title": N_("title"),
    "cohort": N_("cohort"),
    "by": N_("moved by"),
    "findings": N_("odd cells"),
    "finding_numbers": N_("numbers of the odd cells"),
    "contradictions": N_("contradictions"),
    "contradiction_numbers": N_("numbers of the contradictions"),
    "firms": N_("firms"),
    "new_firms": N_("new firms"),
    "cohorts": N_("cohorts"),
    "entries": N_("number of entries"),
    "source": N_("source"),
    "problems": N_("problems"),
    "expected": N_("expected"),
    "wrong_before": N_("wrong passwords before"),
    "wrong": N_("wrong passwords"),
    "department": N_("department"),
    "notice": N_("public notice"),
    "answers": N_("answers"),
    "answer": N_("answer"),
    "answer_text": N_("answer"),
    "signed_by": N_("signed by"),
    "ends_on": N_("last day"),
    "working_days": N_("working days"),
    "from_whom": N_("who objects"),
    "content_text": N_("what is objected"),
    "late": N_("received after the last day"),
    "upheld": N_("upheld"),
    "address": N_("address"),
    "event": N_("event"),
    "within_months": N_("months"),
    "declaration": N_("declaration"),
    "target_board": N_("target board"),
    "filing_on": N_("planned filing"),
    "replaces": N_("replaces no."),
    "often": N_("how often"),
    "amount_fen": N_("amount"),
    "rule": N_("rule"),
    "occasion": N_("claimed for"),
    "pot": N_("pot of support"),
    "rank": N_("place by rank"),
    "voucher": N_("voucher"),
    "given": N_("claims with money"),
    "moved": N_("claims moved on"),
    "refused": N_("claims without money"),
    "sent": N_("sent"),
    "failed": N_("failed"),
    "unsure": N_("not known whether it arrived"),
}
#: What a file held that somebody took away: the part of the subject after "export:".
EXPORTS = {
    "target_firms": N_("firms behind a target"),
    "firms": N_("list of firms"),
    "activities": N_("activities"),
    "trail": N_("trail"),
    "model_data": N_("data of a model"),
    "model_card": N_("card of a model"),
    "marked_workbook": N_("workbook with marked cells"),
    "findings": N_("odd cells"),
    "contradictions": N_("contradictions"),
    "scores": N_("scores"),
    "report": N_("report about a firm"),
    "verdicts": N_("verdicts of the boards"),
    "backtest": N_("scores of a backtest"),
    "pool_paper": N_("paper of the pools"),
    "pool_report": N_("report of changes in the pools"),
    "special_report": N_("special report of the city"),
    "visit_sheet": N_("visit sheets"),
    "week": N_("visits of the week"),
    "cases": N_("list of cases"),
    "visits": N_("list of visits"),
    "returns_progress": N_("progress of returns"),
    "attachment": N_("attachment of a visit"),
    "message_file": N_("attachment of a message"),
    "objection_file": N_("file of an objection"),
    "monitoring": N_("monitoring report"),
    "support_paid": N_("list of what was paid"),
    "support_file": N_("file of a claim to support"),
    "own_form": N_("form of a firm with what is known"),
    "own_return": N_("return of a firm itself"),
    "ladder": N_("lists of the growth ladder"),
    "ladder_letters": N_("letters about the growth ladder"),
}
#: So many firms of an entry are shown; the search looks through all of them.
_MOST_FIRMS = 3
_HASHES = frozenset({"policy", "data", "content", "fingerprint", "file_hashes", "ranking_hash"})
#: Numbers and codes that no page shows; the firm, the day and the reason beside them say which are meant.
_INTERNAL = frozenset({"case", "run", "kind", "rule_id"})
#: Under what names the details keep a firm.
_FIRM = ("firm_id", "firm")


def action_text(action: str) -> str:
    return _(_ACTIONS[action]) if action in _ACTIONS else action


def firms_of(subject: str, details: Mapping[str, Any]) -> list[str]:
    """The ids of the firms that the text of an entry names."""
    kind, _colon, which = subject.partition(":")
    found = [which] if kind == "firm" else []
    for part in (details, *(value for value in details.values() if isinstance(value, Mapping))):
        found += [part[name] for name in _FIRM if isinstance(part.get(name), str)]
        found += [firm for firm in _listed(part.get("firms"))[:_MOST_FIRMS] if isinstance(firm, str)]
        found += [one["firm_id"] for one in _listed(part.get("answers")) if isinstance(one, Mapping)]
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def subject_text(subject: str, details: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """`case:194` as 辅导档案：榕动电机有限公司（第 194 号）. `names`: the firms' names by their ids."""
    kind, _colon, which = subject.partition(":")
    if kind not in _SUBJECTS:
        return subject
    if kind == "map":
        which = column_maps.title(which)
    what = _(_SUBJECTS[kind])
    if not which:
        return what
    if kind == "firm":
        return language.headed(what, names.get(which, which))
    if kind == "export":
        return language.headed(what, _(EXPORTS[which]) if which in EXPORTS else which)
    if kind == "support_pot" and isinstance(details.get("pot"), Mapping):  # which one, the details say
        return what
    if kind == "score_run" and details.get("cohort") and details.get("as_of"):
        which = f"{language.pick(cohort_label(details['cohort']))} {details['as_of']}"
        return language.headed(what, which)
    firm = next((details[name] for name in _FIRM if details.get(name)), None)
    if kind in _OF_A_FIRM and firm is not None:
        named = _("%(firm)s (no. %(number)s)", firm=names.get(firm, firm), number=which)
        return language.headed(what, named)
    return f"{what} {which}"


def details_text(details: Mapping[str, Any], names: Mapping[str, str], subject: str = "") -> str:
    """The details in the order they were written; without blank ones, hashes, internal numbers, and the firm where
    the text of the `subject` names it."""
    left_out = _HASHES | _INTERNAL | (frozenset(_FIRM) if subject.partition(":")[0] in _OF_A_FIRM else frozenset())
    return language.joined(
        language.headed(_(_LABELS[name]) if name in _LABELS else name, _value(name, value, names))
        for name, value in details.items()
        if value not in (None, "", [], False) and name not in left_out
    )


def _value(name: str, value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, str):
        if name in _FIRM:
            return names.get(value, value)
        text_of = _TEXTS.get(name)
        return text_of(value) if text_of is not None else value
    if isinstance(value, Mapping) and value.keys() == {"zh", "en"}:  # what it was called on that day
        return language.pick(Label(**value))
    if isinstance(value, Mapping):  # what stood there before a correction, and what stands there now
        return f"[{details_text(value, names)}]"
    if value is True:
        return _("yes")
    if isinstance(value, float):
        return f"{value:.1f}"
    if name == "amount_fen":
        return money_to_the_fen(value)
    if name == "firms":
        shown = [names.get(firm, str(firm)) for firm in _listed(value)[:_MOST_FIRMS]]
        return language.listed(shown) + (f" … ({len(value)})" if len(value) > _MOST_FIRMS else "")
    if name == "answers":
        return language.listed(f"[{details_text(one, names)}]" for one in _listed(value) if isinstance(one, Mapping))
    if name == "lacked":
        return language.listed(lack_name(str(lack)) for lack in _listed(value))
    if name == "cohorts":
        return language.pick(cohorts_label(_listed(value)))
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)


def _role_or_stage(value: str) -> str:
    return language.pick(ROLES[value].name) if value in ROLES else terms.stage(value)


#: How the text of a value is made, where it is not its own.
_TEXTS: Mapping[str, Callable[[str], str]] = {
    "occasion": occasion_text,
    "role": _role_or_stage,
    "before": _role_or_stage,
    "stage": terms.stage,
    "outcome": lambda value: language.pick(cases.outcome_label(value)),
    "action": lambda value: _(terms.ACTIONS[value]) if value in terms.ACTIONS else value,
    "from": terms.pool,
    "to": terms.pool,
    "district_code": terms.district,
    "department": owner_name,
    "problem_kind": kind_name,
    "entry_kind": lambda value: language.pick(ENTRY_KINDS[value]) if value in ENTRY_KINDS else value,
    "adviser_kind": adviser_kind,
    "authority": lambda value: language.pick(AUTHORITIES[value]) if value in AUTHORITIES else value,
    "check_subject": lambda value: language.pick(SUBJECTS[value]) if value in SUBJECTS else value,
    "strata": lambda value: language.pick(STRATA[value]) if value in STRATA else value,
    "result": lambda value: language.pick(RESULTS[value]) if value in RESULTS else value,
    "level": lambda value: language.pick(LEVEL_NAMES[value]) if value in LEVEL_NAMES else value,
    "leader_level": lambda value: language.pick(LEADER_LEVELS[value]) if value in LEADER_LEVELS else value,
    "decision": lambda value: language.pick(PACESETTER_STATES[value]) if value in PACESETTER_STATES else value,
    "activity": lambda value: language.pick(activity_words.kind_name(value)),
    "activity_level": lambda value: language.pick(activity_words.level_name(value)),
    "amount_cny": lambda value: number_format.exact_money(float(value)),
    "answer": lambda value: language.pick(ANSWERS[value]) if value in ANSWERS else value,
    "upheld": lambda value: _("yes") if value == "yes" else _("no"),
    "state": lambda value: _(terms.STATES[value]) if value in terms.STATES else value,
    "fact": lambda value: language.pick(catalog()[value]) if value in catalog() else value,
    "event": terms.event,
    "target_board": board_name,
    "declaration": lambda value: language.pick(KINDS[value]) if value in KINDS else value,
    "cohort": lambda value: language.pick(cohort_label(value)),
    "often": lambda value: language.pick(OFTEN[value]) if value in OFTEN else value,
    "by": lambda value: _("the events of the firm") if value == "events" else value,
    "title": column_maps.title,
    "source": lambda value: language.pick(trust().sources[value]) if value in trust().sources else value,
}
