"""Linear algebra where the laws cannot see: singular matrices, equal values, kinks at 0, PyTorch's names, errors."""

import warnings
from itertools import combinations

import numpy as np
import pytest

import autograd
from autograd import Tensor, linalg
from autograd.testing import gradcheck, gradgradcheck

GENERATOR = np.random.default_rng(7)
A, B = GENERATOR.normal(size=(4, 4)), GENERATOR.normal(size=(4, 4))
SYMMETRIC = A + A.T
TALL = GENERATOR.normal(size=(5, 3))


def of_rank(rank, n=4):
    return GENERATOR.normal(size=(n, rank)) @ GENERATOR.normal(size=(rank, n))


def cofactors(x):
    rows = [np.delete(np.delete(x, i, 0), j, 1) for i in range(len(x)) for j in range(len(x))]
    signs = (-1.0) ** np.add.outer(range(len(x)), range(len(x)))
    return signs * np.array([np.linalg.det(minor) for minor in rows]).reshape(x.shape)


# --- Determinants -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [0, 1, 2, 3, 4])
def test_the_gradient_of_a_determinant_is_the_cofactors_whatever_the_rank(rank):
    x = of_rank(rank)
    np.testing.assert_allclose(autograd.grad(np.linalg.det)(x), cofactors(x), atol=1e-13)


@pytest.mark.parametrize("rank", [0, 1, 2, 3, 4])
def test_so_is_its_second_derivative(rank):
    """That of rows i, j and columns k, l is, up to the sign, the minor without them."""
    x = of_rank(rank)
    found = autograd.hessian(np.linalg.det)(x)
    expected = np.zeros((4, 4, 4, 4))
    for rows in combinations(range(4), 2):
        for columns in combinations(range(4), 2):
            minor = np.linalg.det(np.delete(np.delete(x, rows, 0), columns, 1)) * (-1) ** sum(rows + columns)
            (i, j), (k, m) = rows, columns
            expected[i, k, j, m] = expected[j, m, i, k] = minor
            expected[i, m, j, k] = expected[j, k, i, m] = -minor
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_small_singular_matrices_have_exact_gradients():
    assert autograd.grad(np.linalg.det)(np.zeros((1, 1))) == 1
    np.testing.assert_allclose(autograd.grad(np.linalg.det)(np.array([[1.0, 2.0], [2.0, 4.0]])), [[4, -2], [-2, 1]])
    np.testing.assert_array_equal(autograd.grad(np.linalg.det)(np.zeros((3, 3))), np.zeros((3, 3)))


def test_one_singular_matrix_of_a_batch_leaves_the_others_alone():
    x = np.stack([A, np.diag([1.0, 2.0, 3.0, 0.0]), B])
    found = autograd.grad(lambda x: np.linalg.slogdet(x).logabsdet[[0, 2]].sum())(x)
    np.testing.assert_allclose(found[[0, 2]], np.linalg.inv(x[[0, 2]]).mT)
    assert np.isnan(autograd.grad(lambda x: np.linalg.slogdet(x).logabsdet.sum())(x)[1]).all()
    found = autograd.grad(lambda x: np.linalg.det(x).sum())(x)
    np.testing.assert_allclose(found, np.stack([cofactors(one) for one in x]), atol=1e-12)


def test_the_sign_of_a_determinant_needs_no_gradient():
    sign, logabsdet = np.linalg.slogdet(Tensor(A, requires_grad=True))
    assert not sign.requires_grad
    assert logabsdet.requires_grad


# --- Kinks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ord", [None, 1, 2, 3, 1.5, np.inf, -np.inf])
def test_the_gradient_of_a_norm_of_zero_is_zero(ord):
    def f(x):
        return np.linalg.norm(x, ord, axis=-1).sum()

    np.testing.assert_array_equal(autograd.grad(f)(np.zeros((2, 3))), 0)
    np.testing.assert_array_equal(autograd.grad(lambda x: (f(x) ** 2).sum())(np.zeros((2, 3))), 0)


