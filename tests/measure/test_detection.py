"""Oracle: detectors of which it is known what they read, scikit-learn's area, the files of jobs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score, roc_curve
from torch import Tensor, nn

from lea.data.tensors import Data, Further, Samples
from lea.errors import UserError
from lea.measure.detection import SHARES, measure
from lea.measure.measurement import Measurement
from lea.measure.stage import OUTPUTS, Measuring
from lea.ranking import drawn_again
from lea.store import read_table
from lea.study.spec import Run
from tests import specs
from tests.jobs import job, prepared
from tests.measure.flows import Linear
from tests.specs import part

FLOW = Linear().eval()
COUNT = 600
generator = torch.Generator().manual_seed


class Reads:
    """A detector that reads samples by a function, and keeps what it was shown."""

    name = "reads"

    def __init__(self, model: nn.Module, read: Callable[[Tensor], Tensor]) -> None:
        self.read, self.seen, self.shown = read, Tensor(), list[Tensor]()

    def fit(self, inliers: Tensor) -> None:
        self.seen = inliers

    def score(self, x: Tensor) -> Tensor:
        self.shown.append(x)
        return self.read(x)


def samples(t: Tensor) -> Samples:
    return Samples(FLOW.inverse(t), None, (0.0, 1.0))


def further(t: Tensor, training: int = 0) -> Further:
    return Further(FLOW.inverse(t), None, (0.0, 1.0), training)


def shifted() -> Data:
    """Inliers as the flow has them; outliers shifted, and with another spread."""
    torch.manual_seed(1)
    x = torch.randn(3 * COUNT, 3)
    train, test = samples(x[:COUNT]), samples(x[COUNT : 2 * COUNT])
    near, wide = x[2 * COUNT :] + torch.tensor([1.0, 0, 0]), 2 * x[: COUNT // 2].abs()
    return Data(train, test, train.first(0), (3,), 0, {"near": further(near), "wide": further(wide)})


DATA = shifted()


def radius(x: Tensor) -> Tensor:
    return FLOW(x).norm(dim=1)


def first(x: Tensor) -> Tensor:
    return FLOW(x)[:, 0]


def found(read: Callable[[Tensor], Tensor], model: nn.Module = FLOW, **options: object) -> list[Measurement]:
    detector = partial(Reads, read=read)
    roles = ("near", "wide")
    return list(measure(model, DATA, generator(0), detectors=(detector,), outliers=roles, **options))  # type: ignore[arg-type]


def values(rows: list[Measurement], role: str) -> dict[str, float]:
    assert {row.part for row in rows} == {"reads"}
    return {row.metric: row.value for row in rows if row.split == role}


def both(read: Callable[[Tensor], Tensor], role: str) -> tuple[np.ndarray, np.ndarray]:
    """Scores of all test samples and outliers, and which are which, without any batch."""
    sets = [DATA.test.values, DATA.others[role].values]
    is_outlier = np.repeat([False, True], [len(one) for one in sets])
    return torch.cat([read(one) for one in sets]).double().numpy(), is_outlier


@pytest.mark.parametrize("role", ["near", "wide"])
@pytest.mark.parametrize("read", [radius, first])
def test_rows_are_of_test_samples_and_of_the_tables_outliers(
    read: Callable[[Tensor], Tensor], role: str
) -> None:
    its, (scores, is_outlier) = values(found(read), role), both(read, role)
    assert its["AUROC"] == pytest.approx(roc_auc_score(is_outlier, scores), abs=1e-4)  # of sums otherwise cut
    assert (its["inliers"], its["outliers"]) == (COUNT, is_outlier.sum())
    for name, again in drawn_again(scores, is_outlier).items():
        # which samples are drawn again depends on their order
        assert its[f"{name} error"] == pytest.approx(again.std(ddof=1), rel=0.3), name


def test_the_shares_that_are_found_are_those_of_a_receiver_operating_characteristic() -> None:
    its, (scores, is_outlier) = values(found(first), "wide"), both(first, "wide")
    false, right, _ = roc_curve(is_outlier, scores)
    for share in SHARES:
        assert its[f"found at {share:g}"] == pytest.approx(np.interp(share, false, right), abs=1 / COUNT)


def test_several_detectors_see_the_same_samples() -> None:
    made = [Reads(FLOW, radius), Reads(FLOW, first)]
    made[1].name = "reads otherwise"
    detectors = tuple(partial(lambda model, one: one, one=one) for one in made)
    rows = list(measure(FLOW, DATA, generator(0), detectors=detectors, outliers=("near", "wide"), count=50))
    assert torch.equal(made[0].seen, made[1].seen)
    assert torch.equal(torch.cat(made[0].shown).sort(0)[0], torch.cat(made[1].shown).sort(0)[0])
    alone = [found(one.read, count=50) for one in made]
    assert len(rows) == sum(map(len, alone))


def test_a_detector_is_fitted_to_training_samples_alone_and_all_pass_in_the_same_batches() -> None:
    made: list[Reads] = []

    def make(model: nn.Module) -> Reads:
        made.append(Reads(model, first))
        return made[0]

    list(measure(FLOW, DATA, generator(0), detectors=(make,), outliers=("near", "wide")))
    order = made[0].seen[:, 0].sort()[0]
    assert torch.equal(order, DATA.train.values[:, 0].sort()[0])
    sets = {"test": DATA.test.values, **{role: one.values for role, one in DATA.others.items()}}
    assert sum(map(len, made[0].shown)) == sum(map(len, sets.values()))
    for x in made[0].shown:
        shares = [(x[:, None] == one).all(2).any(1).double().mean() for one in sets.values()]
        assert min(shares) > 0.1
        assert sum(shares) == pytest.approx(1)


def test_no_more_are_drawn_than_are_asked_for() -> None:
    its = values(found(first, count=50), "wide")
    assert (its["inliers"], its["outliers"]) == (50, 50)
    assert its["AUROC error"] > 2 * values(found(first), "wide")["AUROC error"]


def test_at_equal_radius_what_reads_only_the_radius_is_left_with_nothing() -> None:
    own, other = values(found(radius), "near"), values(found(first), "near")
    assert own["AUROC"] > 0.56
    assert own["AUROC at equal radius"] == pytest.approx(0.5, abs=0.02)
    assert other["AUROC at equal radius"] > 0.7
    assert 0 < own["AUROC at equal radius error"] < 0.05
    assert own["pairs at equal radius"] == other["pairs at equal radius"] > COUNT / 2


def test_the_radius_is_that_of_a_flow_that_is_named_and_without_one_there_is_none() -> None:
    classifier = nn.Linear(3, 1)
    assert "AUROC at equal radius" not in values(found(radius, classifier), "near")
    named = values(found(radius, classifier, flow=FLOW), "near")
    assert named == values(found(radius), "near")


def test_far_outliers_have_no_pairs_and_no_row_of_them() -> None:
    data = Data(DATA.train, DATA.test, DATA.held_out, (3,), 0, {"far": further(100 + torch.randn(40, 3))})
    detector = partial(Reads, read=radius)
    rows = list(measure(FLOW, data, generator(0), detectors=(detector,), outliers=("far",)))
    its = values(rows, "far")
    assert (its["AUROC"], its["AUPR"], its["FPR95"], its["AUROC error"]) == (1, 1, 0, 0)
    assert not any("radius" in metric for metric in its)


def test_what_cannot_be_scored_is_refused_by_name() -> None:
    detector = partial(Reads, read=lambda x: x)
    with pytest.raises(ValueError, match=r"detector 'reads' gave scores of shape \(\d+, 3\); expected"):
        list(measure(FLOW, DATA, generator(0), detectors=(detector,), outliers=("near",)))
    with pytest.raises(UserError, match=r"found 'nearer'; expected roles .*: near, wide"):
        list(measure(FLOW, DATA, generator(0), detectors=(detector,), outliers=("nearer",)))
    flat = {"flat": Further(torch.zeros(9, 2), None, (0.0, 1.0), 0)}
    data = Data(DATA.train, DATA.test, DATA.held_out, (3,), 0, flat)
    with pytest.raises(UserError, match=r"'flat' have the shape \(2,\); expected \(3,\)"):
        list(measure(FLOW, data, generator(0), detectors=(detector,), outliers=("flat",)))


def test_outliers_are_those_of_the_test_alone() -> None:
    """Others may have been learnt from, as outliers or, spoilt, as inliers."""
    far = further(torch.cat([torch.full((500, 3), 100.0), torch.randn(40, 3)]), training=500)
    data = Data(DATA.train, DATA.test, DATA.held_out, (3,), 0, {"far": far})
    detectors = (partial(Reads, read=radius),)
    its = values(list(measure(FLOW, data, generator(0), detectors=detectors, outliers=("far",))), "far")
    assert its["outliers"] == 40
    assert its["AUROC"] < 0.7
    data = Data(
        DATA.train, DATA.test, DATA.held_out, (3,), 0, {"far": further(torch.randn(9, 3), training=9)}
    )
    with pytest.raises(UserError, match="the table 'far' has no test samples"):
        list(measure(FLOW, data, generator(0), detectors=detectors, outliers=("far",)))


def test_outliers_may_have_the_role_test() -> None:
    data = Data(DATA.train, DATA.test, DATA.held_out, (3,), 0, {"test": DATA.others["wide"]})
    detectors = (partial(Reads, read=first),)
    rows = list(measure(FLOW, data, generator(0), detectors=detectors, outliers=("test",)))
    assert values(rows, "test")["AUROC"] == pytest.approx(values(found(first), "wide")["AUROC"])


def test_what_is_known_by_one_name_is_refused() -> None:
    twice = (partial(Reads, read=first), partial(Reads, read=radius))
    with pytest.raises(UserError, match="found 'reads' twice; expected each once"):
        list(measure(FLOW, DATA, generator(0), detectors=twice, outliers=("near",)))
    with pytest.raises(UserError, match="found 'near' twice; expected each once"):
        list(measure(FLOW, DATA, generator(0), detectors=twice[:1], outliers=("near", "near")))


# --- as jobs ---

SPRITES = specs.sprites(train=48, test=24)
DIGITS = specs.sprites(name="digits", reader=part("mnist-padded"), side=32, train=40, test=30)


def run(method: str, model: str = "discriminator", **options: object) -> Run:
    """A discriminator of sprites."""
    return specs.run(
        data=specs.data(table=SPRITES, others={"digits": DIGITS}, target=None),
        model=part(model, hidden=(8,), flow=None),
        method=part(method, **options),
        fit=specs.fit(epochs=12),
    )


def test_a_discriminator_that_has_seen_digits_tells_them_from_sprites(tmp_path: Path) -> None:
    exposed = run("discriminate", where="table", far=1.5, share=0.5, flow=None, outliers="digits")
    table, digits = prepared(SPRITES, tmp_path), prepared(DIGITS, tmp_path)
    inputs = [("digits", digits)]
    weights = job("train", exposed, tmp_path, table, inputs=inputs)["weights"]
    options = {"outliers": ("digits",), "count": 40, "flow": None}
    rows = {}
    for name in ("logit", "isolation-forest"):
        its = {"space": "data", "trees": 10} if name == "isolation-forest" else {}
        asked = Measuring(what=part("detection", detectors=(part(name, **its),), **options))
        inputs_of = [*inputs, ("weights", weights)]
        path = job("measure", exposed, tmp_path / name, table, asked=asked, inputs=inputs_of)["measures"]
        rows[name] = read_table(path, OUTPUTS["measures"]).to_pylist()
    known = {(row["part"], row["metric"]): row["value"] for its in rows.values() for row in its}
    assert {row["split"] for its in rows.values() for row in its} == {"digits"}
    assert known["logit", "AUROC"] > 0.9
    assert (known["logit", "inliers"], known["logit", "outliers"]) == (24, 30)
    assert 0 < known["isolation forest", "AUROC"] <= 1
