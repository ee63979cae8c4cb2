import pytest


@pytest.fixture
def torch_in_doubles():
    """PyTorch, which keeps some numbers of an optimizer's state in its default dtype: in float32 their rounding would show."""
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)
