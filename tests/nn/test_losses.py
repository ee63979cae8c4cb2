"""The losses: against the textbook's formulas and PyTorch, at large logits, to second order, and what they refuse."""

import inspect
import math

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn import functional as F

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(6, 4))
CLASSES = np.array([0, 3, 1, 1, 2, 0])
SHARES = RNG.dirichlet(np.ones(4), size=6)
REDUCTIONS = ["mean", "sum", "none"]


def softplus(x):
    return np.logaddexp(0, x)


def log_softmax(x):
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def gradient(loss, x):
    """The loss as an array, and the gradient of its sum."""
    leaf = Tensor(x, requires_grad=True)
    result = loss(leaf)
    result.sum().backward()
    return result.detach().numpy(), leaf.grad.numpy()


# --- Formulas ---------------------------------------------------------------------------------------------------------


def test_mean_squared_error_is_its_formula():
    loss, g = gradient(lambda a: F.mse_loss(a, SHARES), LOGITS)
    np.testing.assert_allclose(loss, ((LOGITS - SHARES) ** 2).mean(), rtol=1e-14)
    np.testing.assert_allclose(g, 2 * (LOGITS - SHARES) / LOGITS.size, rtol=1e-14)


def test_binary_cross_entropy_is_softplus_of_the_signed_logit():
    targets = (SHARES > 0.25).astype(float)
    loss, g = gradient(lambda a: F.binary_cross_entropy_with_logits(a, targets, reduction="none"), LOGITS)
    np.testing.assert_allclose(loss, softplus((1 - 2 * targets) * LOGITS), rtol=1e-13)
    np.testing.assert_allclose(g, 1 / (1 + np.exp(-LOGITS)) - targets, rtol=1e-13)


def test_cross_entropy_is_minus_the_log_of_softmax_for_classes_and_for_probabilities():
    loss, g = gradient(lambda a: F.cross_entropy(a, CLASSES), LOGITS)
    log_p, one_hot = log_softmax(LOGITS), np.eye(4)[CLASSES]
    np.testing.assert_allclose(loss, -(one_hot * log_p).sum() / 6, rtol=1e-14)
    np.testing.assert_allclose(g, (np.exp(log_p) - one_hot) / 6, rtol=1e-12)
    loss, g = gradient(lambda a: F.cross_entropy(a, SHARES), LOGITS)
    np.testing.assert_allclose(loss, -(SHARES * log_p).sum() / 6, rtol=1e-14)
    np.testing.assert_allclose(g, (np.exp(log_p) - SHARES) / 6, rtol=1e-12, atol=1e-16)