@pytest.mark.parametrize("ord", ["fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(2, 3), (3, 3)])
def test_the_gradient_of_a_norm_of_a_zero_matrix_is_zero(ord, shape):
    np.testing.assert_array_equal(autograd.grad(lambda x: np.linalg.norm(x, ord))(np.zeros(shape)), 0)


def test_a_nuclear_norm_has_the_least_subgradient_where_a_singular_value_is_zero():
    found = autograd.grad(lambda x: np.linalg.norm(x, "nuc"))(np.diag([2.0, 1.0, 0.0]))
    np.testing.assert_allclose(found, np.diag([1.0, 1.0, 0.0]), atol=1e-15)


def test_equal_largest_singular_values_share_the_gradient_of_the_spectral_norm():
    np.testing.assert_allclose(autograd.grad(lambda x: np.linalg.norm(x, 2))(np.eye(4)), np.eye(4) / 4)


@pytest.mark.parametrize("zeros", [1, 2])
def test_a_norm_with_zeros_among_its_elements(zeros):
    x = np.array([0.0] * zeros + [3.0, -4.0])
    for ord, expected in ((2, x / 5), (3, np.sign(x) * x**2 / 91 ** (2 / 3)), (1, np.sign(x)), (0.5, None)):
        found = autograd.grad(lambda x, ord=ord: np.linalg.norm(x, ord))(x)
        assert np.isfinite(found).all()
        if expected is not None:
            np.testing.assert_allclose(found, expected)


# --- Equal eigenvalues and singular values ----------------------------------------------------------------------------

TURN = np.linalg.qr(B)[0]
EQUAL = TURN @ np.diag([1.0, 2.0, 2.0, 3.0]) @ TURN.T  # equal to rounding


@pytest.mark.parametrize("x", [np.eye(4), EQUAL, np.zeros((4, 4))], ids=["identity", "rounded", "zero"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.linalg.eigvalsh(x).sum(),
        lambda x: np.linalg.eigh(x).eigenvalues.sum(),
        lambda x: linalg.eigh(x).eigenvalues.sum(),
    ],
)
def test_equal_eigenvalues_have_their_exact_gradient_and_no_warning(f, x):
    np.testing.assert_allclose(autograd.grad(f)(x), np.eye(4), atol=1e-12)


def test_equal_singular_values_have_their_exact_gradient_and_no_warning():
    for f in (lambda x: np.linalg.svd(x).S.sum(), lambda x: np.linalg.svdvals(x).sum()):
        np.testing.assert_allclose(autograd.grad(f)(TURN), TURN, atol=1e-12)
        np.testing.assert_allclose(autograd.grad(f)(np.eye(4)), np.eye(4), atol=1e-12)


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("x", [np.eye(4), EQUAL], ids=["identity", "rounded"])
def test_the_gradient_of_vectors_of_equal_values_is_finite_with_a_warning_that_says_so(x, create):
    for f in (lambda t: np.linalg.eigh(t).eigenvectors, lambda t: np.linalg.svd(t).U):
        t = Tensor(x, requires_grad=True)
        with pytest.warns(RuntimeWarning, match=r"(eigenvalues|singular values) are equal.*left out"):
            (g,) = autograd.grad((f(t) * A).sum(), [t], create_graph=create)
        assert np.isfinite(g.detach().numpy()).all()


def test_a_function_of_a_matrix_warns_even_where_the_vectors_share_is_zero():
    """log(1) = 0, so that the cotangent of the vectors is exactly 0, but the derivative of the function is not."""

    def logarithm(x):
        w, v = np.linalg.eigh(x)
        return ((v * np.log(w)) @ v.T * A).sum()

    with pytest.warns(RuntimeWarning, match="equal"):
        autograd.grad(logarithm)(np.eye(4))
    gradcheck(logarithm, SYMMETRIC @ SYMMETRIC + np.eye(4))


def test_vectors_of_a_zero_singular_value_warn():
    x = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    with pytest.warns(RuntimeWarning, match="a singular value is 0"):
        g = autograd.grad(lambda x: (np.linalg.svd(x, full_matrices=False).U * A[:3, :2]).sum())(x)
    assert np.isfinite(g).all()


def test_invariant_functions_of_vectors_agree_with_differences():
    """The projector on some of the vectors does not depend on their signs."""

    def projector(x):
        v = np.linalg.svd(x, full_matrices=False).U[:, :2]
        return v @ v.T

    gradcheck(projector, TALL)
    gradgradcheck(projector, TALL)


# --- Where the derivative is not unique -------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [TALL, TALL.T])
def test_full_matrices_that_are_not_unique_are_refused_where_a_gradient_is_needed(x):
    t = Tensor(x, requires_grad=True)
    for svd in (np.linalg.svd, linalg.svd):
        s = svd(t)[1]
        for part in svd(t)[::2]:
            with pytest.raises(ValueError, match="full_matrices=False"):
                part.sum().backward()
        np.testing.assert_allclose(
            autograd.grad(s.sum(), [t])[0].numpy(), autograd.grad(lambda x: np.linalg.svdvals(x).sum())(x), rtol=1e-10
        )
    with autograd.no_grad():
        for found, expected in zip(np.linalg.svd(t), np.linalg.svd(x)):
            np.testing.assert_array_equal(found.numpy(), expected)
    for found, expected in zip(np.linalg.svd(Tensor(x)), np.linalg.svd(x)):
        np.testing.assert_array_equal(found.numpy(), expected)


def test_a_complete_q_is_refused_where_a_gradient_is_needed():
    t = Tensor(TALL, requires_grad=True)
    q, r = np.linalg.qr(t, "complete")
    with pytest.raises(ValueError, match=r"np\.linalg\.qr\(a\)"):
        q.sum().backward()
    assert r.shape == np.linalg.qr(TALL, "complete")[1].shape
    np.testing.assert_allclose(
        autograd.grad((r**2).sum(), [t])[0].numpy(),
        autograd.grad(lambda x: (np.linalg.qr(x)[1] ** 2).sum())(TALL),
        rtol=1e-10,
    )
    for found, expected in zip(np.linalg.qr(Tensor(TALL), "complete"), np.linalg.qr(TALL, "complete")):
        np.testing.assert_array_equal(found.numpy(), expected)


def test_complex_results_are_refused():
    turn = Tensor([[0.0, -1.0], [1.0, 0.0]])
    for f in (np.linalg.eig, np.linalg.eigvals, linalg.eig, linalg.eigvals):
        with pytest.raises(TypeError, match="complex eigenvalues"):
            f(turn)
    for name in ("fft", "ifft", "rfft", "irfft", "rfftn", "fft2", "ifftn", "hfft", "ihfft"):
        with pytest.raises(TypeError, match=rf"np\.fft\.{name} is complex.*autograd\.fft\.\w+_parts"):
            getattr(np.fft, name)(turn)


# --- Least squares ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("m", "rank"), [(5, 3), (5, 2), (2, 2), (3, 3)])
def test_least_squares_of_any_rank_is_the_pseudo_inverse_times_b(m, rank):
    a = GENERATOR.normal(size=(m, rank)) @ GENERATOR.normal(size=(rank, 3))
    b, u = GENERATOR.normal(size=(m, 2)), GENERATOR.normal(size=(3, 2))
    ours = [Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)]
    x, residuals, found, s = np.linalg.lstsq(*ours)
    expected = np.linalg.lstsq(a, b)
    assert found.item() == rank == expected[2]
    for y, z in zip((x, residuals, s), (expected[0], expected[1], expected[3])):
        assert y.shape == z.shape
        np.testing.assert_allclose(y.detach().numpy(), z, atol=1e-12)
    slopes = autograd.grad((x * u).sum(), ours)
    theirs = [Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)]
    same = autograd.grad((np.linalg.pinv(theirs[0], 1e-10) @ theirs[1] * u).sum(), theirs)
    for g, h in zip(slopes, same):
        np.testing.assert_allclose(g.numpy(), h.numpy(), atol=1e-9)


