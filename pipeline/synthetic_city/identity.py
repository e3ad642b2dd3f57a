"""Who each firm is, and what of it stood in the return of each year: place, trade, certificate, reform, NEEQ.

A return of year t is filled in by 31 March of t+1 and says nothing that happened later.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.city.in_force import city
from pipeline.synthetic_city import codes, names
from pipeline.synthetic_city.quality import YEARS_TOLD, Quality
from pipeline.synthetic_city.stages import NEEQ
from pipeline.synthetic_city.statements import Figures

#: GB/T 4754-2017 division -> (weight, high-tech field, cluster). Clusters: the city's 5+N and its new tracks.
_NEW_MATERIALS, _HEALTH, _IT = "新材料", "大健康", "新一代信息技术"
_EQUIPMENT, _VEHICLES = "高端装备制造", "新能源汽车及零部件"
_MADE, _ELECTRONIC, _BIO = "先进制造与自动化", "电子信息", "生物与新医药"
TRADES = {
    "C39": (17, _ELECTRONIC, _IT),
    "C38": (15, _MADE, _EQUIPMENT),
    "C33": (11, _MADE, _EQUIPMENT),
    "C35": (10, _MADE, _EQUIPMENT),
    "C26": (9, "新材料", _NEW_MATERIALS),
    "C29": (8, "新材料", _NEW_MATERIALS),
    "C34": (6, _MADE, _EQUIPMENT),
    "I65": (5, _ELECTRONIC, _IT),
    "C36": (4, _MADE, _VEHICLES),
    "C27": (3, _BIO, _HEALTH),
    "C14": (3, _BIO, _HEALTH),
    "C30": (3, "新材料", _NEW_MATERIALS),
    "C22": (2, "新材料", _NEW_MATERIALS),
    "C37": (2, _MADE, _VEHICLES),
    "C40": (2, _MADE, _IT),
    "M74": (2, "高技术服务", _EQUIPMENT),
    "C17": (1, "新材料", _NEW_MATERIALS),
    "C42": (1, "资源与环境", _NEW_MATERIALS),
    "M75": (1, "资源与环境", _HEALTH),
    "M73": (1, _BIO, _HEALTH),
    "I64": (1, _ELECTRONIC, _IT),
}
#: Agencies that fill in returns for firms; the third one rounds up (see disagreements in workbooks.py).
AGENCIES = ("晨砾咨询", "澜桁企业服务", "穹泓科技服务", "漪岑事务所", "霁湄咨询", "桠笕企业服务")
SAYS_TOO_MUCH = AGENCIES[2]
_CERTIFICATE_YEARS = 3  # 国科发火〔2016〕32号, art. 9


@dataclass(frozen=True)
class Firms:
    """Per firm: a frame by row number (code, district_code, industry_code, …), and arrays (firm, told year)."""

    frame: pd.DataFrame
    yearly: Figures
    reports: np.ndarray  # bool (firm, told year): hands in a return for that year


def draw_trades(count: int, rng: np.random.Generator) -> np.ndarray:
    weights = np.array([weight for weight, _, _ in TRADES.values()], dtype=float)
    return rng.choice(list(TRADES), size=count, p=weights / weights.sum())


def draw_registered(quality: Quality, rng: np.random.Generator) -> np.ndarray:
    """Days of registration: most firms are 6 to 20 years old, none younger than three before its first return."""
    ages = np.clip(rng.lognormal(np.log(8), 0.55, quality.firms), 1.5, 32)
    first = (quality.told[0] - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    return np.busday_offset(first - (ages * 365.25).astype("timedelta64[D]"), 0, roll="forward")


def draw_identity(
    quality: Quality, trades: np.ndarray, registered: np.ndarray, stages: pd.DataFrame, rng: np.random.Generator
) -> Firms:
    firms, told = quality.firms, quality.told
    shares = city().demo_shares
    districts = rng.choice(list(shares), size=firms, p=list(shares.values()))
    brand = names.brands(firms, rng)
    trade_words = names.trades(trades, rng)
    short = np.char.add(brand.astype(str), trade_words.astype(str))
    reformed, quoted, tiered = _first_days(stages, firms)

    filled_in = (told + 1 - 1970).astype("datetime64[Y]").astype("datetime64[D]") + 89
    has_reformed = reformed[:, None] <= filled_in
    is_quoted = quoted[:, None] <= filled_in
    issued, expires = _certificates(quality, registered, rng)
    issued_first = issued[:, 0].astype("datetime64[Y]").astype(int) + 1970
    reports = _reports(quality, rng)
    level = quality.lasting + 0.4 * quality.size.mean(axis=1) + 0.5 * rng.standard_normal(firms)
    srdi_from = np.where(level > np.quantile(level, 0.80), rng.integers(told[0] - 2, told[-1] + 2, firms), 9999)
    giant_from = np.where(level > np.quantile(level, 0.97), srdi_from + rng.integers(1, 4, firms), 9999)
    frame = pd.DataFrame(
        {
            "code": codes.credit_codes(pd.Series(districts), rng),
            "short": short,
            "district_code": districts,
            "industry_code": trades,
            "issued_first": issued_first,
        }
    )
    shape = (firms, YEARS_TOLD)

    def same(values: Any) -> np.ndarray:
        """A label of the firm, as every year's return repeats it."""
        return np.broadcast_to(np.asarray(values)[:, None], shape)

    helped = rng.random(shape) < 0.55
    agency = same(np.array(AGENCIES, dtype=object)[rng.integers(0, len(AGENCIES), firms)])
    innovative = rng.random(shape) < 0.5 + 0.1 * np.clip(quality.now[:, -YEARS_TOLD:], -3, 3)
    tier = np.where(tiered[:, None] <= filled_in, "innovation", "base").astype(object)
    endings = np.where(has_reformed, names.JOINT_STOCK, names.LIMITED)
    never = np.datetime64("NaT")
    yearly: Figures = {
        "name": np.char.add(same(short).astype(str), endings.astype(str)).astype(object),
        "district_code": same(districts),
        "industry_code": same(trades),
        "cluster": same(np.array([TRADES[trade][2] for trade in trades], dtype=object)),
        "hnte_field": same(np.array([TRADES[trade][1] for trade in trades], dtype=object)),
        "hnte_certified_on": issued,
        "hnte_expires_on": expires,
        "registered_on": same(registered),
        "share_reform_on": np.where(has_reformed, reformed[:, None], never),
        "neeq_listed_on": np.where(is_quoted, quoted[:, None], never),
        "neeq_tier": _only_where(is_quoted, tier),
        "prepared_by": _only_where(helped, agency),
        "srdi_provincial": (told >= srdi_from[:, None]).astype(float),
        "little_giant": (told >= giant_from[:, None]).astype(float),
        "tech_innovative_sme": innovative.astype(float),
    }
    return Firms(frame, yearly, reports)


