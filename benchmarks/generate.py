"""Made-up papers with the measures of real ones, any number of them, in memory that does not grow.

``python benchmarks/generate.py 1000000 > papers.jsonl``, or ``from benchmarks.generate import papers``.

Lengths of titles, abstracts and bylines, kinds, years, absent fields, odd characters, and how often a name or a venue
comes back follow 150,000 real papers of machine learning, language and medicine; every word and name is made up. The
same seed and count give the same papers.
"""

from __future__ import annotations

import argparse
import json
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

Quantiles = Sequence[tuple[float, float]]

# Points of the distributions: the share of real papers that have no more than the value.
TITLE_WORDS: Final[Quantiles] = (
    (0, 1), (0.01, 3), (0.05, 4), (0.1, 5), (0.25, 7), (0.5, 9), (0.75, 12), (0.9, 15), (0.95, 17), (0.99, 22),
    (0.999, 30), (1, 40),
)  # fmt: skip
ABSTRACT_CHARACTERS: Final[Quantiles] = (
    (0, 30), (0.01, 329), (0.05, 564), (0.1, 685), (0.25, 894), (0.5, 1125), (0.75, 1362), (0.9, 1595), (0.95, 1752),
    (0.99, 2134), (0.999, 2861), (0.9999, 6000), (1, 16000),
)  # fmt: skip
# Between whole numbers, since a drawn value is rounded.
AUTHORS: Final[Quantiles] = (
    (0, 0), (0.0043, 0.5), (0.0871, 1.5), (0.2768, 2.5), (0.4908, 3.5), (0.6652, 4.5), (0.7859, 5.5), (0.8662, 6.5),
    (0.9156, 7.5), (0.9456, 8.5), (0.9638, 9.5), (0.9819, 11.5), (0.9934, 15.5), (0.9968, 20.5), (0.998, 25.5),
    (0.9992, 40.5), (0.9999, 113), (0.99999, 225), (1, 2500),
)  # fmt: skip

# Share, kind, number of venues, how unevenly papers fall on them, share with an abstract and with a DOI.
KINDS: Final = (
    (0.6391, "Conference Paper", 56, 2.0, 0.82, 0.28),
    (0.1062, "Workshop Paper", 905, 4.0, 0.65, 0.52),
    (0.2445, "Journal Article", 4754, 2.7, 0.54, 0.55),
    (0.0100, "Book Chapter", 449, 2.0, 0.0, 1.0),
    (0.0002, "Misc", 18, 1.0, 0.9, 0.76),
)

WORDS: Final = (
    "adaptive agents alignment analysis approach attention bandits bayesian benchmark bounds calibration causal "
    "classification clinical clustering coherent compression constrained contrastive convex data deep denoising "
    "detection diffusion discrete distillation dynamics efficient embedding energy estimation evaluation evidence "
    "exploration fast features flows from gaussian generalization generative geometry gradient graphs hierarchical "
    "image implicit inference interpretable invariant kernel language large latent learning linear local manifold "
    "matching measurement memory metric minimax mixture model modular motion networks neural noise observations online "
    "optimal outcomes parsing patients perception planning policies posterior prediction priors probabilistic proteins "
    "quantized random ranking reasoning recognition regret representation retrieval robust sampling scalable "
    "segmentation selection semantic sequences signals similarity simulation sparse spectral stochastic structure "
    "supervision symmetric systems temporal text tokens training transfer transport treatment tuning uncertainty "
    "unsupervised variational vision weights zero-shot"
).split()
FUNCTION_WORDS: Final = "a the of for and with in to by on from via we show that under is are our this new".split()
# What turns up in abstracts of listings: formulas, quotes, references, typographic marks, tabs.
ODDITIES: Final = (
    "$O(n \\log n)$", "\\emph{always}", "the so-called “gap”", 'a "weak" form', "p < 0.05 & n = 12", "the model’s",
    "user’s", "10\u00a0GB", "2–3 times", "naïve", "α ≥ 0.5", "(see https://code.example.org/x)", "$\\epsilon$-close",
)  # fmt: skip
GIVEN: Final = (
    "Ada Ben Cem Dana Efrat Fumi Gil Hana Idan Jun Kaja Lior Mina Noor Omri Pia Quin Rafa Sora Tal Uma Vera Wen Xin "
    "Yael Zev Amari Bruno Chiara Deniz Elif Farah Goran Hugo Ines Jonas Karim Leila Marco Nadia Otto Petra Rohan Selma "
    "Tomas Ursula Viktor Wanda Ximena Yusuf Zora Jia-Hao Mei-Lin José Zoë Łucja"
).split()
ONSETS: Final = "B D F G H J K L M N P R S T V W Y Z Br Ch Dr Fr Gr Kr Pr Sh St Tr Ts Wh".split()
MIDDLES: Final = "a e i o u ai ar el en er in on or al an".split()
ENDINGS: Final = (
    "bach berg ci dal der dini dov feld gard gen haus kar kov lan ler lin lov man mann mer min mov nakis ner nov ra "
    "ran rell ret rez ric ro ros san sen ski son stein ta tano ter tin ton vall var vic vo wa ward wen witz za zek zi"
).split()
NON_ASCII_ENDINGS: Final = ("ić", "sén", "güt", "ñez", "løv", "șan")

NAMES: Final = len(GIVEN) * 9 * len(ONSETS) * len(MIDDLES) * len(MIDDLES) * len(ENDINGS)
"""How many names there are; then they come round again."""
# It has no factor in common with NAMES, so that names that follow each other are unlike and none comes twice.
_STRIDE: Final = 1_000_000_007