@pytest.mark.parametrize(("dtype", "columns"), [(np.float64, 2), (np.float64, 20), (np.float32, 2)])
@pytest.mark.parametrize("small", [6, 12, 1e9])
def test_least_squares_finds_the_rank_that_numpy_finds(dtype, columns, small):
    a = np.zeros((8, 2), dtype)
    a[0, 0], a[1, 1] = 1, small * 2.0**-52
    b = np.ones((8, columns))
    ours = [Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)]
    x, _, rank, _ = np.linalg.lstsq(*ours)
    assert rank.item() == np.linalg.lstsq(a, b)[2] == 1 + (small > 8)
    slopes = [g.numpy() for g in autograd.grad(x.sum(), ours)]
    assert (np.abs(slopes[1][1]).max() > 1) == (rank.item() == 2)
    assert (np.abs(slopes[0]).max() > 1e6) == (rank.item() == 2)


# --- Errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.linalg.inv(x[:2]),
        lambda x: np.linalg.inv(x * 0),
        lambda x: np.linalg.det(x[0]),
        lambda x: np.linalg.solve(x * 0, x),
        lambda x: np.linalg.solve(x, x[:2]),
        lambda x: np.linalg.cholesky(-x @ x.T),
        lambda x: np.linalg.cholesky(x[:2]),
        lambda x: np.linalg.eigh(x[0]),
        lambda x: np.linalg.eigh(x, "X"),
        lambda x: np.linalg.eigvalsh(x[:2]),
        lambda x: np.linalg.svd(x[0]),
        lambda x: np.linalg.svd(x * np.nan),
        lambda x: np.linalg.qr(x[0]),
        lambda x: np.linalg.qr(x, "half"),
        lambda x: np.linalg.norm(x, "half"),
        lambda x: np.linalg.norm(x[0], "nuc"),
        lambda x: np.linalg.norm(x, axis=(0, 0)),
        lambda x: np.linalg.norm(x, axis=5),
        lambda x: np.linalg.norm(x, axis="row"),
        lambda x: np.linalg.norm(x, 3, axis=(0, 1)),
        lambda x: np.linalg.norm(x[None], 2),
        lambda x: np.linalg.matrix_power(x, 1.5),
        lambda x: np.linalg.matrix_power(x[:2], 2),
        lambda x: np.linalg.matrix_power(x * 0, -1),
        lambda x: np.linalg.multi_dot([x]),
        lambda x: np.linalg.multi_dot([x, x[None], x]),
        lambda x: np.linalg.multi_dot([x, x[:2], x]),
        lambda x: np.linalg.tensorinv(x, 0),
        lambda x: np.linalg.tensorsolve(x[:2], x[0]),
        lambda x: np.linalg.lstsq(x, x[:2]),
        lambda x: np.linalg.lstsq(x[None], x),
        lambda x: np.linalg.cond(x[:0]),
        lambda x: np.linalg.cond(x[:2], 1),
        lambda x: np.linalg.pinv(x, 1e-3, rtol=1e-3),
        lambda x: np.linalg.cross(x, x),
        lambda x: np.linalg.outer(x, x),
        lambda x: np.linalg.vecdot(x, x[:, :2]),
        lambda x: np.linalg.diagonal(x[0]),
        lambda x: np.linalg.trace(x[0]),
    ],
)
def test_what_numpy_refuses_is_refused_in_the_same_way(call):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(Exception) as theirs:  # noqa: PT011
            call(A)
        with pytest.raises(theirs.type):
            call(Tensor(A))


