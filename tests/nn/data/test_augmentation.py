"""Augmentation: against scipy and by hand; batches, seeds, dtypes; what is refused."""

import sys

import numpy as np
import pytest

import autograd
from autograd import Tensor
from nn.data import digits
from nn.data.augmentation import (
    Affine,
    Augmentation,
    Compose,
    Crop,
    Flip,
    Illumination,
    Noise,
    Rotation,
    Scaling,
    Shift,
)

IMAGES = np.random.default_rng(0).random((6, 2, 7, 5))
ALL = {
    "rotation": lambda **o: Rotation(30, **o),
    "scaling": lambda **o: Scaling(0.3, **o),
    "shift": lambda **o: Shift(2, **o),
    "affine": lambda **o: Affine(20, 0.1, 1, **o),
    "nearest": lambda **o: Affine(20, 0.1, 1, order=0, **o),
    "edge": lambda **o: Affine(20, 0.1, 3, fill="edge", **o),
    "splines": lambda **o: Affine(20, 0.1, 1, order=3, **o),
    "flip": lambda **o: Flip(0.5, 0.5, **o),
    "crop": lambda **o: Crop((3, 2), padding=1, **o),
    "illumination": lambda **o: Illumination(0.2, 0.2, 0.5, **o),
    "noise": lambda **o: Noise(0.1, limits=(0, 1), **o),
    "all": lambda **o: Compose(Flip(), Affine(10, 0.1, 1), Illumination(0.1), Noise(0.1), **o),
}
over_all = pytest.mark.parametrize("make", ALL.values(), ids=ALL)


# --- What holds for all -----------------------------------------------------------------------------------------------


@over_all
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_kind_and_number_stay_and_the_images_too(make, dtype):
    images = IMAGES.astype(dtype)
    images.flags.writeable = False
    changed = make(generator=0)(images)
    assert type(changed) is np.ndarray
    assert changed.dtype == dtype
    assert changed.shape[:2] == (6, 2)
    assert not np.shares_memory(changed, images)
    assert not np.array_equal(changed, images)
    tensor = make(generator=0)(Tensor(images))
    assert isinstance(tensor, Tensor)
    assert np.array_equal(tensor.numpy(), changed)
    assert make()(images[:0]).shape == (0, *changed.shape[1:])


@over_all
def test_the_seed_decides_and_each_call_draws_anew(make):
    first, again, other = make(generator=3), make(generator=3), make(generator=4)
    a, b = first(IMAGES), first(IMAGES)
    assert np.array_equal(a, again(IMAGES))
    assert np.array_equal(b, again(IMAGES))
    assert not np.array_equal(a, b)
    assert not np.array_equal(a, other(IMAGES))
    autograd.manual_seed(1)
    c = make()(IMAGES)
    autograd.manual_seed(1)
    assert np.array_equal(c, make()(IMAGES))


@over_all
def test_each_image_is_changed_in_its_own_way_and_its_channels_alike(make):
    same = np.repeat(np.repeat(IMAGES[:1, :1], 6, 0), 2, 1)
    changed = make(generator=1)(same)
    assert len({image.tobytes() for image in changed}) > 1
    if "Noise" not in repr(type(make())) and not isinstance(make(), Compose):
        np.testing.assert_array_equal(changed[:, 0], changed[:, 1])


@over_all
def test_grey_images_need_no_axis_for_channels(make):
    grey = IMAGES[:, 0]
    np.testing.assert_array_equal(make(generator=2)(grey), make(generator=2)(grey[:, None])[:, 0])


@over_all
def test_other_shapes_are_refused(make):
    with pytest.raises(
        ValueError, match=r"takes images \(N, H, W\) or \(N, C, H, W\), not of shape \(1438, 64\); write x.reshape"
    ):
        make()(digits().train.inputs)
    with pytest.raises(ValueError, match=r"write images\[None\]"):
        make()(np.zeros((8, 8)))