def test_the_gradient_of_a_confident_wrong_answer_keeps_its_precision():
    _, g = gradient(
        lambda a: F.binary_cross_entropy_with_logits(a, np.zeros(3), reduction="none"), np.array([-20.0, -40.0, -700.0])
    )
    np.testing.assert_allclose(g, np.exp([-20.0, -40.0, -700.0]), rtol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_a_thousand_give_finite_losses_and_exact_gradients(dtype):
    x = np.array([1000.0, -1000.0, 1000.0, -1000.0], dtype)
    loss, g = gradient(lambda a: F.binary_cross_entropy_with_logits(a, np.array([1, 0, 0, 1]), reduction="none"), x)
    assert loss.tolist() == [0, 0, 1000, 1000]
    assert g.tolist() == [0, 0, 1, -1]
    x = np.array([[1000.0, 0.0], [0.0, 1000.0], [-1000.0, -1000.0]], dtype)
    loss, g = gradient(lambda a: F.cross_entropy(a, np.array([0, 0, 1]), reduction="none"), x)
    np.testing.assert_allclose(loss, [0, 1000, math.log(2)], rtol=1e-6)
    assert g.tolist() == [[0, 0], [-1, 1], [0.5, -0.5]]
    assert (loss.dtype, g.dtype) == (dtype, dtype)


def test_a_masked_class_of_minus_infinity_takes_no_part():
    x = np.array([[0.0, -np.inf, 0.0]])
    for target in (np.array([0]), np.array([[1.0, 0.0, 0.0]])):
        loss, g = gradient(lambda a, t=target: F.cross_entropy(a, t), x)
        np.testing.assert_allclose(loss, math.log(2))
        np.testing.assert_allclose(g, [[-0.5, 0.0, 0.5]])


def test_a_loss_that_counts_for_nothing_has_a_zero_gradient_whatever_its_values():
    bad = np.array([[np.nan, 1.0], [0.0, 1.0]])
    _, g = gradient(lambda a: 0.0 * F.cross_entropy(a, np.array([0, 1])) + a[1].sum(), bad)
    assert g.tolist() == [[0.0, 0.0], [1.0, 1.0]]
    _, g = gradient(lambda a: F.mse_loss(a, np.zeros((2, 2)), reduction="none")[1], bad)
    assert g.tolist() == [[0.0, 0.0], [0.0, 2.0]]


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(
    "loss",
    [
        lambda a, r: F.mse_loss(a, SHARES, reduction=r),
        lambda a, r: F.binary_cross_entropy_with_logits(a, SHARES, reduction=r),
        lambda a, r: F.cross_entropy(a, CLASSES, reduction=r),
        lambda a, r: F.cross_entropy(a, SHARES, reduction=r),
    ],
    ids=["mse", "binary", "classes", "probabilities"],
)
def test_second_derivatives_are_those_of_central_differences(loss, reduction):
    direction, h = RNG.normal(size=LOGITS.shape), 1e-5
    exact = autograd.hvp(lambda a: loss(a, reduction), LOGITS, direction)
    slope = autograd.grad(lambda a: loss(a, reduction))
    np.testing.assert_allclose(
        exact, (slope(LOGITS + h * direction) - slope(LOGITS - h * direction)) / (2 * h), rtol=1e-6, atol=1e-9
    )


# --- PyTorch ----------------------------------------------------------------------------------------------------------

WEIGHT = np.array([0.5, 2.0, 1.0, 0.25])
IGNORED = np.array([0, -100, 1, 1, -100, 0])
IMAGES = RNG.normal(size=(2, 4, 3, 5))
LABELS = RNG.integers(0, 4, size=(2, 3, 5))
CASES = {
    "mse": ("mse_loss", LOGITS, SHARES, {}),
    "binary": ("binary_cross_entropy_with_logits", LOGITS, SHARES, {}),
    "binary, weights": ("binary_cross_entropy_with_logits", LOGITS, SHARES, {"weight": WEIGHT}),
    "binary, weights of positives": ("binary_cross_entropy_with_logits", LOGITS, SHARES, {"pos_weight": WEIGHT}),
    "classes": ("cross_entropy", LOGITS, CLASSES, {}),
    "classes, weights": ("cross_entropy", LOGITS, CLASSES, {"weight": WEIGHT}),
    "classes, some ignored": ("cross_entropy", LOGITS, IGNORED, {}),
    "classes, a class ignored": ("cross_entropy", LOGITS, CLASSES, {"ignore_index": 1}),
    "classes, smoothed": ("cross_entropy", LOGITS, CLASSES, {"label_smoothing": 0.1}),
    "classes, all at once": ("cross_entropy", LOGITS, IGNORED, {"weight": WEIGHT, "label_smoothing": 0.1}),
    "one sample": ("cross_entropy", LOGITS[0], CLASSES[0], {}),
    "images": ("cross_entropy", IMAGES, LABELS, {}),
    "images, weights": ("cross_entropy", IMAGES, LABELS, {"weight": WEIGHT}),
    "probabilities": ("cross_entropy", LOGITS, SHARES, {}),
    "probabilities, weights, smoothed": ("cross_entropy", LOGITS, SHARES, {"weight": WEIGHT, "label_smoothing": 0.1}),
    "probabilities of one sample": ("cross_entropy", LOGITS[0], SHARES[0], {}),
    "probabilities of images": ("cross_entropy", IMAGES, np.abs(IMAGES), {}),
}


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", CASES)
def test_losses_and_their_gradients_are_those_of_pytorch(case, reduction):
    torch = pytest.importorskip("torch")
    name, x, target, options = CASES[case]
    loss, g = gradient(lambda a: getattr(F, name)(a, target, reduction=reduction, **options), x)
    leaf = torch.tensor(x, requires_grad=True)
    theirs = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    expected = getattr(torch.nn.functional, name)(leaf, torch.tensor(target), reduction=reduction, **theirs)
    expected.sum().backward()
    assert loss.shape == tuple(expected.shape)
    np.testing.assert_allclose(loss, expected.detach().numpy(), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(g, leaf.grad.numpy(), rtol=1e-11, atol=1e-15)


def test_the_modules_are_the_functions_with_settings():
    binary = nn.BCEWithLogitsLoss(pos_weight=WEIGHT, reduction="sum")
    assert (
        binary(LOGITS, SHARES).item()
        == F.binary_cross_entropy_with_logits(LOGITS, SHARES, pos_weight=WEIGHT, reduction="sum").item()
    )
    settings = {"weight": WEIGHT, "ignore_index": 1, "label_smoothing": 0.1}
    assert (
        nn.CrossEntropyLoss(**settings)(LOGITS, CLASSES).item() == F.cross_entropy(LOGITS, CLASSES, **settings).item()
    )
    assert nn.MSELoss(reduction="none")(LOGITS, SHARES).shape == LOGITS.shape
    assert list(nn.CrossEntropyLoss(weight=WEIGHT).state_dict()) == ["weight"]
    assert list(nn.CrossEntropyLoss().state_dict()) == []


# --- Types ------------------------------------------------------------------------------------------------------------


def test_targets_take_the_dtype_of_the_prediction():
    x = LOGITS.astype(np.float32)
    for loss in (F.mse_loss, F.binary_cross_entropy_with_logits, F.cross_entropy):
        assert loss(x, SHARES).dtype == np.float32
        assert loss(Tensor(x), Tensor(SHARES)).dtype == np.float32
    assert F.mse_loss(x, np.zeros((6, 4), int)).dtype == np.float32
    assert F.binary_cross_entropy_with_logits(x, x > 0).dtype == np.float32
    assert F.cross_entropy(x.tolist(), CLASSES.tolist()).dtype == np.float32
    for kind in (np.uint8, np.int32, np.uint64):
        assert F.cross_entropy(x, CLASSES.astype(kind)).item() == F.cross_entropy(x, CLASSES).item()


def test_the_mean_over_no_samples_is_not_a_number_and_the_sum_is_zero():
    empty, labels = np.zeros((0, 3)), np.zeros(0, int)
    assert math.isnan(F.mse_loss(empty, empty).item())
    assert math.isnan(F.cross_entropy(empty, labels).item())
    assert F.cross_entropy(empty, labels, reduction="sum").item() == 0


def test_a_target_changed_after_the_loss_does_not_change_its_gradient():
    labels, x = CLASSES.copy(), Tensor(LOGITS, requires_grad=True)
    loss = F.cross_entropy(x, labels)
    labels[:] = 0
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), gradient(lambda a: F.cross_entropy(a, CLASSES), LOGITS)[1])


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}, {"weight": WEIGHT, "reduction": "sum"}], ids=str)
def test_a_trace_follows_new_targets_and_refuses_wrong_ones(options):
    def slope(x, labels):
        return autograd.grad(lambda a: F.cross_entropy(a, labels, **options))(x)

    for traced_with in (CLASSES, IGNORED):
        program = autograd.trace(slope, LOGITS, traced_with)
        np.testing.assert_array_equal(program(LOGITS[::-1], CLASSES[::-1]), slope(LOGITS[::-1], CLASSES[::-1]))
        with pytest.raises(IndexError, match=r"label 4 at 1 is not one of the 4 classes|index 4 is out of bounds"):
            program(LOGITS, np.array([0, 4, 1, 1, 2, 0]))


