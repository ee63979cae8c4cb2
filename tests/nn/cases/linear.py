"""Linear and bilinear layers, changes of shape, chains, and weights that are computed from others."""

import warnings
from collections import OrderedDict

from . import Case, fixed, real, whole


def utils(nn, name):
    """The function, wherever it stands; the older spellings without PyTorch's warning."""
    function = getattr(nn.utils, name) if name in ("weight_norm", "spectral_norm") else None

    def call(module, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return (function or getattr(nn.utils.parametrizations, name.removeprefix("new_")))(module, **options)

    return call


def nested(nn):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = None
            self.register_parameter("scale", None)
            self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)])
            self.heads = nn.ModuleDict({"b": nn.Identity(), "a": nn.Linear(2, 1)})
            self.scale = nn.Parameter(self.layers[0].bias.detach() * 0)
            self.bias = nn.Parameter(self.layers[1].bias.detach() * 0)

        def forward(self, x):
            for layer in self.layers[:2]:
                x = layer(x) * self.scale + self.bias
            return self.heads["a"](self.heads["b"](self.layers[-1](x)))

    return Block()


def frozen(nn):
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    model[0].requires_grad_(False)
    return model


CASES = [
    Case(lambda nn: nn.Linear(3, 2), real(4, 3)),
    Case(lambda nn: nn.Linear(3, 2, bias=False), real(3)),
    Case(lambda nn: nn.Linear(3, 2), real(2, 4, 3)),
    Case(lambda nn: nn.Linear(3, 2), fixed(0, 3)),
    Case(lambda nn: lambda x, w, b: nn.functional.linear(x, w, b), real(4, 3), real(2, 3), real(2)),
    Case(lambda nn: nn.Bilinear(3, 4, 2), real(5, 3), real(5, 4)),
    Case(lambda nn: nn.Bilinear(3, 4, 2, bias=False), real(2, 5, 3), real(2, 5, 4)),
    Case(lambda nn: nn.Bilinear(3, 4, 1), real(3), real(4)),
    Case(lambda nn: lambda a, b, w: nn.functional.bilinear(a, b, w), real(5, 3), real(5, 4), real(2, 3, 4)),
    Case(lambda nn: nn.Identity(54, unused=True), real(2, 3)),
    Case(lambda nn: nn.Flatten(), real(2, 3, 4)),
    Case(lambda nn: nn.Flatten(0, 1), real(2, 3, 4)),
    Case(lambda nn: nn.Flatten(-2), whole(5, 2, 3, 4)),
    Case(lambda nn: nn.Unflatten(1, (2, 3)), real(2, 6)),
    Case(lambda nn: nn.Unflatten(-2, (-1, 2)), real(4, 3)),
    Case(lambda nn: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), real(5, 3)),
    Case(lambda nn: nn.Sequential(OrderedDict(b=nn.Linear(3, 4), a=nn.Sequential(nn.Tanh()))), real(5, 3)),
    Case(lambda nn: nn.Sequential(), real(2)),
    Case(nested, real(5, 3)),
    Case(frozen, real(5, 3)),
    Case(lambda nn: utils(nn, "weight_norm")(nn.Linear(3, 2)), real(4, 3)),
    Case(lambda nn: utils(nn, "weight_norm")(nn.Linear(3, 2), dim=1), real(4, 3)),
    Case(lambda nn: utils(nn, "new_weight_norm")(nn.Linear(3, 2)), real(4, 3)),
    Case(lambda nn: utils(nn, "spectral_norm")(nn.Linear(3, 2)), real(4, 3)),
    Case(lambda nn: utils(nn, "spectral_norm")(nn.Linear(3, 2), n_power_iterations=3, dim=1), real(4, 3)),
    Case(lambda nn: utils(nn, "new_spectral_norm")(nn.Linear(3, 2)), real(4, 3)),
    Case(lambda nn: utils(nn, "new_spectral_norm")(nn.Linear(3, 2), name="bias"), real(4, 3)),
    Case(lambda nn: utils(nn, "orthogonal")(nn.Linear(3, 3)), real(4, 3)),
    Case(lambda nn: utils(nn, "orthogonal")(nn.Linear(3, 2), orthogonal_map="matrix_exp"), real(4, 3)),
    Case(lambda nn: utils(nn, "orthogonal")(nn.Linear(2, 3), orthogonal_map="cayley"), real(4, 2)),
    Case(lambda nn: nn.DataParallel(nn.Linear(3, 2)), real(4, 3)),
]