def drawn(quantiles: Quantiles, share: float) -> float:
    """The value at a share from 0 to 1, by straight lines between the points.

    >>> drawn(((0, 0), (0.5, 10), (1, 30)), 0.75)
    20.0
    """
    above = min(bisect_right(quantiles, share, key=lambda point: point[0]), len(quantiles) - 1)
    (low, value), (high, next_value) = quantiles[above - 1], quantiles[above]
    return value + (next_value - value) * (share - low) / (high - low)


def name(number: int) -> str:
    """The made-up name of a number; numbers that are near each other have unlike names.

    >>> name(0), name(1)
    ('Ada Balabach', 'Łucja Krerrarder')
    """
    rest, given = divmod(number * _STRIDE % NAMES, len(GIVEN))
    rest, initial = divmod(rest, 9)
    rest, ending = divmod(rest, len(ENDINGS))
    rest, onset = divmod(rest, len(ONSETS))
    second, first = divmod(rest, len(MIDDLES))
    # A quarter of names hold an initial, one in twenty a letter beyond ASCII.
    middle = f" {'AJLMRS'[second % 6]}. " if initial in (3, 7) else " "
    end = NON_ASCII_ENDINGS[second % 6] if initial == 5 and ending < 8 else ENDINGS[ending]
    return f"{GIVEN[given]}{middle}{ONSETS[onset]}{MIDDLES[first]}{'lnr'[initial % 3]}{MIDDLES[second]}{end}"


class _Names:
    """Bylines: a name is new, or one that came before, the early ones most often."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._listed = 0
        self._known = 0

    def next(self) -> str:
        draw = self._random.random
        # Fitted: 34,000 names among 41,000 places of a byline, 299,000 among 634,000.
        is_new = draw() < (1 + self._listed / 20_000) ** -0.3
        self._listed += 1
        if is_new or not self._known:
            self._known += 1
            return name(self._known - 1)
        number = int(0.3 * self._known * draw() ** 1.5)
        # One name in three hundred is spelled in another letter case somewhere, and a few names are numbered homonyms.
        found = name(number)
        if number % 50 == 7:
            return f"{found} {1 + int(draw() * 3):04d}"
        return found.upper() if number % 300 == 11 and draw() < 0.2 else found


class _Texts:
    """Titles and abstracts. Sentences are made once and put together anew, which is quick."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._sentences = [self._sentence() for _ in range(4000)]

    def _sentence(self) -> str:
        random = self._random
        words = [random.choice(FUNCTION_WORDS if n % 5 in (0, 3) else WORDS) for n in range(random.randint(9, 34))]
        if random.random() < 0.05:
            words[random.randrange(1, len(words))] = random.choice(ODDITIES)
        return " ".join(words).capitalize() + "."

    def title(self) -> str:
        random = self._random
        words = random.choices(WORDS, k=max(1, round(drawn(TITLE_WORDS, random.random()))))
        for place in range(3, len(words) - 1, 4):
            words[place] = random.choice(FUNCTION_WORDS)
        if random.random() < 0.03:
            words[-1] = random.choice(ODDITIES).strip()
        return " ".join([word if word in FUNCTION_WORDS else word[:1].upper() + word[1:] for word in words])

    def abstract(self) -> str:
        random = self._random
        left = drawn(ABSTRACT_CHARACTERS, random.random())
        parts = []
        while left > 0:
            sentence = self._sentences[int(random.random() * 4000)]
            parts.append(sentence if left > 80 else sentence[: int(left)])
            left -= len(sentence) + 1
        if len(parts) > 2 and random.random() < 0.03:
            return f"{' '.join(parts[:2])}\n\n{' '.join(parts[2:])}"
        return " ".join(parts)


def _venue(kind: str, number: int) -> str:
    """The made-up name of a venue: letters for a conference, words for what is not."""
    first, second = WORDS[number % len(WORDS)].title(), WORDS[(number * 7 + 3) % len(WORDS)].title()
    match kind:
        case "Conference Paper":
            return f"{first[0]}{second[0]}C{'ALMNPRSTV'[number % 9]}{number // 9 or ''}"
        case "Workshop Paper":
            return f"{first} {second} W{number}"
        case "Journal Article":
            return f"Journal of {first} {second}" + (f" {number // len(WORDS)}" if number >= len(WORDS) else "")
        case _:
            return f"Handbook of {first} and {second} {number}"


def papers(count: int, seed: int = 0) -> Iterator[dict[str, object]]:
    """Made-up papers, one by one, each with the fields of a line of JSON Lines.

    >>> [paper["id"] for paper in papers(2)]
    ['made-up:0:0', 'made-up:0:1']
    """
    random = Random(seed)
    draw = random.random
    names, texts = _Names(random), _Texts(random)
    shares, total = [], 0.0
    for kind in KINDS:
        total += kind[0]
        shares.append(total)
    for number in range(count):
        _, kind_name, venues, bend, abstracts, dois = KINDS[min(bisect_right(shares, draw()), len(KINDS) - 1)]
        found: dict[str, object] = {
            "id": f"made-up:{seed}:{number}",
            "title": texts.title(),
            "authors": [names.next() for _ in range(round(drawn(AUTHORS, draw())))],
            "venue": _venue(kind_name, int(venues * draw() ** bend)),
            "kind": kind_name,
        }
        if draw() < 0.98:
            found["year"] = 2025 - int(60 * draw() ** 1.8)
        if draw() < abstracts:
            found["abstract"] = texts.abstract()
        if draw() < dois:
            found["doi"] = f"10.5555/{seed}.{number}"
        if draw() < 0.97:
            found["url"] = f"https://papers.example.org/{seed}/{number}.html"
        yield found


def main() -> None:
    """Write made-up papers as JSON Lines to standard output."""
    parser = argparse.ArgumentParser(description="Write made-up papers as JSON Lines to standard output.")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for paper in papers(options.count, options.seed):
        sys.stdout.write(json.dumps(paper, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
