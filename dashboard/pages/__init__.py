"""The pages, each over plain functions of queries, pipeline and scoring.

    web, components, queries, jobs ──► a page's module ──► PAGES, DOWNLOADS ──► app.py

A new page is its module, which declares PAGES (and DOWNLOADS where it has files), and its name in a section of
_SECTIONS: menu, icon and policy follow from what it declares. The order here is the order of the menu.
"""

from dataclasses import replace
from typing import Any

from dashboard.pages import (
    account,
    audit_log,
    case_papers,
    checks,
    compare,
    comparison,
    effect,
    imports,
    mapping,
    movers,
    overview,
)
from dashboard.pages.accounts import page as accounts
from dashboard.pages.activities import files as activity_files
from dashboard.pages.activities import page as activities
from dashboard.pages.advisers import changes as adviser_changes
from dashboard.pages.advisers import page as advisers
from dashboard.pages.agencies import changes as agency_changes
from dashboard.pages.agencies import page as agencies
from dashboard.pages.cases import open_cases, stage_board, stage_times, today, together, way
from dashboard.pages.finance import page as finance
from dashboard.pages.firm import page as firm
from dashboard.pages.firm import visit_changes
from dashboard.pages.firm.mine import page as mine
from dashboard.pages.firms import page as firms
from dashboard.pages.growers import changes as grower_changes
from dashboard.pages.growers import page as growers
from dashboard.pages.ladder import files as ladder_files
from dashboard.pages.ladder import page as ladder
from dashboard.pages.messages import files as message_files
from dashboard.pages.messages import page as messages
from dashboard.pages.models import expected_events, model, registry
from dashboard.pages.monitor import files as monitor_files
from dashboard.pages.monitor import page as monitor
from dashboard.pages.objections import files as objection_files
from dashboard.pages.objections import page as objections
from dashboard.pages.opinions import page as opinions
from dashboard.pages.own_returns import desk as handed_in
from dashboard.pages.own_returns import files as own_return_files
from dashboard.pages.own_returns import firm_page as own_return
from dashboard.pages.own_returns import typed_form as own_return_form
from dashboard.pages.pacesetters import changes as pacesetter_changes
from dashboard.pages.pacesetters import page as pacesetters
from dashboard.pages.pools import declarations, over_time, papers, policy_bench
from dashboard.pages.pools import page as pools
from dashboard.pages.pools import reviews as pool_reviews
from dashboard.pages.problems import changes as problem_changes
from dashboard.pages.problems import page as problems
from dashboard.pages.reminders import page as reminders
from dashboard.pages.returns_progress import files as returns_files
from dashboard.pages.returns_progress import page as returns_progress
from dashboard.pages.support import changes as support_changes
from dashboard.pages.support import files as support_files
from dashboard.pages.support import page as support
from dashboard.pages.targets import changes as target_changes
from dashboard.pages.targets import page as targets
from dashboard.pages.visits import files as visit_files
from dashboard.pages.visits import page as visits
from dashboard.web.routes import Download, Page
from pipeline.language import N_

#: The sections of the menu, each with its modules.
_SECTIONS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (
        N_("Every day"),
        (
            overview,
            today,
            firms,
            firm,
            mine,
            visit_changes,
            compare,
            movers,
            own_return,
            own_return_form,
        ),
    ),
    (
        N_("Selection"),
        (
            pools,
            pool_reviews,
            declarations,
            over_time,
            papers,
            opinions,
            policy_bench,
            comparison,
            effect,
        ),
    ),
    (
        N_("Tutoring work"),
        (
            open_cases,
            stage_board,
            stage_times,
            together,
            way,
            case_papers,
            visits,
            visit_files,
            problems,
            problem_changes,
            messages,
            message_files,
            advisers,
            adviser_changes,
        ),
    ),
    (
        N_("Plan"),
        (
            monitor,
            monitor_files,
            targets,
            target_changes,
            support,
            support_changes,
            support_files,
            ladder,
            ladder_files,
            growers,
            grower_changes,
            pacesetters,
            pacesetter_changes,
            activities,
            activity_files,
            finance,
            agencies,
            agency_changes,
        ),
    ),
    (
        N_("Data"),
        (
            imports,
            mapping,
            checks,
            returns_progress,
            returns_files,
            own_return_files,
            handed_in,
            objections,
            objection_files,
        ),
    ),
    (
        N_("Models and accounts"),
        (
            registry,
            model,
            expected_events,
            accounts,
            audit_log,
            reminders,
            account,
        ),
    ),
)
PAGES: tuple[Page, ...] = tuple(
    replace(page, section=section) for section, modules in _SECTIONS for module in modules for page in module.PAGES
)
DOWNLOADS: tuple[Download, ...] = tuple(
    download for _section, modules in _SECTIONS for module in modules for download in getattr(module, "DOWNLOADS", ())
)