# --- Refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [F.mse_loss, F.binary_cross_entropy_with_logits])
def test_a_column_against_a_row_is_refused_with_both_shapes_and_the_line_to_write(loss):
    with pytest.raises(ValueError, match=r"input has shape \(4, 1\) and the target \(4,\).*write input.reshape\(4\)"):
        loss(np.zeros((4, 1)), np.zeros(4))
    with pytest.raises(
        ValueError, match=r"input has shape \(4,\) and the target \(4, 1\).*write input.reshape\(4, 1\)"
    ):
        loss(np.zeros(4), np.zeros((4, 1)))
    with pytest.raises(ValueError, match=r"shape \(4, 2\) and the target \(2,\).*give both the same shape"):
        loss(np.zeros((4, 2)), np.zeros(2))


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        ([0, 1, 4, 0, 0, 0], r"label 4 at target\[2\] is not one of the 4 classes, 0 to 3"),
        ([0, 1, 2, -1, 0, 9], r"label -1 at target\[3\] is not one of the 4 classes"),
        ([0, -100, 2, 0, 7, 0], r"label 7 at target\[4\]"),
    ],
)
def test_a_label_that_is_no_class_is_named_with_its_place(labels, named):
    for options in ({}, {"label_smoothing": 0.1}, {"weight": WEIGHT}):
        with pytest.raises(IndexError, match=named):
            F.cross_entropy(LOGITS, np.array(labels), **options)


