"""Oracle: the F values that the random-encoder study prints, of its printed means and deviations;
statsmodels, nested least squares by another routine, scipy's test of one factor, a model that is known.
"""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from lea.errors import UserError
from lea.summary.linear import Effect, Linear, terms_of

LAYOUTS, PRIORS, ENCODERS = ("fc", "conv"), ("normal", "flow 2", "flow 6"), ("L", "PNL", "NL", "RKS")
# Mean and standard deviation of each encoder, a row a layout and prior (Tables 5.1 to 5.5).
PUBLISHED = {
    "negative elbo": """
        9.84 0.05 21.77 0.39 36.67 0.47 33.52 0.91
        -6.11 0.05 5.78 0.32 20.78 0.87 16.48 0.23
        -36.90 0.17 -26.06 0.47 -7.70 1.22 -2.53 0.63
        13.08 0.29 20.04 2.35 35.37 2.04 31.52 1.81
        -2.16 0.53 2.65 0.88 21.01 4.77 14.26 0.61
        -31.91 0.32 -25.43 1.83 -10.74 4.92 -13.31 1.24""",
    "regularisation": """
        -1.83 0.02 -1.98 0.01 -6.46 0.01 -6.48 0.01
        13.76 0.01 13.64 0.01 9.53 0.01 9.32 0.02
        44.82 0.02 44.66 0.01 38.07 0.38 28.80 0.17
        -2.66 0.04 -2.88 0.06 -6.43 0.02 -6.42 0.00
        12.89 0.03 12.86 0.05 9.58 0.01 9.54 0.01
        42.97 0.01 42.90 0.03 41.08 0.34 38.74 0.21""",
    "reconstruction": """
        8.01 0.05 19.79 0.39 30.22 0.48 27.04 0.91
        7.66 0.05 19.43 0.31 30.31 0.87 25.80 0.23
        7.92 0.18 18.60 0.46 30.38 1.21 26.27 0.70
        10.42 0.26 17.15 2.33 28.94 2.05 25.09 1.81
        10.74 0.55 15.52 0.88 30.60 4.78 23.80 0.61
        11.06 0.32 17.48 1.84 30.34 5.20 25.43 1.40""",
    "fid": """
        92.39 2.87 153.11 1.78 212.92 4.45 175.85 2.94
        70.39 1.56 138.15 2.31 165.32 5.79 142.73 1.77
        54.68 0.64 112.23 1.67 107.11 8.98 120.72 10.82
        90.05 6.25 128.32 7.52 242.73 24.38 209.22 6.84
        45.71 9.45 42.67 4.74 220.86 30.27 138.68 15.39
        40.96 5.20 39.29 7.29 78.17 26.78 57.29 11.54""",
    "seconds": """
        0.71 0.01 0.63 0.00 0.59 0.00 0.56 0.00
        1.08 0.02 0.99 0.01 0.95 0.01 0.92 0.01
        2.02 0.01 1.96 0.01 1.87 0.02 1.86 0.01
        1.87 0.01 1.45 0.00 1.40 0.00 1.20 0.01
        2.04 0.00 1.62 0.01 1.56 0.00 1.39 0.01
        2.64 0.00 2.20 0.00 2.11 0.01 2.06 0.01""",
}
REPEATS = 5


def observed(name: str) -> Linear:
    """Five values a cell that have exactly the printed mean and deviation."""
    numbers = np.array(PUBLISHED[name].split(), float).reshape(6, 4, 2)
    shape = np.arange(REPEATS) - (REPEATS - 1) / 2
    shape = shape / shape.std(ddof=1)
    rows, values = [], []
    for row, (layout, prior) in enumerate(product(LAYOUTS, PRIORS)):
        for column, encoder in enumerate(ENCODERS):
            mean, deviation = numbers[row, column]
            rows += [{"encoder": encoder, "layout": layout, "prior": prior}] * REPEATS
            values += list(mean + deviation * shape)
    return Linear(pd.DataFrame(rows), np.array(values), [])


def effects(name: str, formula: str) -> tuple[dict[str, Effect], int]:
    found = observed(name)
    model = Linear(found.levels, found.response, terms_of(formula))
    return {" ".join(one.term): one for one in model.effects()}, model.freedom


@pytest.mark.parametrize(
    ("name", "formula", "freedom", "printed"),
    [
        (
            "negative elbo",
            "encoder * layout + prior",
            110,
            {"prior": 3459.90, "encoder layout": 17.79, "encoder": 700.46},
        ),
        (
            "regularisation",
            "encoder * layout + prior",
            110,
            {"prior": 6300.92, "encoder layout": 10.95, "encoder": 83.64},
        ),
        (
            "reconstruction",
            "encoder * layout * prior",
            96,
            {"encoder layout": 13.61, "encoder": 809.61},
        ),
        ("fid", "encoder * layout * prior", 96, {"encoder layout prior": 17.37}),
        (
            "seconds",
            "encoder + layout + prior",
            113,
            {"prior": 538.17, "encoder": 39.80, "layout": 528.99},
        ),
    ],
)
def test_the_published_f_values_follow_from_the_published_means(
    name: str, formula: str, freedom: int, printed: dict[str, float]
) -> None:
    found, left = effects(name, formula)
    assert left == freedom
    for term, f in printed.items():
        assert found[term].f == pytest.approx(f, rel=0.01), term
        assert found[term].p < 0.001