def test_an_error_names_the_operation_and_the_shapes():
    with pytest.raises(np.linalg.LinAlgError, match=r"inv\(float64 \(2, 2\)\): Singular"):
        np.linalg.inv(Tensor(np.zeros((2, 2))))


def test_out_is_refused():
    with pytest.raises(TypeError, match="would lose the graph"):
        np.linalg.multi_dot([Tensor(A), A], out=np.empty((4, 4)))


# --- Results ----------------------------------------------------------------------------------------------------------


def test_results_have_the_names_that_numpy_gives_them():
    t = Tensor(SYMMETRIC)
    for f in (np.linalg.eigh, np.linalg.svd, np.linalg.qr, np.linalg.slogdet, np.linalg.eig):
        assert f(t)._fields == f(SYMMETRIC)._fields


@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, "fro", np.inf])
def test_the_condition_of_singular_matrices_is_numpys(p):
    for x in (np.zeros((2, 2)), np.ones((2, 2)), np.stack([A, 0 * A]), A * np.nan):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                expected = np.linalg.cond(x, p)
            except np.linalg.LinAlgError:
                with pytest.raises(np.linalg.LinAlgError):
                    np.linalg.cond(Tensor(x), p)
                continue
            np.testing.assert_allclose(np.linalg.cond(Tensor(x), p).numpy(), expected, 1e-10)