def test_the_place_of_a_wrong_label_is_that_in_the_target_as_given():
    labels = LABELS.copy()
    labels[1, 2, 4] = 4
    with pytest.raises(IndexError, match=r"label 4 at target\[1, 2, 4\] is not one of the 4 classes"):
        F.cross_entropy(IMAGES, labels)


@pytest.mark.parametrize(
    ("target", "error", "advice"),
    [
        (CLASSES.astype(float), TypeError, r"classes are integers: write target.astype\(int\)"),
        (CLASSES > 0, TypeError, r"write target.astype\(int\)"),
        (np.eye(4, dtype=int)[CLASSES], TypeError, r"write target.astype\(float\), or target.argmax\(1\)"),
        (CLASSES[:, None], ValueError, r"classes have shape \(6,\): write target\[..., 0\]"),
        (CLASSES[:5], ValueError, r"shape \(6, 4\) and the target \(5,\).*must have shape \(6,\)"),
        (SHARES[:, :3], ValueError, r"or \(6, 4\), probabilities"),
    ],
)
def test_a_target_of_the_wrong_kind_says_what_to_write(target, error, advice):
    with pytest.raises(error, match=advice):
        F.cross_entropy(LOGITS, target)


def test_other_arguments_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="reduction must be 'mean', 'sum' or 'none', not 'average'"):
        F.mse_loss(LOGITS, SHARES, reduction="average")
    with pytest.raises(ValueError, match="not 'average'"):
        nn.MSELoss(reduction="average")
    with pytest.raises(ValueError, match=r"weight has shape \(3,\); it needs one for each class, \(4,\)"):
        F.cross_entropy(LOGITS, CLASSES, weight=WEIGHT[:3])
    with pytest.raises(ValueError, match="between 0 and 1, not 2"):
        nn.CrossEntropyLoss(label_smoothing=2)
    with pytest.raises(ValueError, match=r"shape \(\), and needs an axis of classes"):
        F.cross_entropy(np.array(1.0), np.array(0))
    with pytest.raises(TypeError, match=r"predictions are floating: write input.astype"):
        F.mse_loss(np.arange(3), np.zeros(3))


# --- The others: what figures beside PyTorch's can't see --------------------------------------------------------------


def test_what_is_unsure_by_1000_costs_1000_and_not_infinity():
    x = np.array([1000.0, -1000.0])
    loss, g = gradient(lambda a: F.soft_margin_loss(a, np.array([1, 1]), reduction="none"), x)
    assert loss.tolist() == [0, 1000]
    assert g.tolist() == [0, -1]
    loss, g = gradient(lambda a: F.multilabel_soft_margin_loss(a, np.array([0, 0]), reduction="none"), x)
    assert loss.tolist() == 500
    assert g.tolist() == [0.5, 0]


def test_binary_cross_entropy_of_a_probability_of_0_or_1_is_pytorchs():
    loss, g = gradient(
        lambda p: F.binary_cross_entropy(p, np.array([0, 1, 0, 1]), reduction="none"), np.array([0.0, 0.0, 1.0, 1.0])
    )
    assert loss.tolist() == [0, 100, 100, 0]
    assert g.tolist() == [0, -1e12, 1e12, 0]


