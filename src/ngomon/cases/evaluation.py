"""Measuring proposals on files of reports, beside a plain TF-IDF + linear model and the rules: `ngomon evaluate category`.

Columns as in the shared civic-reports files: id, category, description, and slice where the file has one; .csv or .csv.gz.
Runs in a process of its own, as `training` does.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from ngomon.core.errors import Invalid
from ngomon.directory import queries as directory
from ngomon.directory.terms import Category

from .rules import WordBook, propose_categories
from .rules.linear import LinearModel, propose
from .rules.measure import Figures, calibration_error, figures, macro_f1
from .rules.phrases import book_phrases
from .terms import Proposal
from .training import Lesson, train

csv.field_size_limit(min(sys.maxsize, 10_000_000))
_LABEL = re.compile(r"^\]?\s*[^:|]{2,60}:\s*")
Ranked = list[list[Proposal]]


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file. Raises: Invalid where it lacks a column or cannot be read."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error, EOFError) as error:
        raise Invalid("cases.evaluate.unreadable", file=str(path), reason=str(error)) from error
    missing = {"category", "description"} - set(rows[0] if rows else {})
    if missing:
        raise Invalid("cases.evaluate.columns", file=str(path), columns=", ".join(sorted(missing)))
    return [row for row in rows if (row["category"] or "").strip()]


def without_form(text: str) -> str:
    """What somebody wrote, without the form's own words: what stands after the last "|", without its label.

    The Boston files carry "How is the car parked illegally?: … | Exact location: …", which gives the category away.
    """
    return _LABEL.sub("", text.rsplit("|", 1)[1].strip(), count=1) if "|" in text else text


def evaluate_category_files(train_path: Path, test_path: Path) -> dict[str, Any]:
    """`evaluate_category` with the chosen pack's catalogue."""
    return evaluate_category(train_path, test_path, directory.categories_of_pack(directory.pack_folder()))


def evaluate_category(
    train_path: Path, test_path: Path, categories: Sequence[Category], *, precision: float = 0.9
) -> dict[str, Any]:
    """Our model, the plain ones and the rules, all trained on one file and measured on the other, both ways of reading."""
    learn, test = rows_of(train_path), rows_of(test_path)
    if not learn or not test:
        raise Invalid("cases.evaluate.empty", file=str(test_path if learn else train_path))
    book, keys = _book_for(categories, [row["category"] for row in (*learn, *test)])
    found: dict[str, Any] = {
        "train": train_path.name,
        "test": test_path.name,
        "rows": {"train": len(learn), "test": len(test)},
        "categories": len({row["category"] for row in learn}),
        "word_book": "pack" if book else "none of its categories match",
    }
    for name, read in (("form_text_removed", without_form), ("form_text_kept", str)):
        found[name] = _one_way(learn, test, read, book, keys, precision)
    return found


def _book_for(categories: Sequence[Category], labels: Iterable[str]) -> tuple[list[Category], dict[str, str]]:
    """The pack's categories under the labels of the files (key or a name), or none where fewer than half of these match.

    Labels that name less than a third of the catalogue are another catalogue: then only the categories that they name.
    """
    known = {name.strip().casefold(): c for c in categories for name in (*c.name.values(), c.key)}
    wanted = set(labels)
    keys = {
        label: known[label.strip().casefold()].key for label in wanted if label.strip().casefold() in known
    }
    if len(keys) * 2 < len(wanted):
        return [], {}
    named = set(keys.values())
    return [c for c in categories if c.key in named or len(named) * 3 >= len(categories)], keys