def test_whole_numbers_become_floats_as_in_numpy():
    whole = np.array([[2, 1], [1, 3]])
    for f in (np.linalg.inv, np.linalg.det, np.linalg.cholesky, np.linalg.eigvalsh, np.linalg.norm, np.linalg.cond):
        found = f(Tensor(whole))
        assert found.dtype == np.float64
        np.testing.assert_allclose(found.numpy(), f(whole))
    assert np.linalg.matrix_power(Tensor(whole), 3).dtype == whole.dtype


def test_empty_batches_and_empty_matrices():
    for shape in ((0, 2, 2), (0, 0), (2, 0, 0)):
        x = np.zeros(shape)
        for f in (np.linalg.inv, np.linalg.det, np.linalg.eigvalsh, np.linalg.cholesky, lambda x: np.linalg.eigh(x)[1]):
            t = Tensor(x, requires_grad=True)
            y = f(t)
            assert y.shape == f(x).shape
            (g,) = autograd.grad(y.sum(), [t])
            assert g.shape == shape


# --- PyTorch's names --------------------------------------------------------------------------------------------------


def test_linalg_and_fft_are_there_without_being_imported():
    assert autograd.linalg.inv(Tensor(A)).shape == (4, 4)
    assert autograd.fft.rfftfreq(4).tolist() == [0.0, 0.25, 0.5]


def symmetric(x):
    return x @ x.mT + 2 * autograd.eye(x.shape[-1], dtype=x.dtype) if isinstance(x, Tensor) else x @ x.mT + _eye(x)


def _eye(x):
    import torch

    return 2 * torch.eye(x.shape[-1], dtype=x.dtype)


