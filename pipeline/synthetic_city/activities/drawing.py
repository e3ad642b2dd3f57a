"""Draw the activities of a made-up city: platforms of firms that spend on R&D, loans, rounds, libraries of the small.

Every kind draws from the same generator in the order of this file; a firm's chance grows with what makes the kind
plausible of it. Nothing happens after the city's last day or in a firm's first month.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.synthetic_city.activities import counterparts as others
from pipeline.synthetic_city.city import City

COLUMNS = (
    "firm_id",
    "firm_name",
    "kind",
    "level",
    "title",
    "counterpart",
    "outcome",
    "amount_cny",
    "occurred_on",
    "ended_on",
    "known_on",
)
#: Of 2,200 firms so many have one; other cities in proportion.
_OF = 2_200
_DAY = np.timedelta64(1, "D")
_SMALL_STAFF, _SMALL_REVENUE = 500, 2e8
#: Kind -> how many, from which year, levels with their weights, the name's ending, years until it ends (None: never).
_PLATFORMS: tuple[tuple[str, int, int, Mapping[str, float], str, int | None], ...] = (
    ("collaboration_centre", 72, 2020, {"city": 1.0}, "产学研协同创新中心", None),
    ("engineering_centre", 480, 2012, {"city": 0.66, "province": 0.33, "nation": 0.01}, "工程技术研究中心", None),
    ("technology_centre", 240, 2013, {"city": 0.6, "province": 0.38, "nation": 0.02}, "企业技术中心", None),
    ("innovation_centre", 10, 2019, {"city": 0.5, "province": 0.5}, "技术创新中心", None),
    ("key_laboratory", 22, 2015, {"city": 0.6, "province": 0.4}, "重点实验室", None),
    ("new_rd_institution", 9, 2017, {"city": 0.5, "province": 0.5}, "研究院", 6),
    ("offshore_rd", 6, 2019, {}, "海外研发中心", None),
    ("technology_alliance", 14, 2018, {}, "产业技术创新联盟", None),
    ("rd_reserve", 300, 2020, {}, "", None),
    ("famous_product", 360, 2021, {}, "系列产品", 3),
    ("ip_alliance", 60, 2018, {}, "产业知识产权联盟", None),
    ("commissioner_station", 90, 2019, {}, "科技特派员工作站", 3),
    ("academician_station", 6, 2016, {}, "院士工作站", 5),
    ("postdoc_station", 12, 2014, {}, "博士后科研工作站", None),
    ("postdoc_base", 26, 2016, {}, "博士后创新实践基地", None),
    ("talent_team", 30, 2018, {"city": 0.7, "province": 0.3}, "创新创业团队", 5),
)


def draw_activities(city: City, seed: int) -> pd.DataFrame:
    """All activities, in the order of their days: COLUMNS, amounts in yuan, blank where not stated; the same for the
    same city and seed."""
    made = _Drawing(city, np.random.default_rng([seed, 50]))
    made.ladder()
    for kind, count, since, levels, ending, years in _PLATFORMS:
        made.platform(kind, count, since, levels, ending, years)
    made.projects()
    made.prizes()
    made.patents()
    made.rounds()
    made.loans()
    made.sought()
    made.meetings()
    return made.together()


class _Drawing:
    """The activities drawn so far."""

    def __init__(self, city: City, rng: np.random.Generator) -> None:
        self.rng = rng
        self.until = np.datetime64(city.until, "D")
        latest = city.facts.groupby(level="firm_id", sort=True).last()
        self.ids = latest.index.to_numpy(dtype=object)
        self.names = latest["name"].to_numpy(dtype=object)
        self.facts = latest
        self.first = latest["registered_on"].to_numpy().astype("datetime64[D]") + 30 * _DAY
        # Who spends more on R&D than others does more of all this.
        self.weight = latest["rd_spend_cny"].rank(pct=True).to_numpy() ** 3
        self.small = ((latest["staff"] <= _SMALL_STAFF) & (latest["revenue_cny"] <= _SMALL_REVENUE)).to_numpy()
        self.parts: list[pd.DataFrame] = []

    # --- what is drawn ---

    def ladder(self) -> None:
        small = self.small * (1 - self.facts["revenue_cny"].rank(pct=True).to_numpy()) ** 2
        who = self.chosen(160, small)
        levels = self.rng.choice(list(others.INCUBATORS), p=[0.2, 0.65, 0.15], size=len(who))
        names = [str(self.rng.choice(others.INCUBATORS[level])) for level in levels]
        self.add("incubated", who, self.days(len(who), 2018), level=levels, counterpart=names, years=3, kept=0.4)
        who = self.chosen(420, self.small)
        self.add("city_micro_listed", who, self.days(len(who), 2019), years=3, kept=0.6)
        last = self.year(self.until)
        for year in range(last - 5, last + 1):
            who = self.chosen(620 + 25 * (year - last + 5), self.small)
            entered = self.day(year, 4, 1) + self.rng.integers(0, 150, len(who)) * _DAY
            self.add("tech_sme_listed", who, entered, ended=np.full(len(who), self.day(year + 1, 3, 31)))
        who = np.flatnonzero(self.facts["revenue_cny"].to_numpy() >= 2e7)
        self.add("above_scale_entered", who[self.rng.random(len(who)) < 0.8], None, since=2012)
        for kind, fact in (("srdi_recognised", "srdi_provincial"), ("little_giant_recognised", "little_giant")):
            who = np.flatnonzero(self.facts[fact].to_numpy() == 1)
            recent = self.until - self.rng.integers(30, 3 * 365, len(who)) * _DAY
            self.add(kind, who, recent, years=3, kept=0.0)
        who = self.chosen(14, self.weight)
        self.add("moved_in", who, self.days(len(who), 2021), counterpart=self.of(others.PLACES_FROM, len(who)))

    def platform(
        self, kind: str, count: int, since: int, levels: Mapping[str, float], ending: str, years: int | None
    ) -> None:
        who = self.chosen(count, self.weight)
        level = self.rng.choice(list(levels), p=list(levels.values()), size=len(who)) if levels else None
        title = [f"{self.names[place][:3]}{ending}" for place in who] if ending else None
        party = None
        if kind == "collaboration_centre":
            party = self.of(others.UNIVERSITIES, len(who))
        elif kind == "offshore_rd":
            party = self.of(others.ABROAD, len(who))
        kept = 0.92 if years is None else 0.5
        self.add(
            kind,
            who,
            self.days(len(who), since),
            level=level,
            title=title,
            counterpart=party,
            years=years or 5,
            kept=kept,
        )

    def projects(self) -> None:
        who = self.chosen(220, self.weight)
        begun = self.days(len(who), 2020)
        ended = begun + self.rng.integers(200, 800, len(who)) * _DAY
        title = [f"{self.names[place][:3]}生产线智能化改造" for place in who]
        done = _some(np.asarray(ended <= self.until), "已完工投产")
        self.add("renovation", who, begun, title=title, amount=self.money(len(who), 16, 0.9), ended=ended, outcome=done)
        who = self.chosen(200, self.weight)
        begun = self.days(len(who), 2019)
        title = [f"{self.names[place][:3]}关键技术联合攻关" for place in who]
        party = self.of(others.UNIVERSITIES, len(who))
        self.add(
            "university_project",
            who,
            begun,
            title=title,
            counterpart=party,
            amount=self.money(len(who), 13.2, 0.8),
            years=2,
            kept=0.1,
        )
        who = self.chosen(16, self.weight)
        self.add("overseas_base", who, self.days(len(who), 2018), counterpart=self.of(others.BASES_ABROAD, len(who)))

    def prizes(self) -> None:
        last = self.year(self.until)
        for year in range(last - 5, last + 1):
            who = self.chosen(60, self.weight + 0.2)
            on = np.full(len(who), self.day(year, 9, 20))
            level = self.rng.choice(["city", "province", "nation"], p=[0.72, 0.22, 0.06], size=len(who))
            won = _some(self.rng.random(len(who)) < 0.45, self.of(others.PRIZES, len(who)))
            self.add("contest", who, on, level=level, title=[f"第{year - 2011}届创新创业大赛"] * len(who), outcome=won)
        who = self.chosen(40, self.weight)
        level = self.rng.choice(["city", "province", "nation"], p=[0.7, 0.27, 0.03], size=len(who))
        self.add("science_award", who, self.days(len(who), 2018), level=level, outcome=self.of(others.AWARDS, len(who)))

    def patents(self) -> None:
        files = self.facts["pct_applications"].to_numpy() > 0
        who = self.chosen(360, self.weight * files)
        self.add("pct_filed", who, self.days(len(who), 2019))
        who = self.chosen(130, self.weight * files)
        party = self.of(others.ABROAD, len(who))
        self.add("foreign_patent", who, self.days(len(who), 2016), counterpart=party, years=10, kept=0.9)

    def rounds(self) -> None:
        who = np.flatnonzero(self.facts["latest_round_on"].notna().to_numpy())
        on = self.facts["latest_round_on"].to_numpy().astype("datetime64[D]")[who]
        worth = self.facts["latest_round_valuation_cny"].to_numpy()[who]
        levels = np.array(["angel", "a", "b", "c"])[np.digitize(worth, [3e7, 1.5e8, 6e8])]
        amount = worth * self.rng.uniform(0.05, 0.2, len(who))
        self.add("equity_round", who, on, level=levels, counterpart=self.of(others.INVESTORS, len(who)), amount=amount)

    def loans(self) -> None:
        for kind, count, mean, parties in (
            ("technology_loan", 520, 15.4, others.BANKS),
            ("risk_pool_loan", 190, 14.8, others.BANKS),
            ("guarantee", 110, 15.0, others.GUARANTORS),
            ("loan_insurance", 50, 14.6, others.INSURERS),
        ):
            who = self.chosen(count, self.weight + 0.1)
            most = 1e7 if kind != "technology_loan" else 1e9
            amount = np.minimum(self.money(len(who), mean, 0.8), most)
            begun = self.days(len(who), 2021)
            ended = begun + self.rng.choice([365, 730, 1095], size=len(who)) * _DAY
            self.add(kind, who, begun, counterpart=self.of(parties, len(who)), amount=amount, ended=ended)
        who = self.chosen(6, self.weight)
        begun = self.days(len(who), 2021)
        title = [f"{self.names[place][:3]}科技创新公司债券" for place in who]
        self.add("bond", who, begun, title=title, amount=self.money(len(who), 18.5, 0.4), years=3, kept=0.0)

    def sought(self) -> None:
        who = self.chosen(135, self.weight + 0.3)
        form = self.rng.choice(["loan", "equity", "guarantee", "bond"], p=[0.55, 0.3, 0.12, 0.03], size=len(who))
        begun = self.until - self.rng.integers(5, 500, len(who)) * _DAY
        lasts = self.rng.integers(120, 720, len(who)) * _DAY
        ended = np.where(self.rng.random(len(who)) < 0.6, begun + lasts, np.datetime64("NaT"))
        met = (self.rng.random(len(who)) < 0.3) & (begun < self.until - 60 * _DAY)
        mean = np.where(form == "equity", 17.0, np.where(form == "bond", 18.2, 15.7))
        self.add(
            "financing_sought",
            who,
            begun,
            level=form,
            amount=np.exp(self.rng.normal(mean, 0.7)),
            ended=ended,
            outcome=_some(met, "已对接落实"),
        )

    def meetings(self) -> None:
        for number in range(1, 13):
            on = self.until - int(self.rng.integers(20, 1100)) * _DAY
            who = self.chosen(11, self.weight + 0.1)
            outcome = _some(self.rng.random(len(who)) < 0.35, "达成投资意向")
            host = [str(self.rng.choice(others.HOSTS))] * len(who)
            title = [f"科技企业路演（{number}）"] * len(who)
            self.add("road_show", who, np.full(len(who), on), title=title, counterpart=host, outcome=outcome)
        who = self.chosen(150, self.weight + 0.1)
        outcome = _some(self.rng.random(len(who)) < 0.4, self.of(("已签投资协议", "继续尽调", "未达成一致"), len(who)))
        self.add(
            "investor_meeting",
            who,
            self.days(len(who), 2022),
            counterpart=self.of(others.INVESTORS, len(who)),
            outcome=outcome,
        )

    # --- how it is drawn ---

    def chosen(self, count: int, weight: np.ndarray) -> np.ndarray:
        """Places of so many different firms, in proportion to the city's size; fewer where fewer have any weight."""
        able = int((weight > 0).sum())
        wanted = min(max(1, round(count * len(self.ids) / _OF)), able)
        chances = weight / weight.sum() if able else None
        return self.rng.choice(len(self.ids), size=wanted, replace=False, p=chances)

    def days(self, count: int, since: int) -> np.ndarray:
        """Days from the first of a year until the city's last."""
        first = self.day(since, 1, 1)
        return first + self.rng.integers(0, max(1, int((self.until - first) / _DAY)), count) * _DAY

    def money(self, count: int, mean: float, spread: float) -> np.ndarray:
        return np.exp(self.rng.normal(mean, spread, count))

    def of(self, names: Sequence[str], count: int) -> np.ndarray:
        return np.array(names, dtype=object)[self.rng.integers(0, len(names), count)]

    @staticmethod
    def day(year: int, month: int, day: int) -> np.datetime64:
        return np.datetime64(f"{year}-{month:02}-{day:02}", "D")

    @staticmethod
    def year(day: np.datetime64) -> int:
        return int(day.astype("datetime64[Y]").astype(int)) + 1970

    def add(
        self,
        kind: str,
        who: np.ndarray,
        on: np.ndarray | None,
        *,
        since: int = 2015,
        years: int | None = None,
        kept: float = 1.0,
        ended: np.ndarray | None = None,
        amount: np.ndarray | None = None,
        **words: object,
    ) -> None:
        """Keep these; `years` until it ends, but for the share `kept`, whose end nobody knows. What would be after the
        last day is left out."""
        begun = self.days(len(who), since) if on is None else on.astype("datetime64[D]")
        begun = np.maximum(begun, self.first[who])
        if ended is None and years is not None:
            ended = begun + 365 * years * _DAY
        if ended is not None:
            ended = np.where(
                self.rng.random(len(who)) < (kept if years is not None else 0.0), np.datetime64("NaT"), ended
            )
        late = self.rng.random(len(who)) < 0.1
        known = np.where(
            late, np.minimum(begun + self.rng.integers(20, 90, len(who)) * _DAY, self.until), np.datetime64("NaT")
        )
        part = pd.DataFrame(
            {
                "firm_id": self.ids[who],
                "firm_name": self.names[who],
                "kind": kind,
                **dict.fromkeys(("level", "title", "counterpart", "outcome")),
                **{name: value for name, value in words.items() if value is not None},
                "amount_cny": np.nan if amount is None else np.maximum(np.round(amount, -3), 1e4),
                "occurred_on": begun,
                "ended_on": np.datetime64("NaT", "D") if ended is None else ended,
                "known_on": known,
            },
            columns=list(COLUMNS),
        )
        fits = (begun <= self.until) & (part["ended_on"].isna() | (part["ended_on"] >= part["occurred_on"]))
        self.parts.append(part[fits])

    def together(self) -> pd.DataFrame:
        made = pd.concat([part.astype(object) for part in self.parts if len(part)], ignore_index=True)
        return made.sort_values(["occurred_on", "firm_id", "kind"], kind="stable", ignore_index=True)


def _some(there: np.ndarray, words: object) -> np.ndarray:
    """The words where they are there, else None."""
    found = np.full(len(there), None, dtype=object)
    found[there] = words[there] if isinstance(words, np.ndarray) else words
    return found
