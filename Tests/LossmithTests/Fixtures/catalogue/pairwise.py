"""The pairwise losses of the catalogue as their papers print them, at 130 digits.

Nothing here is rewritten for stability: that is what the vectors are to test. A loss takes the
columns of a batch, as lists of mpf, and the tunables, and gives a list of B values.
"""
from mpmath import exp, findroot, log, mp, mpf, sqrt

mp.dps = 130


def sig(x):
    return 1 / (1 + exp(-x))


def logistic(x):
    """-ln sigmoid(x), by its definition."""
    return log(1 + exp(-x))


def hinge(x):
    return max(mpf(0), 1 - x)


def mean(v):
    return sum(v) / len(v)


def variance(v):
    if len(v) == 1:
        return mpf(0)
    m = mean(v)
    return sum((x - m) ** 2 for x in v) / (len(v) - 1)


def deviation(v):
    s = variance(v)
    return sqrt(s) if s > 0 else mpf(0)


class Batch:
    def __init__(self, columns):
        self.__dict__.update(columns)
        self.n = len(self.pc)
        rows = range(self.n)
        if hasattr(self, "rc"):
            self.dc = [self.pc[i] - self.rc[i] for i in rows]
            self.dr = [self.pr[i] - self.rr[i] for i in rows]
            self.rho = [self.dc[i] - self.dr[i] for i in rows]
        if hasattr(self, "nr"):
            self.mr = [self.pr[i] / self.nr[i] for i in rows]
        if hasattr(self, "nc"):
            self.mc = [self.pc[i] / self.nc[i] for i in rows]
            self.token = -sum(self.pc) / sum(self.nc)


def rowwise(f):
    return lambda b, t: [f(b, t, i) for i in range(b.n)]


def of_x(f):
    """A loss of x = beta * rho alone."""
    return rowwise(lambda b, t, i: f(t["beta"] * b.rho[i], t))


def padll(b, t, i):
    w = mpf(0.8999999761581421) if b.rho[i] >= 0 else mpf(0.44999998807907104)
    return w * logistic(t["beta"] * b.rho[i])


def dbaql(scale):
    def f(b, t):
        x = [t["beta"] * r for r in b.rho]
        v = variance(scale(b, t))
        # 1 - sigmoid(v) = sigmoid(-v): no number of digits would do beside the exponential.
        return [sig(v) * logistic(z / mpf(0.9)) + sig(-v) * exp(-mpf(0.9) * z) for z in x]
    return f


def aql(b, t):
    m = mpf(0.5) + mpf(0.01) * (sig(mean(b.rho)) - mpf(0.5))
    out = []
    for r in b.rho:
        x = t["beta"] * r
        q = sig(-t["beta"] * (r - m))
        out.append(q * logistic(x) + (1 - q) * hinge(x))
    return out


def aql_repo(b, t):
    z = [t["beta"] * r / mpf(0.05) for r in b.rho]
    m = mpf(0.5) + mpf(0.01) * (sig(mean(z)) - mpf(0.5))
    out = []
    for i, r in enumerate(b.rho):
        x = t["beta"] * r
        q = sig(-(z[i] - m))
        out.append(q * logistic(x) + (1 - q) * hinge(x))
    return out


def aqfl(scale):
    def f(b, t):
        z = scale(b, t)
        first = deviation(z) * mean([sig(-v) for v in z])
        second = first + mpf(0.05) * (sig(mean(z)) - first)
        out = []
        for i, r in enumerate(b.rho):
            x = t["beta"] * r
            w = sig(mpf(0.1) * abs(z[i] - second))
            out.append(w * logistic(x) + (1 - w) * hinge(x))
        return out
    return f


def plain(b, t):
    return b.rho


def divided(b, t):
    return [t["beta"] * r / mpf(0.05) for r in b.rho]