@pytest.mark.parametrize("name", ["affine", "illumination", "noise"])
def test_bytes_are_to_be_made_numbers_first(name):
    with pytest.raises(TypeError, match=r"these are uint8; write images.astype\(np.float32\) / 255"):
        ALL[name]()(np.zeros((2, 8, 8), np.uint8))
    for name in ("flip", "crop"):
        assert ALL[name]()(np.zeros((2, 8, 8), np.uint8)).dtype == np.uint8


# --- Each by itself -----------------------------------------------------------------------------------------------------


def test_quarter_turns_are_numpys():
    square = IMAGES[..., :5, :]
    for quarters in range(-3, 4):
        turned = Rotation((90 * quarters, 90 * quarters))(square)
        np.testing.assert_allclose(turned, np.rot90(square, quarters, axes=(2, 3)), atol=1e-12)


def test_whole_pixels_are_moved_as_they_are_and_what_comes_in_is_the_fill():
    shifted = Shift((2, 2), fill=0.5)(IMAGES)
    np.testing.assert_allclose(shifted[..., 2:, 2:], IMAGES[..., :-2, :-2], atol=1e-12)
    assert np.all(shifted[..., :2, :] == 0.5)
    assert np.all(shifted[..., :2] == 0.5)
    assert np.all(Shift((100, 100), fill=0.5)(IMAGES) == 0.5)
    edge = Shift((-1, -1), fill="edge")(IMAGES)
    np.testing.assert_allclose(edge[..., :-1, -1], IMAGES[..., 1:, -1], atol=1e-12)


def test_scaling_by_two_shows_things_twice_as_large():
    image = np.zeros((1, 9, 9))
    image[0, 3:6, 4] = 1  # a line of three pixels in the middle
    scaled = Scaling((2, 2))(image)[0, :, 4]
    assert scaled.sum() == 6
    np.testing.assert_allclose(Scaling((1, 1))(IMAGES), IMAGES, atol=1e-12)


@pytest.mark.parametrize("fill", [0.0, 0.7, "edge"])
@pytest.mark.parametrize("order", [0, 1, 3])
def test_resampling_is_scipys(order, fill):
    ndimage = pytest.importorskip("scipy.ndimage")
    angle, scale, shift = 25.0, 1.3, 1.5
    changed = Affine((angle, angle), (scale, scale), (shift, shift), order=order, fill=fill)(IMAGES)
    a = np.deg2rad(angle)
    matrix = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) / scale
    middle = (np.array(IMAGES.shape[2:]) - 1) / 2
    options = {"mode": "nearest"} if fill == "edge" else {"mode": "grid-constant", "cval": fill}
    for image, mine in zip(IMAGES.reshape(-1, 7, 5), changed.reshape(-1, 7, 5)):
        offset = middle - matrix @ (middle + shift)
        expected = ndimage.affine_transform(image, matrix, offset, order=order, **options)
        np.testing.assert_allclose(mine, expected, atol=1e-9)


def test_draws_lie_in_their_ranges_and_fill_them():
    image = np.zeros((400, 1, 21, 21))
    image[:, :, 10, 10] = 1
    moved = np.array([np.argwhere(one[0] == 1)[0] for one in Shift(3, order=0, generator=0)(image)]) - 10
    assert moved.min() == -3
    assert moved.max() == 3
    assert abs(moved.mean()) < 0.3


def test_flips_are_flips_and_as_frequent_as_asked():
    images = np.repeat(IMAGES[:1], 1000, 0)
    flipped = Flip(0.3, 0.8, generator=0)(images)
    kinds = {
        "none": IMAGES[0], "horizontal": IMAGES[0, :, :, ::-1], "vertical": IMAGES[0, :, ::-1], "both": IMAGES[0, :, ::-1, ::-1],
    }  # fmt: skip
    counts = {name: np.sum([np.array_equal(one, kind) for one in flipped]) / 1000 for name, kind in kinds.items()}
    expected = {"none": 0.14, "horizontal": 0.06, "vertical": 0.56, "both": 0.24}
    assert sum(counts.values()) == pytest.approx(1)
    assert counts == pytest.approx(expected, abs=0.05)