def _only_where(there: np.ndarray, words: np.ndarray) -> np.ndarray:
    """The words where they hold, None elsewhere."""
    chosen = np.full(there.shape, None, dtype=object)
    chosen[there] = words[there]
    return chosen


def _first_days(stages: pd.DataFrame, firms: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share reform, NEEQ listing and its innovation tier of each firm; far in the future where it never came."""
    never = np.datetime64("2900-01-01")
    found = []
    for kind in ("share_reform", "neeq_listed", "neeq_innovation_tier"):
        of_kind = stages[(stages["kind"] == kind) & stages["board"].isin(["", NEEQ])]
        days = np.full(firms, never)
        first = of_kind.groupby("firm")["occurred_on"].min()
        days[first.index.to_numpy()] = first.to_numpy().astype("datetime64[D]")
        found.append(days)
    return found[0], found[1], found[2]


def _certificates(quality: Quality, registered: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The certificate in force, or the last one there was, at the end of each told year: issued, expires.

    A first certificate may be dated in the first told year; it is renewed every three years, and one in
    fourteen is not renewed.
    """
    told, firms = quality.told, quality.firms
    old_enough = registered.astype("datetime64[Y]").astype(int) + 1970 + 2
    first = np.minimum(np.maximum(told[0] - rng.integers(0, 13, firms), old_enough), told[0])
    cycles = (told[None, :] - first[:, None]) // _CERTIFICATE_YEARS
    lost = np.where(rng.random(firms) < 0.13, rng.integers(1, 4, firms), 99)
    cycles_now = np.minimum(cycles, cycles[:, :1] + lost[:, None] - 1)
    year = first[:, None] + _CERTIFICATE_YEARS * cycles_now
    start = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    day = rng.integers(320, 357, firms)[:, None] + (7 * cycles_now) % 9
    issued = np.busday_offset(start + day.astype("timedelta64[D]"), 0, roll="backward")
    months = issued.astype("datetime64[M]")
    expires = (months + 12 * _CERTIFICATE_YEARS).astype("datetime64[D]") + (issued - months.astype("datetime64[D]"))
    return issued, expires - 1


def _reports(quality: Quality, rng: np.random.Generator) -> np.ndarray:
    """Nine firms in ten report from the first told year; a few, mostly weak ones, stop."""
    firms = quality.firms
    begins = np.where(rng.random(firms) < 0.88, 0, rng.integers(1, YEARS_TOLD, firms))
    weak = rng.random(firms) < 0.035 * np.exp(-0.6 * quality.lasting)
    ends = np.where(weak, rng.integers(1, YEARS_TOLD + 1, firms), YEARS_TOLD)
    ends = np.maximum(ends, begins + 1)
    place = np.arange(YEARS_TOLD)
    return (place >= begins[:, None]) & (place < ends[:, None])