def kto_pair(b, t):
    kc, kr = max(mpf(0), mean(b.dc)), max(mpf(0), mean(b.dr))
    return [
        (1 - sig(t["beta"] * (b.dc[i] - kr))) / 2 + (1 - sig(t["beta"] * (kc - b.dr[i]))) / 2
        for i in range(b.n)
    ]


def lrml(gate):
    def f(b, t, i):
        x = t["beta"] * b.rho[i]
        g = sig(gate(b, t, i))
        return (1 - g) * logistic(x) + g * exp(-x)
    return rowwise(f)


def pfl(scale):
    def f(b, t, i):
        x = scale(t) * b.rho[i]
        return logistic(x) / 2 if b.pc[i] > b.pr[i] else 2 * hinge(x)
    return rowwise(f)


def sorted_margin(x, t):
    e = t.get("label_smoothing", mpf(0))
    return (1 - e) * logistic(x) + e * logistic(-x)


def aot(b, t):
    p = sorted(b.pc[i] - b.pr[i] for i in range(b.n))
    r = sorted(b.rc[i] - b.rr[i] for i in range(b.n))
    return [sorted_margin(t["beta"] * (u - v), t) for u, v in zip(p, r)]


def aot_unpaired(b, t):
    return [sorted_margin(t["beta"] * (u - v), t) for u, v in zip(sorted(b.dc), sorted(b.dr))]


def f_divergence(score):
    return rowwise(lambda b, t, i: logistic(t["beta"] * (score(b.dc[i], t) - score(b.dr[i], t))))


def alpha_score(d, t):
    order = t["alpha"] - 1
    return d if order == 0 else exp(min(order * d, mpf(80))) / order


def alphapo(b, t, i):
    def reward(m):
        return m if t["alpha"] == 0 else (1 - exp(m) ** (-t["alpha"])) / t["alpha"]
    return logistic(t["beta"] * (reward(b.mc[i]) - reward(b.mr[i])) - t["gamma"])


def odds(m):
    return exp(m) / (1 - exp(m))


def orpo(b, t, i):
    return -b.mc[i] + t["beta"] * logistic(log(odds(b.mc[i])) - log(odds(b.mr[i])))


def asft(b, t, i):
    o, p = log(odds(b.mc[i])), log(odds(b.mr[i]))
    return -b.mc[i] + t["beta"] * (logistic(o) + logistic(-p))


def bernoulli_kl(u, v):
    """KL(Bernoulli(sigmoid(u)) || Bernoulli(sigmoid(v)))."""
    return sum(sig(a) * (log(sig(a)) - log(sig(b))) for a, b in ((u, v), (-u, -v)))


def nvidia(f):
    return rowwise(
        lambda b, t, i: f(t["scale"] * (b.sc[i] - b.sr[i]), t["beta"] * b.rho[i]))


def chi_po(b, t, i):
    phi = [exp(d) + d for d in (b.dc[i], b.dr[i])]
    bound = 2 * t["reward_bound"]
    h = t["beta"] * (phi[0] - phi[1])
    return logistic(max(-bound, min(bound, h)))


def mpo(b, t, i):
    u, v = t["beta"] * b.dc[i], t["beta"] * b.dr[i]
    quality = logistic(u - t["delta"]) + logistic(-(v - t["delta"]))
    return (t["preference_weight"] * logistic(t["beta"] * b.rho[i])
            + t["quality_weight"] * quality + t["generation_weight"] * b.token)


def aipo(b, t, i):
    h = (b.pc[i] - b.pr[i]) - (1 + t["alpha"]) * (b.rc[i] - b.rr[i]) - t["gamma"]
    return logistic(t["beta"] * h) - t["lambda"] * b.mc[i]


_standard = {}


def standard_margin(radius):
    """u > 0 with KL(Bernoulli(sigmoid(u)) || 1/2) = radius."""
    if radius not in _standard:
        with mp.workdps(150):
            _standard[radius] = findroot(
                lambda u: bernoulli_kl(u, mpf(0)) - radius, (mpf("0.01"), mpf(40)),
                solver="anderson", tol=mpf(10) ** -240, maxsteps=500)
    return _standard[radius]