def test_a_derivative_at_a_kink_is_pytorchs():
    zero = np.array([0.0])
    for loss, expected in (
        (lambda a: F.l1_loss(a, [0.0]), 0),
        (lambda a: F.margin_ranking_loss(a, [0.0], [1]), -1),
        (lambda a: F.hinge_embedding_loss(a + 1, [-1]), -1),
        (lambda a: F.triplet_margin_loss(a + [3.0], [2.0], [1.0], eps=0, margin=1.0), 0),
        (lambda a: F.multi_margin_loss(autograd.cat([a, a * 0]), 0, margin=0.0), 0),
    ):
        assert gradient(loss, zero)[1].tolist() == [expected]


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "poisson_nll_loss", "gaussian_cost",
                                  "binary_cross_entropy", "bernoulli_cost", "soft_margin_loss", "kl_div", "hinge_embedding_loss"])  # fmt: skip
def test_of_no_samples_the_sum_is_0_and_the_mean_is_nan(name):
    x = Tensor(np.zeros((0, 3)), requires_grad=True)
    total = getattr(F, name)(x, np.zeros((0, 3)), reduction="sum")
    total.backward()
    assert total.item() == 0
    assert x.grad.shape == (0, 3)
    assert math.isnan(getattr(F, name)(x, np.zeros((0, 3))).item())


X34, T3 = np.zeros((3, 4)), np.array([0, 1, 2])


