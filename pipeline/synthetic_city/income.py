"""Revenue, R&D and profit of each firm over the years, so that the city's totals are those of its statistics.

Ratios are drawn first; then one factor each is solved so that losses, net margin and R&D of the told years
come out as the calibration says, whatever the seed.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.synthetic_city.quality import YEARS_TOLD, Quality

# Calibration: Sichuan 2021 (net margin 5.6 %) and national figures (6.5 %, losses 25-30 %) of high-tech
# enterprises; R&D 4.1 % of revenue in Zhongshan 2022.
LOSS_SHARE = 0.275
NET_MARGIN = 0.060
RD_SHARE = 0.041
#: Revenue up to which recognition asks for this share of R&D (国科发火〔2016〕32号, art. 11 (5)).
RD_TIERS = ((50e6, 0.05), (200e6, 0.04), (np.inf, 0.03))


@dataclass(frozen=True)
class Income:
    """Flows in yuan, arrays (firm, year) over the years of the Quality they were drawn from."""

    revenue: np.ndarray
    net_profit: np.ndarray
    rd_spend: np.ndarray
    growth: np.ndarray  # of revenue, as a logarithm; 0 in the first year
    rounds: np.ndarray  # of PE and VC money, so far (a count)

    @property
    def margin(self) -> np.ndarray:
        return self.net_profit / self.revenue


def draw_income(quality: Quality, rng: np.random.Generator) -> Income:
    revenue = quality.revenue_cny
    logs = np.log(revenue)
    growth = np.diff(logs, axis=1, prepend=logs[:, :1])
    return Income(
        revenue=revenue,
        net_profit=revenue * _net_margin(quality, revenue),
        rd_spend=revenue * _rd_share(quality, revenue, rng),
        growth=growth,
        rounds=_rounds(quality, growth, rng),
    )


def _rounds(quality: Quality, growth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Investors come to firms that are good and grow: about one firm in eight has had a round."""
    rate = 0.012 * np.exp(0.8 * quality.now + 0.3 * quality.size + 1.0 * growth)
    return np.minimum(rng.poisson(rate).cumsum(axis=1), 7)


def _net_margin(quality: Quality, revenue: np.ndarray) -> np.ndarray:
    """Margins with the share of losses and the total of the calibration; losses run deeper than profits rise."""
    told = (slice(None), slice(-YEARS_TOLD, None))
    above = quality.margin - np.quantile(quality.margin[told], LOSS_SHARE)
    shape = np.where(above < 0, 1.6 * above, above)
    total = np.average(shape[told], weights=revenue[told])
    step = np.clip(NET_MARGIN / total if total > 0 else 0.06, 0.04, 0.09)
    return np.clip(step * shape, -0.9, 0.4)


def _rd_share(quality: Quality, revenue: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """R&D over revenue: bunched just above the tier that recognition asks for; some fall short, some do far more.

    Source of the bunching: Chen, Liu, Suárez Serrato, Xu, American Economic Review 2021.
    """
    tier = np.select([revenue <= limit for limit, _ in RD_TIERS], [share for _, share in RD_TIERS])
    kind = rng.random(quality.firms)[:, None] + 0.04 * rng.standard_normal(revenue.shape)
    just_above = rng.exponential(0.06, revenue.shape)
    habit = rng.standard_normal((quality.firms, 1))
    far_above = np.exp(-0.3 + 0.35 * quality.now + 0.6 * habit + 0.15 * rng.standard_normal(revenue.shape))
    excess = np.select([kind < 0.07, kind < 0.8], [np.zeros_like(tier), just_above], far_above)
    share = np.where(kind < 0.07, tier * rng.uniform(0.6, 0.99, revenue.shape), tier)

    told = (slice(None), slice(-YEARS_TOLD, None))
    missing = RD_SHARE * revenue[told].sum() - (share * revenue)[told].sum()
    factor = missing / (tier * far_above * revenue * (kind >= 0.8))[told].sum()
    factor = np.clip(factor, 0.15, 2.0)
    return np.minimum(share + tier * np.where(kind >= 0.8, factor, 1.0) * excess, 0.45)