def test_crops_are_windows_from_everywhere():
    image = np.arange(20.0).reshape(1, 4, 5)
    crops = Crop((3, 2), generator=0)(np.repeat(image, 300, 0))
    starts = {int(crop[0, 0]) for crop in crops}
    assert starts == {5 * y + x for y in range(2) for x in range(4)}
    assert all(np.array_equal(crop - crop[0, 0], [[0, 1], [5, 6], [10, 11]]) for crop in crops)
    padded = Crop(6, padding=1, fill=9)(image[:, :, :4])
    assert padded.shape == (1, 6, 6)
    assert padded[0, 0, 0] == 9
    with pytest.raises(ValueError, match=r"a window of \(6, 6\) does not fit into images of \(4, 5\)"):
        Crop(6)(image)


def test_light_changes_as_its_formula_says():
    x = IMAGES
    np.testing.assert_allclose(Illumination((0.1, 0.1), limits=None)(x), x + 0.1)
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(Illumination(contrast=(2, 2), limits=None)(x), mean + 2 * (x - mean))
    np.testing.assert_allclose(Illumination(gamma=(2, 2))(x), x**2)
    np.testing.assert_allclose(Illumination(gamma=(2, 2), limits=(-1, 3))(x), -1 + 4 * ((x + 1) / 4) ** 2)
    bright = Illumination((0.5, 0.5), gamma=1)(x)
    assert bright.min() >= 0
    assert bright.max() <= 1
    exponents = np.log(Illumination(gamma=1.0, generator=0)(np.full((2000, 1, 1), 0.5)))[:, 0, 0] / np.log(0.5)
    assert 0.5 <= exponents.min() < 0.52
    assert 1.95 < exponents.max() <= 2
    assert abs(np.mean(exponents > 1) - 0.5) < 0.05


def test_noise_is_normal_with_its_standard_deviation():
    noise = Noise(0.2, generator=0)(np.zeros((100, 10, 10)))
    assert abs(noise.std() - 0.2) < 0.005
    assert abs(noise.mean()) < 0.01
    assert Noise(5.0, limits=(0, 1), generator=0)(np.zeros((100, 2, 2))).max() == 1


def test_a_chain_draws_from_its_own_generator_or_leaves_it_to_its_parts():
    chain = Compose(Noise(1.0, generator=7), Flip(generator=8))
    expected = Flip(generator=8)(Noise(1.0, generator=7)(IMAGES))
    np.testing.assert_array_equal(chain(IMAGES), expected)
    numbers = np.random.default_rng(9)
    expected = Flip(generator=numbers)(Noise(1.0, generator=numbers)(IMAGES))
    np.testing.assert_array_equal(Compose(Noise(1.0), Compose(Flip()), generator=9)(IMAGES), expected)


def test_an_own_augmentation_is_one_method():
    class Inverted(Augmentation):
        def change(self, images, numbers):
            return 1 - images

    np.testing.assert_array_equal(Compose(Inverted(), Inverted())(IMAGES[:, 0]), 1 - (1 - IMAGES[:, 0]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rotation(-5), "rotation: a number that is not negative"),
        (lambda: Rotation((5, -5)), r"\(low, high\), not \(5, -5\)"),
        (lambda: Scaling(1.5), "scaling is a positive factor"),
        (lambda: Affine(order=7), "order is 0, 1 or"),
        (lambda: Affine(fill="mirror"), 'a number or "edge"'),
        (lambda: Flip(2), "horizontal is a probability"),
        (lambda: Crop(0), "is .height, width. or a side"),
        (lambda: Illumination(gamma=(0, 1)), "positive exponent"),
        (lambda: Illumination(gamma=1, limits=None), "write limits="),
        (lambda: Illumination(limits=(1, 0)), "black and white"),
        (lambda: Noise(-1), "standard deviation"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_splines_without_scipy_name_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(ImportError, match=r"pip install chainrule\[special\]`, or write order=1"):
        Affine(order=3)(IMAGES)
    Affine(order=1)(IMAGES)