@pytest.mark.parametrize(
    ("loss", "error", "message"),
    [
        (lambda: F.l1_loss(X34, np.zeros((3, 1))), ValueError, r"l1_loss: the input has shape \(3, 4\) and the target \(3, 1\)"),
        (lambda: F.l1_loss(X34, X34, weight=[1.0]), ValueError, r"l1_loss: weight has shape \(1,\); it needs that of the"),
        (lambda: F.huber_loss(X34, X34, delta=0), ValueError, "delta must be positive, and is 0"),
        (lambda: F.smooth_l1_loss(X34, X34, beta=-1), ValueError, "beta must not be negative, and is -1"),
        (lambda: F.mse_loss(X34, X34, reduction="avg"), ValueError, "reduction must be 'mean', 'sum' or 'none', not 'avg'"),
        (lambda: F.gaussian_nll_loss(X34, X34, -np.ones((3, 4))), ValueError, "var is a variance, and has negative"),
        (lambda: F.gaussian_nll_loss(X34, X34, np.ones(4)), ValueError, r"var has shape \(4,\); it needs that of the"),
        (lambda: F.binary_cross_entropy(X34 - 1, X34), ValueError, "between 0 and 1, and lies between -1 and -1; for logits"),
        (lambda: F.nll_loss(X34, [0, 1]), ValueError, r"nll_loss: the input has .* must have shape \(3,\), integer classes$"),
        (lambda: F.nll_loss(X34, [0, 1, 4]), IndexError, r"nll_loss: the label 4 at target\[2\] is not one of the 4"),
        (lambda: F.nll_loss(X34, [0.0, 1.0, 2.0]), TypeError, r"classes are integers: write target.astype\(int\)"),
        (lambda: F.nll_loss(X34, T3, weight=[1.0]), ValueError, "nll_loss: weight has shape"),
        (lambda: F.margin_ranking_loss(X34, T3, T3), ValueError, r"shapes \(3, 4\) and \(3,\) and \(3,\) do not fit"),
        (lambda: F.margin_ranking_loss(T3, T3, T3), TypeError, "the first input is int64, and must be floating"),
        (lambda: F.cosine_embedding_loss(X34, X34, 1), ValueError, r"and a target of \(\) do not fit"),
        (lambda: F.triplet_margin_loss(X34, X34, X34, margin=0), ValueError, "margin must be greater than 0, and is 0"),
        (lambda: F.multi_margin_loss(X34, T3, p=3), ValueError, "p must be 1 or 2, and is 3"),
        (lambda: F.multi_margin_loss(X34, [0, 1, -1]), IndexError, r"the label -1 at \(2,\) is not one of the 4"),
        (lambda: F.multi_margin_loss(X34, T3, weight=[1.0]), ValueError, r"weight has shape \(1,\)"),
        (lambda: F.multilabel_margin_loss(X34, T3), ValueError, r"they must be \(N, C\) and \(N, C\)"),
        (lambda: F.multilabel_margin_loss(X34, X34), TypeError, r"classes are integers: write target.astype\(int\)"),
        (lambda: nn.TripletMarginLoss(margin=-1), ValueError, "margin must be greater than 0"),
        (lambda: nn.MultiMarginLoss(p=3), ValueError, "p must be 1 or 2"),
        (lambda: nn.L1Loss(reduction="batchmean"), ValueError, "reduction must be"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(loss, error, message):
    with pytest.raises(error, match=message):
        loss()


def test_a_variance_below_eps_counts_as_eps_and_still_gets_a_gradient():
    loss, g = gradient(
        lambda v: F.gaussian_nll_loss(np.zeros(2), np.ones(2), v, eps=0.5, reduction="none"), np.array([0.1, 2.0])
    )
    np.testing.assert_allclose(loss, 0.5 * (np.log([0.5, 2.0]) + 1 / np.array([0.5, 2.0])))
    np.testing.assert_allclose(g, 0.5 * (1 / np.array([0.5, 2.0]) - 1 / np.array([0.5, 2.0]) ** 2))


def test_labels_after_the_first_minus_one_are_not_read():
    x = np.array([[0.1, 0.2, 0.4, 0.8]])
    some, more = (F.multilabel_margin_loss(x, np.array([t])).item() for t in ([3, 0, -1, -1], [3, 0, -1, 99]))
    assert some == more
    assert some == pytest.approx(0.25 * ((1 - 0.6) + (1 - 0.4) + (1 - (0.1 - 0.2)) + (1 - (0.1 - 0.4))))


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_where_every_sample_is_ignored_the_mean_is_nan_and_the_gradient_0(loss):
    x = Tensor(np.log(SHARES), requires_grad=True)
    mean = loss(x, np.full(6, -100))
    mean.backward()
    assert math.isnan(mean.item())
    assert not x.grad.numpy().any()


# --- PyTorch's old names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size_average", [None, False, True])
@pytest.mark.parametrize("reduce", [None, False, True])
def test_the_old_names_of_a_reduction_mean_what_they_mean_in_pytorch(size_average, reduce):
    torch = pytest.importorskip("torch")
    x = torch.tensor(LOGITS)
    if size_average is reduce is None:
        assert F.mse_loss(LOGITS, SHARES, None, None, "sum").item() == ((LOGITS - SHARES) ** 2).sum()
        return
    for make in (
        lambda nn: nn.MSELoss(size_average, reduce),
        lambda nn: nn.CrossEntropyLoss(None, size_average, -100, reduce),
        lambda nn: lambda x, t: nn.functional.l1_loss(x, t, size_average=size_average, reduce=reduce),
        lambda nn: lambda x, t: nn.functional.poisson_nll_loss(x, t, True, False, size_average, 1e-8, reduce),
    ):
        with pytest.warns(UserWarning, match="write reduction='(mean|sum|none)'"):
            found = make(nn)(LOGITS, SHARES)
        with pytest.warns(UserWarning, match="reduction="):
            expected = make(torch.nn)(x, torch.tensor(SHARES))
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)


@pytest.mark.parametrize("make", [nn.MSELoss, nn.CrossEntropyLoss, nn.BCEWithLogitsLoss, nn.KLDivLoss])
def test_a_loss_that_is_made_of_tensors_says_how_it_is_called(make):
    with pytest.raises(
        TypeError, match=rf"nn.{make.__name__} takes options.*write nn.{make.__name__}\(\)\(input, target\)"
    ):
        make(Tensor([0.5]), Tensor([1.0]))


def test_a_reduction_in_the_place_of_its_old_name_is_refused():
    with pytest.raises(
        TypeError, match=r"mse_loss: size_average and reduce are old names.*not 'sum'; write reduction="
    ):
        F.mse_loss(LOGITS, SHARES, "sum")
    with pytest.raises(TypeError, match="L1Loss: size_average"):
        nn.L1Loss("sum")
    with pytest.raises(ValueError, match="must be one of 'mean', 'sum', 'none', 'batchmean', not 'avg'"):
        nn.KLDivLoss(reduction="avg")


@pytest.mark.parametrize(
    "name", [name for name in dir(F) if name.endswith("_loss") or "entropy" in name or name == "kl_div"]
)
def test_arguments_have_pytorchs_names_order_and_defaults(name):
    torch = pytest.importorskip("torch")

    def arguments(function):
        return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]

    assert arguments(getattr(F, name)) == arguments(getattr(torch.nn.functional, name))


@pytest.mark.parametrize("name", [name for name in dir(nn) if name.endswith("Loss")])
def test_layers_have_pytorchs_arguments(name):
    torch = pytest.importorskip("torch")
    found, expected = (
        [(p.name, p.kind, p.default) for p in inspect.signature(getattr(module, name)).parameters.values()]
        for module in (nn, torch.nn)
    )
    assert found == expected


# --- In a trace -------------------------------------------------------------------------------------------------------

SIGNS = np.array([1, -1, -1, 1, 1, -1])
LISTS = np.array([[3, 0, -1, 1], [1, -1, -1, -1], [-1, 2, 0, 1], [0, 1, 2, 3], [2, 1, -1, 0], [1, 3, 2, -1]])


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        (F.nll_loss, CLASSES),
        (F.multi_margin_loss, CLASSES),
        (F.multilabel_margin_loss, LISTS),
        (F.kl_div, SHARES),
        (F.bernoulli_cost, SHARES),
        (F.poisson_nll_loss, SHARES),
        (lambda x, t: F.cosine_embedding_loss(x, x[::-1], t), SIGNS),
        (lambda x, t: F.gaussian_nll_loss(x, x[::-1], t), SHARES),
    ],
)
def test_a_trace_takes_new_targets(loss, target):
    def slope(x, t):
        return autograd.grad(lambda a: loss(a, t))(x)

    program = autograd.trace(slope, LOGITS, target)
    np.testing.assert_allclose(program(LOGITS, target[::-1]), slope(LOGITS, target[::-1]), rtol=1e-14)


