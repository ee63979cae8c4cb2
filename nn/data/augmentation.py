"""Augmentation: images changed at random in ways that leave their meaning, so that a network sees more of them.

Each takes a batch of images, (N, H, W) or (N, C, H, W), an array or a Tensor, and returns a new one of the same kind
and dtype. Every image is changed in its own way, all channels of it alike. What is drawn comes from `generator`: a
generator, or a seed, which starts one for all calls; by default from the generator that `autograd.manual_seed` starts,
in a worker of a DataLoader from the worker's.

>>> from nn.data import digits
>>> images = digits().train.inputs.reshape(-1, 8, 8)
>>> augment = Compose(Affine(rotation=15, scaling=0.1, shift=1), Illumination(brightness=0.1), Noise(0.05), generator=0)
>>> changed = augment(images[:64])
>>> changed.shape, changed.dtype
((64, 8, 8), dtype('float32'))

Source: Goodfellow, Bengio and Courville, *Deep Learning*, section 7.4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor, from_numpy

from .minibatches import generator_of

Images = np.ndarray[Any, Any]
Range = float | tuple[float, float]


class Augmentation:
    """The base: write `change(images, numbers)` for images (N, C, H, W), which are not to be written into."""

    def __init__(self, generator: Any = None) -> None:
        self.generator = None if generator is None else generator_of(generator)

    def change(self, images: Images, numbers: np.random.Generator) -> Images:
        raise NotImplementedError(f"{type(self).__name__} has no change(self, images, numbers)")

    def __call__(self, images: Any) -> Any:
        """The images, changed. ValueError if they are not (N, H, W) or (N, C, H, W)."""
        array = np.asarray(images.detach() if isinstance(images, Tensor) else images)
        if array.ndim not in (3, 4):
            advice = (
                "images[None] for one"
                if array.ndim == 2 and len(array) == array.shape[1]
                else "x.reshape(-1, 8, 8), say"
            )
            raise ValueError(
                f"{type(self).__name__} takes images (N, H, W) or (N, C, H, W), not of shape {array.shape}; write "
                f"{advice}"
            )
        changed = self.change(array if array.ndim == 4 else array[:, None], generator_of(self.generator))
        changed = changed if array.ndim == 4 else changed[:, 0]
        return from_numpy(changed) if isinstance(images, Tensor) else changed


class Compose(Augmentation):
    """One after the other. With `generator=` it draws for all of them; without, each as it would alone."""

    def __init__(self, *augmentations: Augmentation, generator: Any = None) -> None:
        super().__init__(generator)
        self.augmentations = augmentations

    def change(self, images: Images, numbers: np.random.Generator) -> Images:
        for augmentation in self.augmentations:
            own = augmentation.generator if self.generator is None else None
            images = augmentation.change(images, numbers if own is None else own)
        return images


class Affine(Augmentation):
    """Rotated, scaled and shifted images, of the same size, all in one resampling.

    rotation  degrees, counter-clockwise around the middle: drawn from (low, high), or a number for (-number, number)
    scaling   factor: (low, high), or a number for (1 - number, 1 + number); 2 shows things twice as large
    shift     pixels, down and to the right, drawn for each: (low, high), or a number for (-number, number)
    order     0: nearest pixel; 1: linear between four; 2 to 5: splines of that order, by scipy (the extra `[special]`)
    fill      what is seen beyond the edges: a number, or "edge" for the nearest pixel

    >>> image = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    >>> Affine(rotation=(90, 90))(image).round(6).tolist()
    [[[2.0, 4.0], [1.0, 3.0]]]
    >>> Affine(shift=(1, 1), fill=9)(image).tolist()
    [[[9.0, 9.0], [9.0, 1.0]]]
    """

    def __init__(
        self,
        rotation: Range = 0,
        scaling: Range = 0,
        shift: Range = 0,
        order: int = 1,
        fill: float | str = 0.0,
        generator: Any = None,
    ) -> None:
        super().__init__(generator)
        self.rotation = _range("rotation", rotation)
        self.scaling = _range("scaling", scaling, 1)
        self.shift = _range("shift", shift)
        if self.scaling[0] <= 0:
            raise ValueError(f"Affine: scaling is a positive factor, not {self.scaling[0]:g}")
        if order not in range(6):
            raise ValueError(f"Affine: order is 0, 1 or, with scipy, up to 5, not {order!r}")
        if isinstance(fill, str) and fill != "edge":
            raise ValueError(f'Affine: fill is a number or "edge", not {fill!r}')
        self.order, self.fill = order, fill

    def change(self, images: Images, numbers: np.random.Generator) -> Images:
        _floating(self, images)
        n, _, height, width = images.shape
        angle = np.deg2rad(numbers.uniform(*self.rotation, n))
        scale = numbers.uniform(*self.scaling, n)
        shift = numbers.uniform(*self.shift, (n, 2))
        cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
        matrix = np.stack([np.stack([cos, sin], 1), np.stack([-sin, cos], 1)], 1)  # of places (y, x), y counted down
        middle = np.array([height - 1, width - 1]) / 2
        offset = middle - (matrix @ (shift + middle)[:, :, None])[:, :, 0]
        if self.order > 1:
            return self._by_splines(images, matrix, offset)
        places = np.indices((height, width)).reshape(2, -1)
        return self._sampled(images, matrix @ places + offset[:, :, None])

    def _sampled(self, images: Images, places: Images) -> Images:
        """The images at places (N, 2, H * W)."""
        n, channels, height, width = images.shape
        around = [(0, 0), (0, 0), (1, 1), (1, 1)]  # one pixel of what is seen beyond the edges
        if self.fill == "edge":
            framed = np.pad(images, around, mode="edge")
        else:
            framed = np.pad(images, around, constant_values=self.fill)
        framed = framed.reshape(n, channels, (height + 2) * (width + 2))
        limits = np.array([[height + 1], [width + 1]], float)
        places = np.clip(places + 1, 0, limits)
        if self.order == 0:
            y, x = np.rint(places).astype(np.intp).transpose(1, 0, 2)
            return np.take_along_axis(framed, (y * (width + 2) + x)[:, None], 2).reshape(images.shape)
        corner = np.minimum(places.astype(np.intp), (limits - 1).astype(np.intp))
        v, u = (places - corner).astype(images.dtype).transpose(1, 0, 2)[:, :, None]
        start = (corner[:, 0] * (width + 2) + corner[:, 1])[:, None]
        a, b, c, d = (np.take_along_axis(framed, start + step, 2) for step in (0, 1, width + 2, width + 3))
        upper, lower = a + u * (b - a), c + u * (d - c)
        return (upper + v * (lower - upper)).reshape(images.shape)

    def _by_splines(self, images: Images, matrix: Images, offset: Images) -> Images:
        try:
            from scipy.ndimage import affine_transform
        except ImportError:
            raise ImportError(
                f"Affine(order={self.order}) needs scipy: run `pip install chainrule[special]`, or write order=1"
            ) from None
        options = {"mode": "nearest"} if self.fill == "edge" else {"mode": "grid-constant", "cval": self.fill}
        changed = np.empty_like(images)
        for i, image in enumerate(images):
            for j, channel in enumerate(image):
                affine_transform(channel, matrix[i], offset[i], output=changed[i, j], order=self.order, **options)
        return changed


class Rotation(Affine):
    """`Affine(rotation=degrees)`."""

    def __init__(self, degrees: Range, order: int = 1, fill: float | str = 0.0, generator: Any = None) -> None:
        super().__init__(rotation=degrees, order=order, fill=fill, generator=generator)


class Scaling(Affine):
    """`Affine(scaling=factor)`."""

    def __init__(self, factor: Range, order: int = 1, fill: float | str = 0.0, generator: Any = None) -> None:
        super().__init__(scaling=factor, order=order, fill=fill, generator=generator)


class Shift(Affine):
    """`Affine(shift=pixels)`."""

    def __init__(self, pixels: Range, order: int = 1, fill: float | str = 0.0, generator: Any = None) -> None:
        super().__init__(shift=pixels, order=order, fill=fill, generator=generator)


class Flip(Augmentation):
    """Images flipped left to right with probability `horizontal`, and top to bottom with probability `vertical`.

    >>> Flip(horizontal=1)(np.array([[[1, 2], [3, 4]]])).tolist()
    [[[2, 1], [4, 3]]]
    """

    def __init__(self, horizontal: float = 0.5, vertical: float = 0.0, generator: Any = None) -> None:
        super().__init__(generator)
        for name, p in (("horizontal", horizontal), ("vertical", vertical)):
            if not 0 <= p <= 1:
                raise ValueError(f"Flip: {name} is a probability, between 0 and 1, not {p!r}")
        self.horizontal, self.vertical = horizontal, vertical

    def change(self, images: Images, numbers: np.random.Generator) -> Images:
        changed = images.copy()
        for axis, p in ((3, self.horizontal), (2, self.vertical)):
            which = numbers.random(len(images)) < p
            changed[which] = np.flip(changed[which], axis)
        return changed


class Crop(Augmentation):
    """A window of `size` (height, width), or a square of that side, at a random place of each image.

    `padding` pixels of value `fill` are put around it before: `Crop(32, padding=4)` moves images of 32 x 32 by up to 4
    pixels.

    >>> Crop((1, 2))(np.zeros((5, 3, 8, 8))).shape
    (5, 3, 1, 2)
    """

    def __init__(self, size: int | tuple[int, int], padding: int = 0, fill: float = 0.0, generator: Any = None) -> None:
        super().__init__(generator)
        self.size = (size, size) if isinstance(size, int) else tuple(size)
        if len(self.size) != 2 or min(self.size) < 1 or padding < 0:
            raise ValueError(f"Crop: size {size!r} is (height, width) or a side, and padding {padding!r} is 0 or more")
        self.padding, self.fill = padding, fill

    def change(self, images: Images, numbers: np.random.Generator) -> Images:
        images = np.pad(images, [(0, 0), (0, 0), *[(self.padding, self.padding)] * 2], constant_values=self.fill)
        height, width = self.size
        room = images.shape[2] - height, images.shape[3] - width
        if min(room) < 0:
            raise ValueError(
                f"Crop: a window of {self.size} does not fit into images of {images.shape[2:]}"
                f"{', with their padding' if self.padding else ''}; give a smaller size or more padding"
            )
        places = numbers.integers(0, np.array(room) + 1, (len(images), 2))
        windows = [image[:, y : y + height, x : x + width] for image, (y, x) in zip(images, places.tolist())]
        return np.stack(windows) if windows else images[:, :, :height, :width]


class Illumination(Augmentation):
    """Images under another light: contrast, then brightness, then gamma, each drawn for each image.

    contrast    the distance from the image's mean times a factor: (low, high), or a number for (1 - number, 1 + number)
    brightness  added: (low, high), or a number for (-number, number)
    gamma       x ** exponent, x from 0 to 1 between the limits: (low, high), or a number for (1 / (1 + it), 1 + it)
    limits      black and white: what would lie beyond is set to these; None: none, and no gamma

    >>> Illumination(brightness=(0.5, 0.5))(np.array([[[0.0, 0.2, 0.9]]])).tolist()
    [[[0.5, 0.7, 1.0]]]
    """

    def __init__(
        self,
        brightness: Range = 0,
        contrast: Range = 0,
        gamma: Range = 0,
        limits: tuple[float, float] | None = (0.0, 1.0),
        generator: Any = None,
    ) -> None:
        super().__init__(generator)
        self.brightness = _range("brightness", brightness)
        self.contrast = _range("contrast", contrast, 1)
        if not isinstance(gamma, tuple | list):
            gamma = (1 / (1 + gamma), 1 + gamma)
        self.gamma, self.limits = _range("gamma", gamma), limits
        if self.gamma[0] <= 0:
            raise ValueError(f"Illumination: gamma is a positive exponent, not {self.gamma[0]:g}")
        if limits is None and self.gamma != (1, 1):
            raise ValueError("Illumination: gamma needs to know black and white; write limits=(0, 1)")
        if limits is not None and not limits[0] < limits[1]:
            raise ValueError(f"Illumination: limits are black and white, such as (0, 1), not {limits!r}")

    def change(self, images: Images, numbers: np.random.Generator) -> Images:
        _floating(self, images)

        def drawn(low: float, high: float) -> Images:
            return numbers.uniform(low, high, (len(images), 1, 1, 1)).astype(images.dtype)

        contrast, brightness = drawn(*self.contrast), drawn(*self.brightness)
        gamma = np.exp(drawn(*np.log(self.gamma)))  # as often above 1 as below
        mean = images.mean(axis=(1, 2, 3), keepdims=True) if images.size else 0.0
        changed = contrast * images + ((1 - contrast) * mean + brightness)
        if self.limits is None:
            return changed
        low, high = self.limits
        changed = np.clip(changed, low, high, out=changed)
        if self.gamma != (1, 1):
            changed = low + (high - low) * ((changed - low) / (high - low)) ** gamma
        return changed


class Noise(Augmentation):
    """x + n, n normal with standard deviation `std`, for each pixel of each channel; between `limits`, if given.

    >>> Noise(0.1, limits=(0, 1), generator=0)(np.zeros((1, 1, 3))).round(2).tolist()
    [[[0.01, 0.0, 0.06]]]
    """

    def __init__(self, std: float, limits: tuple[float, float] | None = None, generator: Any = None) -> None:
        super().__init__(generator)
        if not std >= 0:
            raise ValueError(f"Noise: std is a standard deviation, 0 or more, not {std!r}")
        self.std, self.limits = std, limits

    def change(self, images: Images, numbers: np.random.Generator) -> Images:
        _floating(self, images)
        drawn = np.float32 if images.dtype == np.float32 else np.float64
        changed = np.asarray(numbers.standard_normal(images.shape, drawn), images.dtype)
        changed *= self.std
        changed += images
        return changed if self.limits is None else np.clip(changed, *self.limits, out=changed)


def _range(name: str, given: Range | Sequence[float], middle: float = 0) -> tuple[float, float]:
    """(low, high) for what is given: that, or a distance from the middle."""
    low, high = given if isinstance(given, tuple | list) else (middle - given, middle + given)  # type: ignore[operator]
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"{name}: a number that is not negative, or (low, high), not {given!r}")
    return float(low), float(high)


def _floating(augmentation: Augmentation, images: Images) -> None:
    if images.dtype.kind != "f":
        raise TypeError(
            f"{type(augmentation).__name__} computes with images, and these are {images.dtype}; "
            "write images.astype(np.float32) / 255 for bytes"
        )