def aps(b, t, i):
    """tau solves the stationary condition; that it is a minimum is asserted."""
    x = t["beta"] * b.rho[i]
    low, high = t["tau_min"], t["tau_max"]
    if t["radius"] >= log(mpf(2)):
        tau = low
    else:
        tau = min(max(abs(x) / standard_margin(t["radius"]), low), high)

    def value(s):
        return s * logistic(x / s) + (t["radius"] - log(mpf(2))) * s

    for other in (tau * (1 - mpf(10) ** -9), tau * (1 + mpf(10) ** -9)):
        assert not low <= other <= high or value(other) >= value(tau)
    return value(tau)


def exo(x, t):
    e = t["label_smoothing"]
    p, q = sig(x), sig(-x)
    return p * (log(p) - log(1 - e)) + q * (log(q) - log(e))


FOUR = ["pc", "pr", "rc", "rr"]
POLICY = ["pc", "pr"]
TOKENS = ["nc", "nr"]

# name: (columns, loss, sets of tunables)
B = [{"beta": 0.05}, {"beta": 0.5}]


def with_beta(*more):
    return [dict(beta=b, **m) for b in (0.05, 0.5) for m in more]


LOSSES = {
    "dpo": (FOUR, of_x(lambda x, t: logistic(x)), B),
    "cdpo": (FOUR, of_x(sorted_margin), with_beta({"label_smoothing": 0.1})),
    "ipo": (FOUR, rowwise(lambda b, t, i: (b.rho[i] - 1 / (2 * t["beta"])) ** 2), B),
    "slic": (FOUR, of_x(lambda x, t: hinge(x)), B),
    "exp": (FOUR, of_x(lambda x, t: exp(-x)), B),
    "cell": (FOUR, of_x(lambda x, t: exp(-x) / 2 + logistic(x) / 2), B),
    "kto-pair": (FOUR, kto_pair, B),
    "lrml": (FOUR, lrml(lambda b, t, i: t["beta"] * b.rho[i] / t["tau"]),
             with_beta({"tau": 0.05}, {"tau": 0.8})),
    "lrml-discovered": (FOUR, lrml(lambda b, t, i: b.rho[i]), B),
    "padll": (FOUR, rowwise(padll), B),
    "pfl": (FOUR, pfl(lambda t: 1), B),
    "pfl-repo": (FOUR, pfl(lambda t: t["beta"]), B),
    "aql": (FOUR, aql, B),
    "aql-repo": (FOUR, aql_repo, B),
    "aqfl": (FOUR, aqfl(plain), B),
    "aqfl-repo": (FOUR, aqfl(divided), B),
    "dbaql": (FOUR, dbaql(plain), B),
    "dbaql-repo": (FOUR, dbaql(divided), B),
    "dpo-norm": (FOUR + TOKENS, rowwise(lambda b, t, i: logistic(
        t["beta"] * (b.dc[i] / b.nc[i] - b.dr[i] / b.nr[i]))), B),
    "ipo-norm": (FOUR + TOKENS, rowwise(lambda b, t, i: (
        b.dc[i] / b.nc[i] - b.dr[i] / b.nr[i] - 1 / (2 * t["beta"])) ** 2), B),
    "robust": (FOUR, of_x(lambda x, t: (
        (1 - t["label_smoothing"]) * logistic(x) - t["label_smoothing"] * logistic(-x))
        / (1 - 2 * t["label_smoothing"])), with_beta({"label_smoothing": 0.1})),
    "exo-pair": (FOUR, of_x(exo), with_beta({"label_smoothing": 0.001})),
    "exo-pref": (FOUR, of_x(lambda s, t: sig(s) * log(sig(s))
                            + sig(-s) * (log(sig(-s)) + t["penalty"])),
                 with_beta({"penalty": 10})),
    "nca-pair": (FOUR, rowwise(lambda b, t, i: logistic(t["beta"] * b.dc[i])
                               + logistic(-t["beta"] * b.dc[i]) / 2
                               + logistic(-t["beta"] * b.dr[i]) / 2), B),
    "bco-pair": (FOUR, rowwise(lambda b, t, i: logistic(t["beta"] * b.dc[i] - t["delta"])
                               + logistic(-(t["beta"] * b.dr[i] - t["delta"]))),
                 with_beta({"delta": 0}, {"delta": 0.25})),
    "sppo-hard": (FOUR, rowwise(lambda b, t, i: (b.dc[i] - 1 / (2 * t["beta"])) ** 2
                                + (b.dr[i] + 1 / (2 * t["beta"])) ** 2), B),
    "aot": (FOUR, aot, with_beta({"label_smoothing": 0}, {"label_smoothing": 0.2})),
    "aot-unpaired": (FOUR, aot_unpaired,
                     with_beta({"label_smoothing": 0}, {"label_smoothing": 0.2})),
    "apo-zero": (FOUR, rowwise(lambda b, t, i: 1 - sig(t["beta"] * b.dc[i])
                               + sig(t["beta"] * b.dr[i])), B),
    "apo-down": (FOUR, rowwise(lambda b, t, i: sig(t["beta"] * b.dc[i])
                               + 1 - sig(t["beta"] * b.rho[i])), B),
    "sft": (["pc", "pr", "nc"], lambda b, t: [-sum(b.pc) / sum(b.nc)] * b.n, [{}]),
    "dpo-forward-kl": (FOUR, f_divergence(lambda d, t: -exp(min(-d, mpf(80)))), B),
    "dpo-js": (FOUR, f_divergence(lambda d, t: log(sig(d))), B),
    "dpo-alpha": (FOUR, f_divergence(alpha_score),
                  with_beta({"alpha": 0.5}, {"alpha": 1}, {"alpha": 1.0000001}, {"alpha": 1.5})),
    "simpo": (POLICY + TOKENS, rowwise(lambda b, t, i: logistic(
        t["beta"] * (b.mc[i] - b.mr[i]) - t["gamma"])), [{"beta": 2, "gamma": 0.5}]),
    "cpo": (POLICY + TOKENS, rowwise(lambda b, t, i: logistic(
        t["beta"] * (b.pc[i] - b.pr[i])) + t["alpha"] * b.token), with_beta({"alpha": 1})),
    "alphapo": (POLICY + TOKENS, rowwise(alphapo), [
        {"beta": 2, "gamma": 0.5, "alpha": a} for a in (0.25, 0, -0.5, 1)]),
    "orpo": (POLICY + TOKENS, rowwise(orpo), B),
    "asft": (POLICY + TOKENS, rowwise(asft), B),
    "dpop": (FOUR, rowwise(lambda b, t, i: logistic(t["beta"] * (
        b.rho[i] - t["lambda"] * max(mpf(0), b.rc[i] - b.pc[i])))), with_beta({"lambda": 5})),
    "cal-dpo": (FOUR, rowwise(lambda b, t, i: logistic(b.rho[i])
                              + (b.dc[i] - 1 / (2 * t["beta"])) ** 2
                              + (b.dr[i] + 1 / (2 * t["beta"])) ** 2), B),
    "odpo": (FOUR + ["sm"], rowwise(lambda b, t, i: logistic(
        t["beta"] * b.rho[i] - t["alpha"] * b.sm[i])), with_beta({"alpha": 0.7})),
    "irpo": (FOUR + ["nc"], rowwise(lambda b, t, i: logistic(t["beta"] * b.rho[i])
                                    - t["alpha"] * b.pc[i] / b.nc[i]), with_beta({"alpha": 1})),
    "rpo-sum": (FOUR, rowwise(lambda b, t, i: logistic(t["beta"] * b.rho[i])
                              - t["beta"] * t["eta"] * b.pc[i]), with_beta({"eta": 0.005})),
    "rpo-mean": (FOUR + ["nc"], rowwise(lambda b, t, i: logistic(t["beta"] * b.rho[i])
                                        - t["eta"] * b.pc[i] / b.nc[i]),
                 with_beta({"eta": 0.2})),
    "rpo-token": (FOUR + ["nc"], rowwise(lambda b, t, i: logistic(t["beta"] * b.rho[i])
                                         - t["alpha"] * sum(b.pc) / sum(b.nc)),
                  with_beta({"alpha": 1})),
    "nvidia-rpo": (FOUR + ["sc", "sr"], nvidia(bernoulli_kl),
                   with_beta({"scale": 1.5})),
    "nvidia-rpo-forward": (FOUR + ["sc", "sr"],
                           nvidia(lambda g, x: bernoulli_kl(x, g)),
                           with_beta({"scale": 1.5})),
    "nvidia-rpo-squared": (FOUR + ["sc", "sr"], nvidia(lambda g, x: (x - g) ** 2),
                           with_beta({"scale": 1.5})),
    "mpo": (FOUR + TOKENS[:1], rowwise(mpo), with_beta({
        "preference_weight": 0.8, "quality_weight": 0.2, "generation_weight": 1, "delta": 0.1})),
    "r-dpo": (FOUR + TOKENS, rowwise(lambda b, t, i: logistic(
        t["beta"] * b.rho[i] + t["alpha"] * (b.nc[i] - b.nr[i]))), with_beta({"alpha": 0.05})),
    "rrhf": (POLICY + TOKENS, rowwise(lambda b, t, i: max(mpf(0), b.mr[i] - b.mc[i])
                                      - t["lambda"] * b.pc[i]), [{"lambda": 0.5}]),
    "slic-hf": (POLICY, rowwise(lambda b, t, i: max(
        mpf(0), t["delta"] - t["beta"] * (b.pc[i] - b.pr[i])) - t["lambda"] * b.pc[i]),
        with_beta({"delta": 1, "lambda": 0.25})),
    "chi-po": (FOUR, rowwise(chi_po), with_beta({"reward_bound": 10})),
    "gpo-squared": (FOUR, of_x(lambda x, t: (x - 1) ** 2), B),
    "gpo-truncated": (FOUR, of_x(lambda x, t: hinge(x) ** 2), B),
    "gpo-savage": (FOUR, of_x(lambda x, t: 1 / (1 + exp(x)) ** 2), B),
    "weighted-dpo": (FOUR + ["w"], rowwise(lambda b, t, i: b.w[i] * logistic(
        t["beta"] * b.rho[i])), B),
    "aipo": (FOUR + ["nc"], rowwise(aipo),
             with_beta({"alpha": 0.1, "lambda": 0.05, "gamma": 0.25})),
    "ood-pl": (POLICY + ["nc"], rowwise(lambda b, t, i: -b.pc[i] / b.nc[i]
                                        + t["alpha"] * logistic(b.pc[i] - b.pr[i])),
               [{"alpha": 0.1}]),
    "aps": (FOUR, rowwise(aps), with_beta(
        {"radius": 0.1, "tau_min": 0.1, "tau_max": 5},
        {"radius": 0.5, "tau_min": 0.1, "tau_max": 5},
        {"radius": 0.3, "tau_min": 1, "tau_max": 1})),
}

# A row of one of these depends on no other row, so rows whose true value leaves the range of
# doubles can be left out of a batch one by one.
COUPLED = {"kto-pair", "aql", "aql-repo", "aqfl", "aqfl-repo", "dbaql", "dbaql-repo", "aot",
           "aot-unpaired", "sft", "cpo", "rpo-token", "mpo"}
