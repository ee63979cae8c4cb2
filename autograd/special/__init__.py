"""Special functions on Tensors: `scipy.special` and `torch.special`, under the names of either.

    autograd.special.erf(x)    scipy.special.erf(x)    # the same, and both record the graph

Each is one declaration over SciPy's function; as its rule is made of such functions too, every order of derivative is
there. SciPy comes with `pip install "chainrule[special]"`. Without it this module still imports: what is made of NumPy
alone works, such as `softmax`, and every other function says what is missing when it is called.

At the edges: a derivative where there is one, one-sided or infinite at the end of a domain, NaN outside it.
Formulas are those of the NIST Digital Library of Mathematical Functions (DLMF) where a section is named.
"""

# ruff: noqa: F403  (every name of every family: a second list of them would say nothing)

from .bessel import *
from .distributions import *
from .elementary import *
from .elliptic import *
from .entropies import *
from .errors import *
from .factorials import *
from .hypergeometric import *
from .integrals import *
from .polynomials import *
from .sums import *