def test_on_one_factor_it_is_scipys_test() -> None:
    generator = np.random.default_rng(0)
    groups = [generator.normal(mean, 1, size) for mean, size in ((0, 7), (0.5, 4), (1, 9), (0, 3))]
    levels = pd.DataFrame({"encoder": np.repeat(ENCODERS, [len(one) for one in groups])})
    model = Linear(levels, np.concatenate(groups), terms_of("encoder"))
    expected = stats.f_oneway(*groups)
    (found,) = model.effects()
    assert (found.f, found.p) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    assert (found.freedom, model.freedom) == (3, 19)


def test_of_svhn_sixteen_degrees_are_left() -> None:
    levels = pd.DataFrame({"encoder": np.repeat(ENCODERS, REPEATS)})
    assert Linear(levels, np.arange(20.0), terms_of("encoder")).freedom == 16


def test_in_an_unbalanced_design_squares_are_those_of_nested_least_squares() -> None:
    """By dummies for each cell and `lstsq`: what the residual grows by without the interaction."""
    generator = np.random.default_rng(1)
    counts = generator.integers(1, 6, 8)
    rows = [one for one, count in zip(product(ENCODERS, LAYOUTS), counts, strict=True) for _ in range(count)]
    levels = pd.DataFrame(rows, columns=["encoder", "layout"])
    response = generator.normal(size=len(levels))
    model = Linear(levels, response, terms_of("encoder * layout"))

    def rest(columns: pd.DataFrame) -> float:
        design = np.column_stack([np.ones(len(columns)), columns.to_numpy(float)])
        solution = np.linalg.lstsq(design, response, rcond=None)[0]
        return float(np.square(response - design @ solution).sum())

    cells = pd.get_dummies(levels["encoder"] + levels["layout"])
    mains = pd.concat([pd.get_dummies(levels["encoder"]), pd.get_dummies(levels["layout"])], axis=1)
    found = {one.term: one for one in model.effects()}
    assert found["encoder", "layout"].squares == pytest.approx(rest(mains) - rest(cells))
    # Type III: equal weight to each cell's mean, not to each observation.
    means = pd.Series(response).groupby([levels["encoder"], levels["layout"]]).mean()
    weights = pd.Series(1.0, index=levels.index).groupby([levels["encoder"], levels["layout"]]).sum()
    by_layout = means.groupby("layout").mean()
    noise = (1 / weights).groupby("layout").sum() / 16
    expected = (by_layout["fc"] - by_layout["conv"]) ** 2 / noise.sum()
    assert found["layout",].squares == pytest.approx(expected)


def test_an_effect_that_is_all_there_is_has_all_of_the_variance() -> None:
    levels = pd.DataFrame(product(ENCODERS, LAYOUTS, range(3)), columns=["encoder", "layout", "seed"])
    response = levels["layout"].map({"fc": 1.0, "conv": 5.0}).to_numpy()
    noise = np.random.default_rng(2).normal(0, 1e-3, len(levels))
    found = {
        one.term: one for one in Linear(levels, response + noise, terms_of("encoder * layout")).effects()
    }
    assert found["layout",].partial > 0.9999
    assert found["layout",].squares == pytest.approx(24 * 4, rel=1e-2)
    assert found["encoder",].partial < 0.9


def test_without_repeats_nothing_is_told_of_the_noise() -> None:
    levels = pd.DataFrame(product(ENCODERS, LAYOUTS), columns=["encoder", "layout"])
    model = Linear(levels, np.arange(8.0), terms_of("encoder * layout"))
    assert model.freedom == 0
    assert all(np.isnan(one.f) and np.isnan(one.p) for one in model.effects())


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("a", [("a",)]),
        ("a + b", [("a",), ("b",)]),
        ("a * b + c", [("a",), ("b",), ("c",), ("a", "b")]),
        ("a*b*c", [("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c")]),
        ("a * b + a", [("a",), ("b",), ("a", "b")]),
    ],
)
def test_a_formula_is_its_terms(formula: str, expected: list[tuple[str, ...]]) -> None:
    assert terms_of(formula) == expected


@pytest.mark.parametrize("formula", ["", "a +", "a * * b"])
def test_a_formula_with_nothing_between_is_refused(formula: str) -> None:
    with pytest.raises(UserError, match=r"expected factors between \+ and \*"):
        terms_of(formula)


def test_a_factor_of_one_level_is_refused() -> None:
    with pytest.raises(UserError, match="factor 'a' has one level, x; expected several to compare"):
        list(Linear(pd.DataFrame({"a": ["x", "x"]}), np.zeros(2), [("a",)]).effects())


@pytest.mark.parametrize("formula", ["encoder * layout", "encoder + layout"])
def test_in_an_unbalanced_design_it_is_statsmodels(formula: str) -> None:
    rng = np.random.default_rng(7)
    cells = [one for one in product(ENCODERS, LAYOUTS) for _ in range(int(rng.integers(2, 6)))]
    levels = pd.DataFrame(cells, columns=["encoder", "layout"])
    response = rng.normal(size=len(levels)) + levels["encoder"].map({"L": 1.0}).fillna(0)
    coded = formula.replace("encoder", "C(encoder, Sum)").replace("layout", "C(layout, Sum)")
    theirs = anova_lm(ols(f"y ~ {coded}", levels.assign(y=response)).fit(), typ=3)
    found = list(Linear(levels, response.to_numpy(), terms_of(formula)).effects())
    for effect in found:
        name = ":".join(f"C({factor}, Sum)" for factor in effect.term)
        assert effect.squares == pytest.approx(theirs.loc[name, "sum_sq"])
        assert (effect.f, effect.p) == pytest.approx((theirs.loc[name, "F"], theirs.loc[name, "PR(>F)"]))
        assert effect.freedom == theirs.loc[name, "df"]