@pytest.mark.parametrize(("loss", "target"), [(F.multi_margin_loss, CLASSES), (F.multilabel_margin_loss, LISTS)])
def test_a_trace_refuses_a_label_that_is_no_class(loss, target):
    program = autograd.trace(lambda x, t: autograd.grad(lambda a: loss(a, t))(x), LOGITS, target)
    with pytest.raises(IndexError):
        program(LOGITS, np.where(target == 3, 4, target))


def test_a_class_listed_twice_counts_twice():
    x = np.array([[0.5, 1.0, 0.0]])
    once, twice = (F.multilabel_margin_loss(x, np.array([t])).item() for t in ([0, -1, -1], [0, 0, -1]))
    assert twice == 2 * once


def test_the_divergence_of_an_empty_batch_is_not_a_number():
    assert math.isnan(F.kl_div(np.zeros((0, 3)), np.zeros((0, 3)), reduction="batchmean").item())


def test_probabilities_of_no_classes_are_refused():
    with pytest.raises(ValueError, match=r"no classes along axis 1 of its shape, \(3, 0\)"):
        F.cross_entropy(np.zeros((3, 0)), np.zeros((3, 0)))


# --- Samples of a softmax ---------------------------------------------------------------------------------------------


def test_gumbel_samples_are_classes_as_often_as_softmax_says_and_pass_the_soft_gradient_on():
    p = np.array([0.1, 0.2, 0.3, 0.4])
    hard = F.gumbel_softmax(np.tile(np.log(p), (20_000, 1)), hard=True, generator=np.random.default_rng(0))
    assert set(hard.numpy().ravel()) == {0, 1}
    np.testing.assert_array_equal(hard.numpy().sum(1), 1)
    np.testing.assert_allclose(hard.numpy().mean(0), p, atol=0.02)  # five standard deviations
    slopes = [
        gradient(lambda a, h=h: F.gumbel_softmax(a, 0.5, h, dim=0, generator=np.random.default_rng(1)) * SHARES, LOGITS)
        for h in (False, True)
    ]
    np.testing.assert_allclose(slopes[0][1], slopes[1][1], rtol=1e-12)
    assert slopes[0][1].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gumbel_sample_is_finite_where_the_random_number_is_0(monkeypatch, dtype):
    monkeypatch.setattr(autograd, "rand", lambda *shape, dtype, generator: autograd.zeros(shape, dtype=dtype))
    assert F.gumbel_softmax(np.zeros((2, 4), dtype)).tolist() == [[0.25] * 4] * 2