X, Y, BATCH, RIGHT = A[:3, :3], B[:3, :2], GENERATOR.normal(size=(2, 3, 3)), GENERATOR.normal(size=(2, 3, 2))
CALLS = {
    "norm": (lambda M, x: [M.norm(x), M.norm(x, dim=0), M.norm(x, "nuc"), M.norm(x, 1, dim=(0, 1), keepdim=True)], X),
    "norm of a batch": (lambda M, x: [M.norm(x), M.norm(x, dim=(0, 1)), M.norm(x, float("inf"), 1)], BATCH),
    "vector_norm": (lambda M, x: [M.vector_norm(x), M.vector_norm(x, 3, dim=(0, 2), keepdim=True)], BATCH),
    "matrix_norm": (lambda M, x: [M.matrix_norm(x), M.matrix_norm(x, 2, dim=(0, 1)), M.matrix_norm(x, -2)], BATCH),
    "inv": (lambda M, x: M.inv(x), BATCH),
    "pinv": (lambda M, x: [M.pinv(x), M.pinv(x, atol=1.0), M.pinv(x.mT, rtol=1e-3)], TALL),
    "pinv, symmetric": (lambda M, x: M.pinv(x, hermitian=True), SYMMETRIC),
    "solve": (lambda M, x, y: M.solve(x, y), BATCH, RIGHT),
    "solve, vectors": (lambda M, x, y: M.solve(x, y), BATCH, RIGHT[..., 0]),
    "solve from the right": (lambda M, x, y: M.solve(x, y, left=False), BATCH, RIGHT.mT.copy()),
    "solve_triangular": (lambda M, x, y: M.solve_triangular(x, y, upper=True), BATCH, RIGHT),
    "solve_triangular from the right": (
        lambda M, x, y: M.solve_triangular(x, y, upper=False, left=False, unitriangular=True), BATCH, RIGHT.mT.copy(),
    ),
    "lstsq": (lambda M, x, y: M.lstsq(x, y).solution, TALL, GENERATOR.normal(size=(5, 2))),
    "lstsq of a batch": (lambda M, x, y: M.lstsq(x, y).solution, RIGHT, BATCH),
    "det": (lambda M, x: M.det(x), BATCH),
    "slogdet": (lambda M, x: M.slogdet(x).logabsdet, BATCH),
    "cholesky": (lambda M, x: [M.cholesky(symmetric(x)), M.cholesky(symmetric(x), upper=True)], BATCH),
    "qr": (lambda M, x: [M.qr(x).Q, M.qr(x).R], BATCH),
    "qr, tall": (lambda M, x: [M.qr(x).Q, M.qr(x).R], TALL),
    "qr, wide": (lambda M, x: [M.qr(x).Q, M.qr(x).R], TALL.T.copy()),
    "svd": (lambda M, x: [M.svd(x).S, M.svd(x).U ** 2, M.svd(x).Vh ** 2], X),
    "svd, tall": (lambda M, x: M.svd(x, full_matrices=False).U ** 2, TALL),
    "svd, wide": (lambda M, x: M.svd(x, full_matrices=False).Vh ** 2, TALL.T.copy()),
    "svdvals": (lambda M, x: M.svdvals(x), RIGHT),
    "eigh": (lambda M, x: [M.eigh(symmetric(x)).eigenvalues, M.eigh(symmetric(x)).eigenvectors ** 2], BATCH),
    "eigvalsh": (lambda M, x: [M.eigvalsh(x), M.eigvalsh(x, UPLO="U")], SYMMETRIC),
    "matrix_power": (lambda M, x: [M.matrix_power(x, n) for n in (-2, 2, 3, 5)], BATCH),
    "multi_dot": (lambda M, x, y: M.multi_dot([x, y, y.mT, x]), X, Y),
    "cond": (lambda M, x: [M.cond(x), M.cond(x, -2)], BATCH),
    "cross": (lambda M, x: M.cross(x, x.mT, dim=0), X),
    "vecdot": (lambda M, x: M.vecdot(x, x.mT, dim=-2), X),
    "diagonal": (lambda M, x: [M.diagonal(x, offset=1), M.diagonal(x, dim1=0, dim2=2)], BATCH),
    "matrix_exp": (lambda M, x: M.matrix_exp(x), BATCH * np.array([[[0.1]], [[10.0]]])),
    "tensorinv": (lambda M, x: M.tensorinv(x), GENERATOR.normal(size=(2, 3, 3, 2))),
    "tensorsolve": (lambda M, x, y: M.tensorsolve(x, y), GENERATOR.normal(size=(2, 3, 6)), A[:2, :3]),
    "vander": (lambda M, x: [M.vander(x), M.vander(x, N=2)], X),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients_are_pytorchs(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    f, *arrays = CALLS[name]
    ours, theirs = (
        [Tensor(a, requires_grad=True) for a in arrays],
        [torch.tensor(a, requires_grad=True) for a in arrays],
    )
    ys, zs = f(linalg, *ours), f(torch.linalg, *theirs)
    ys, zs = (list(y) if isinstance(y, list | tuple) else [y] for y in (ys, zs))
    weights = [np.random.default_rng(i).uniform(0.5, 1.5, z.shape) for i, z in enumerate(zs)]
    assert [y.shape for y in ys] == [tuple(z.shape) for z in zs]
    for y, z in zip(ys, zs):
        z = z.detach().numpy()
        np.testing.assert_allclose(y.detach().numpy(), z, 1e-9, 1e-9 * np.max(np.abs(z)))
    found = autograd.grad(sum((y * w).sum() for y, w in zip(ys, weights)), ours)
    expected = torch.autograd.grad(sum((z * torch.tensor(w)).sum() for z, w in zip(zs, weights)), theirs)
    for g, h in zip(found, expected):
        h = h.numpy()
        np.testing.assert_allclose(g.numpy(), h, 1e-7, 1e-7 * np.max(np.abs(h)))


def test_ranks_and_least_squares_of_batches_as_in_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x = np.stack([of_rank(2), of_rank(3), A])
    for how in ({}, {"atol": 0.5}, {"rtol": 0.3}, {"hermitian": True}):
        values = x + x.mT if "hermitian" in how else x
        found, expected = (
            linalg.matrix_rank(Tensor(values), **how),
            torch.linalg.matrix_rank(torch.tensor(values), **how),
        )
        assert found.tolist() == expected.tolist()
        assert not found.requires_grad
    b = GENERATOR.normal(size=(2, 3, 2))
    found = linalg.lstsq(Tensor(RIGHT), Tensor(b))
    expected = torch.linalg.lstsq(torch.tensor(RIGHT), torch.tensor(b), driver="gelsd")
    np.testing.assert_allclose(found.residuals.numpy(), expected.residuals.numpy())
    assert found.rank.tolist() == expected.rank.tolist()


def test_the_exponential_of_a_matrix_of_any_size():
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    for angle in (0.0, 1e-9, 1.0, 100.0):
        expected = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        np.testing.assert_allclose(linalg.matrix_exp(Tensor(angle * turn)).numpy(), expected, atol=1e-12)
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        linalg.matrix_exp(Tensor(TALL))
    gradcheck(linalg.matrix_exp, 3 * BATCH)
    t = Tensor(A, requires_grad=True)
    small, large = (autograd.grad(linalg.matrix_exp(t), [t], Tensor(c * B))[0].numpy() for c in (1.0, 1e20))
    np.testing.assert_allclose(large / 1e20, small, 1e-12)


def test_a_symmetric_matrix_gets_a_symmetric_gradient_in_pytorchs_world_and_one_triangle_in_numpys():
    u = np.arange(4.0)
    symmetric = autograd.grad(lambda x: (linalg.eigvalsh(x) * u).sum())(SYMMETRIC)
    lower = autograd.grad(lambda x: (np.linalg.eigvalsh(x) * u).sum())(SYMMETRIC)
    np.testing.assert_allclose(symmetric, symmetric.T)
    np.testing.assert_allclose(np.triu(lower, 1), 0)
    np.testing.assert_allclose((lower + lower.T) / 2, symmetric, atol=1e-12)


def test_einsum_takes_plain_numbers():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    np.einsum(",ij->ij", 2.0, x).sum().backward()
    assert x.grad.tolist() == [[2, 2]]


@pytest.mark.parametrize(
    ("function", "shapes", "how"),
    [
        ("vecdot", [(3, 2), (3, 2)], {"axis": 0}),
        ("vecdot", [(2, 3, 4), (3, 4)], {"axis": -2, "keepdims": True}),
        ("vecdot", [(3, 2), (2, 3)], {"axes": [0, 1]}),
        ("matmul", [(3, 2, 5), (5, 4, 3)], {"axes": [(1, 0), (2, 1), (0, 1)]}),
        ("matvec", [(3, 2, 5), (5, 3)], {"axes": [(1, 0), 1, 0]}),
    ],
)
def test_products_go_along_the_axes_that_are_named(function, shapes, how):
    if not hasattr(np, function):
        pytest.skip("this NumPy has no such product")
    arrays = [np.random.default_rng(i).normal(size=shape) for i, shape in enumerate(shapes)]
    f = lambda a, b: getattr(np, function)(a, b, **how)
    a, b = (Tensor(x, requires_grad=True) for x in arrays)
    expected = f(*arrays)
    y = f(a, b)
    np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-13)
    g = np.random.default_rng(9).normal(size=expected.shape)
    (y * g).sum().backward()
    for i, x in enumerate((a, b)):  # linear in each: the difference is exact
        moved = [*arrays]
        moved[i] = arrays[i] + np.eye(1, arrays[i].size, 3).reshape(arrays[i].shape)
        assert x.grad.numpy().ravel()[3] == pytest.approx(np.sum((f(*moved) - expected) * g), rel=1e-10)


def test_products_refuse_axes_that_do_not_fit():
    x = Tensor(np.ones((2, 3)))
    with pytest.raises(TypeError, match=r"np\.matmul does not take axis, but axes"):
        np.matmul(x, x, axis=0)
    with pytest.raises(TypeError, match=r"np\.matmul does not take keepdims"):
        np.matmul(x, x.T, keepdims=True)
    with pytest.raises(ValueError, match="axes must name"):
        np.matmul(x, x.T, axes=[0, 1, 0])
