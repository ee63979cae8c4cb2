"""Resizing and shuffling: what the comparison with PyTorch cannot see."""

import numpy as np
import pytest

import nn.functional as F

IMAGES = np.random.default_rng(0).normal(size=(2, 3, 6, 8))


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "area"])
@pytest.mark.parametrize("size", [(12, 16), (5, 3), (70, 9)])
def test_a_constant_image_stays_constant(mode, size):
    np.testing.assert_allclose(F.interpolate(np.full((1, 1, 6, 8), 3.0), size, mode=mode).numpy(), 3.0, 1e-12)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_a_plane_stays_a_plane_where_corners_are_aligned(mode):
    rows, columns = np.mgrid[:20, :30] * 0.5
    y = F.interpolate((rows + 2 * columns)[None, None], (39, 59), mode=mode, align_corners=True).numpy()[0, 0]
    rows, columns = np.mgrid[:39, :59] * 0.25
    inside = slice(4, -4)  # at the border the cubic kernel sees the outermost elements repeated
    np.testing.assert_allclose(y[inside, inside], (rows + 2 * columns)[inside, inside], 1e-12)


def test_long_axes_are_resized_as_short_ones_are():
    """Products are made block by block; two signals one behind the other do not meet but at their border."""
    x = np.random.default_rng(0).normal(size=(1, 1, 300))
    whole = F.interpolate(x, 600, mode="linear").numpy()
    parts = [F.interpolate(x[..., i : i + 100], 200, mode="linear").numpy() for i in (0, 100, 200)]
    np.testing.assert_allclose(whole[..., 201:399], parts[1][..., 1:-1], 1e-12)


def test_shuffling_pixels_is_undone():
    x = np.random.default_rng(0).normal(size=(2, 12, 4, 6))
    np.testing.assert_array_equal(F.pixel_unshuffle(F.pixel_shuffle(x, 2), 2).numpy(), x)
    np.testing.assert_array_equal(F.channel_shuffle(F.channel_shuffle(x, 3), 4).numpy(), x)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: F.interpolate(IMAGES), ValueError, "give either size or scale_factor"),
        (lambda: F.interpolate(IMAGES, 3, 2.0), ValueError, "give either size or scale_factor"),
        (lambda: F.interpolate(IMAGES, 3, mode="cubic"), ValueError, "mode 'cubic' is not one of nearest, nearest-exact, area"),
        (lambda: F.interpolate(IMAGES, 3, mode="linear"), ValueError, r"does not fit an input of shape .*; write mode='bilinear"),
        (lambda: F.interpolate(IMAGES[0, 0], 3), ValueError, r"shape \(6, 8\), and must have \(N, C, L\)"),
        (lambda: F.interpolate(IMAGES, 3, align_corners=True), ValueError, "align_corners concerns"),
        (lambda: F.interpolate(IMAGES, 3, antialias=True), ValueError, "antialias concerns bilinear and bicubic"),
        (lambda: F.interpolate(IMAGES, 3, mode="bilinear", recompute_scale_factor=True), ValueError, "needs a scale_factor"),
        (lambda: F.interpolate(IMAGES, scale_factor=0.1), ValueError, r"\(6, 8\) cannot become \(0, 0\)"),
        (lambda: F.interpolate(IMAGES, scale_factor=(1, 2, 3)), ValueError, "has 3 numbers for 2 axes"),
        (lambda: F.interpolate(IMAGES.astype(int), 3), TypeError, "is int64, and must be floating"),
        (lambda: F.pixel_shuffle(IMAGES, 2), ValueError, "has 3 channels, which 2² = 4 does not divide"),
        (lambda: F.pixel_unshuffle(IMAGES, 4), ValueError, "4 does not divide height and width"),
        (lambda: F.pixel_shuffle(IMAGES, 0), ValueError, "upscale_factor must be at least 1, not 0"),
        (lambda: F.pixel_shuffle(IMAGES, 1.5), TypeError, "upscale_factor is a whole number, not 1.5"),
        (lambda: F.pixel_shuffle(IMAGES[0, 0], 2), ValueError, r"must have \(..., C, H, W\)"),
        (lambda: F.channel_shuffle(IMAGES, 2), ValueError, "2 groups do not divide the channels C"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_what_to_write_instead(call, error, words):
    with pytest.raises(error, match=words):
        call()