def _one_way(
    learn: Sequence[Mapping[str, str]],
    test: Sequence[Mapping[str, str]],
    read: Callable[[str], str],
    book: Sequence[Category],
    keys: Mapping[str, str],
    precision: float,
) -> dict[str, Any]:
    texts = [read(row["description"] or "") for row in learn]
    labels = [keys.get(row["category"], row["category"]) for row in learn]
    asked = [read(row["description"] or "") for row in test]
    truth = [keys.get(row["category"], row["category"]) for row in test]
    words = WordBook.of((c.key, c.words, c.danger_words) for c in book)

    def by_rules(text: str) -> list[Proposal]:
        return propose_categories(text, words, most=10)

    began = time.perf_counter()
    model = train(Lesson(texts, labels, book_phrases(book), by_rules), precision=precision)
    seconds = time.perf_counter() - began
    usual = Counter(labels).most_common(1)[0][0]
    ours, each_ms = _ranked(model, asked, by_rules, usual)
    found: dict[str, Any] = {
        "ngomon": {
            **_figures(truth, ours).rounded(),
            "seconds_of_training": round(seconds, 1),
            "ms_per_text": round(each_ms, 3),
            "sure_from": round(model.sure_from, 3),
            "features": len(model.keys),
        },
        "plain": _plain(texts, labels, asked, truth),
        "rules": _rules(truth, [by_rules(text) for text in asked] if book else [], usual),
    }
    if any(row.get("slice") for row in test):
        found["slices"] = _slices(test, truth, ours)
    return found


def _ranked(
    model: LinearModel, texts: Sequence[str], by_rules: Callable[[str], list[Proposal]], usual: str
) -> tuple[Ranked, float]:
    """Proposals as the desk gets them, explained; a text without words gets the commonest category. And CPU ms for each."""
    allowed = frozenset(model.classes)
    began = time.process_time()
    found = [propose(model, text, by_rules(text), allowed) for text in texts]
    each_ms = (time.process_time() - began) * 1000 / max(1, len(texts))
    return [ranked or [Proposal(usual, 1 / len(model.classes), ())] for ranked in found], each_ms


def _figures(truth: Sequence[str], ranked: Ranked) -> Figures:
    return figures(
        truth,
        [[p.key for p in proposals] for proposals in ranked],
        [proposals[0].score if proposals else 0.0 for proposals in ranked],
        [bool(proposals) and proposals[0].is_sure for proposals in ranked],
    )


def _slices(test: Sequence[Mapping[str, str]], truth: Sequence[str], ranked: Ranked) -> dict[str, Any]:
    found = {}
    for name in sorted({row.get("slice") or "" for row in test}):
        mine = [n for n, row in enumerate(test) if (row.get("slice") or "") == name]
        found[name] = _figures([truth[n] for n in mine], [ranked[n] for n in mine]).rounded()
    return found


def _plain(
    texts: Sequence[str], labels: Sequence[str], asked: Sequence[str], truth: Sequence[str]
) -> dict[str, Any]:
    """TF-IDF over words and pairs with the library's own linear models, as they come and with another strength."""
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2 if len(texts) > 5000 else 1)
    x, y = vectors.fit_transform(texts), vectors.transform(asked)
    found = {}
    models = {
        "logistic": LogisticRegression(max_iter=300),
        "logistic C=5": LogisticRegression(C=5, max_iter=300),
        "svm": LinearSVC(),
        "svm C=0.3": LinearSVC(C=0.3),
    }
    for name, model in models.items():
        began = time.perf_counter()
        said = model.fit(x, labels).predict(y).tolist()
        found[name] = {
            "accuracy": round(float(np.mean([a == b for a, b in zip(truth, said, strict=True)])), 4),
            "macro_f1": round(macro_f1(truth, said), 4),
            "seconds_of_training": round(time.perf_counter() - began, 1),
        }
        if isinstance(model, LogisticRegression):
            hit = np.array([a == b for a, b in zip(truth, said, strict=True)])
            gap = calibration_error(model.predict_proba(y).max(axis=1), hit)
            found[name]["calibration_error"] = round(gap, 4)
    return found


def _rules(truth: Sequence[str], ranked: Ranked, usual: str) -> dict[str, Any]:
    """The word book alone where it knows the categories, else the commonest category for all."""
    said = ranked or [[Proposal(usual, 1.0, ())] for _ in truth]
    measured = _figures(truth, said).rounded()
    kept = {name: measured[name] for name in ("accuracy", "macro_f1", "top3")}
    return {"by": "word book of the pack" if ranked else "commonest category", **kept}
