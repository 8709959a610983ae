def _sigmoid(x):
    """1 / (1 + exp(-x)) of a number."""
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    return math.exp(x) / (1 + math.exp(x))


def _softplus_of_number(x):
    """ln(1 + exp(x)) of a number."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _softplus(x):
    """ln(1 + exp(x)); torch's own turns linear at 20."""
    return -F.logsigmoid(-x)


def _log_cosh(x):
    """ln cosh x, without overflow."""
    size = torch.abs(x)
    return size + torch.log1p(torch.exp(-2 * size)) - math.log(2)


def _log1m_exp(x):
    """ln(1 - exp(x)) for x < 0."""
    border = -math.log(2)
    near = torch.log(-torch.expm1(torch.clamp(x, min=border)))
    far = torch.log1p(-torch.exp(torch.clamp(x, max=border)))
    return torch.where(x > border, near, far)


def _huber(x, delta):
    """x² / 2 up to |x| = delta, linear beyond."""
    size = torch.abs(x)
    return torch.where(size > delta, delta * (size - 0.5 * delta), 0.5 * x * x)


def _variance(x):
    """The unbiased variance; 0 of one element."""
    return x.var() if x.numel() > 1 else 0 * x.sum()


def _standard_deviation(x):
    """The square root of the unbiased variance; 0, with gradient 0, where all elements are equal."""
    if x.numel() < 2:
        return 0 * x.sum()
    variance = x.var()
    is_spread = variance > 0
    return torch.where(is_spread, torch.sqrt(torch.where(is_spread, variance, 1.0)), 0.0)
