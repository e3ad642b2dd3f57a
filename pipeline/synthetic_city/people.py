"""Staff, patents and the marks a firm is given for innovation, over the told years.

Means are those of the statistics: about 131 staff (Sichuan 128, national 135), 31.6 patents of all kinds
(Zhongshan 2022) of which 3.7 inventions in force (national 2021).
"""

import numpy as np

from pipeline.synthetic_city.income import RD_TIERS, Income
from pipeline.synthetic_city.quality import YEARS_TOLD, Quality
from pipeline.synthetic_city.statements import Figures

STAFF = 131
PATENTS = 31.6
INVENTIONS = 3.7
DESIGN_SHARE = 0.15  # of utility models and designs


def draw_people(quality: Quality, income: Income, software: np.ndarray, rng: np.random.Generator) -> Figures:
    """Facts of the catalogue, arrays (firm, told year); `software`: firms whose trade is software."""
    told = slice(-YEARS_TOLD, None)
    size, now = quality.size[:, told], quality.now[:, told]
    shape = size.shape
    head = 0.62 * 1.55 * size + 0.4 * rng.standard_normal((len(size), 1)) + 0.06 * rng.standard_normal(shape)
    staff = np.maximum(np.round(np.exp(head) * STAFF / np.exp(head).mean()), 4)
    habit = rng.standard_normal((len(size), 1))
    share = 0.10 + 0.12 * rng.beta(1.3, 3, shape) * np.exp(0.35 * habit)
    share += 0.03 * np.maximum(now, 0) + 0.15 * software[:, None]
    share = np.where(rng.random(shape) < 0.04, rng.uniform(0.05, 0.1, shape), np.minimum(share, 0.8))
    scientific = np.ceil(share * staff)
    rd_staff = np.floor(scientific * rng.uniform(0.75, 1.0, shape))

    wish = rng.standard_normal((3, len(size)))
    lasting, first_size = quality.lasting, size[:, 0]
    inventions = _stock(0.7 * lasting + 0.35 * first_size + 0.8 * wish[0], INVENTIONS, 0.19, rng)
    others = _stock(0.4 * lasting + 0.5 * first_size + 0.7 * wish[1], PATENTS - INVENTIONS, 0.14, rng)
    designs = np.maximum.accumulate(rng.binomial(others.astype(int), DESIGN_SHARE), axis=1).astype(float)
    designs = np.minimum(designs, others)
    copyrights = _stock(0.3 * lasting + 2.0 * software + 0.6 * wish[2], 5.0, 0.2, rng)
    pct = np.maximum.accumulate(rng.binomial(inventions.astype(int), 0.07), axis=1).astype(float)
    standards = rng.poisson(0.08 * np.exp(0.7 * now + 0.3 * size)).cumsum(axis=1).astype(float)
    platforms = np.minimum(rng.poisson(0.05 * np.exp(0.6 * now + 0.5 * size)).cumsum(axis=1), 6).astype(float)

    rd = income.rd_spend[:, told] / income.revenue[:, told]
    tier = np.select([income.revenue[:, told] <= limit for limit, _ in RD_TIERS], [part for _, part in RD_TIERS])
    marks = 72 + 5.5 * now + 3 * np.log1p(inventions) + 4 * np.minimum(rd / tier - 1, 2)
    marks += 4 * rng.standard_normal(shape)
    tech = 62 + 5 * now + 80 * (share - 0.1) + 5 * rng.standard_normal(shape)
    srdi = 58 + 6 * now + 3 * size + 2 * np.log1p(inventions) + 4 * rng.standard_normal(shape)
    return {
        "staff": staff,
        "rd_staff": rd_staff,
        "scientific_staff": scientific,
        "invention_patents": inventions,
        "invention_patents_main": np.floor(inventions * rng.uniform(0.6, 1.0, shape)),
        "utility_patents": others - designs,
        "design_patents": designs,
        "software_copyrights": copyrights,
        "pct_applications": pct,
        "class1_ip": inventions,
        "class2_ip": others + copyrights,
        "standards_led": standards,
        "rd_platforms": platforms,
        "innovation_score": np.round(np.clip(marks, 45, 98), 1),
        "tech_sme_score": np.round(np.clip(tech, 40, 97), 1),
        "tech_sme_staff_points": 4.0 * np.searchsorted([0.1, 0.15, 0.2, 0.25, 0.3], share, side="right"),
        "srdi_quality_score": np.round(np.clip(srdi, 35, 96), 1),
    }


def _stock(log_rate: np.ndarray, mean: float, grows: float, rng: np.random.Generator) -> np.ndarray:
    """A number that each firm adds to every year, about `mean` over all firms and told years."""
    rate = np.exp(log_rate)
    rate = rate * mean / rate.mean() / (1 + grows * (YEARS_TOLD - 1) / 2)
    added = rng.poisson((grows * rate)[:, None], (len(rate), YEARS_TOLD))
    added[:, 0] = rng.poisson(rate)
    return added.cumsum(axis=1).astype(float)
