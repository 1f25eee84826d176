"""The articles that come with the package, as files: every one is whole, and a bad one is named with its line."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from caasis.engines.deadlines import SALES_FORMS
from caasis.kernel.actor import SYSTEM
from caasis.knowledge import services
from caasis.knowledge.materials import MATERIAL_AUDIENCES
from caasis.knowledge.models import Article
from caasis.knowledge.rules.article_file import ArticleFileError, parse_article
from caasis.knowledge.rules.body import blocks
from caasis.portal.situations import SITUATIONS

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(services.__file__).parent / "data"
ARTICLES = sorted((DATA / "articles").glob("*.md"))
MATERIALS = sorted((DATA / "materials").glob("*.md"))
ALERTS = sorted((DATA / "demo_alerts").glob("*.md"))

#: 消費者ホットライン, police, police's advice, fire and ambulance, emergency advice, 法テラス. Nothing else is ever printed.
NUMBERS = {"188", "110", "#9110", "119", "#7119", "0570-078374"}
_DIGITS = "0-9０-９"
_TELEPHONE = re.compile(
    rf"[#＃][{_DIGITS}]+|(?<![{_DIGITS}])[0０][{_DIGITS}]{{1,4}}[-－‐―ー(（ ]?[{_DIGITS}]{{1,4}}[-－‐―ー)） ]?[{_DIGITS}]{{3,4}}"
    rf"|(?<![{_DIGITS}])[{_DIGITS}]{{3,5}}(?=番(?!号)|へ電話|に電話|にかけ|へかけ|へ相談|に相談)"
)
GOOD = '+++\nnumber = "F-9001"\nkind = "faq"\ntitle = "題"\nlead = "答え。"\npublished_on = 2026-01-01\n+++\n\n本文。\n'


def _entries(files: list[Path]) -> list[dict[str, Any]]:
    return [parse_article(file.read_text(encoding="utf-8"), file.name) for file in files]


@pytest.mark.parametrize("file", [*ARTICLES, *MATERIALS, *ALERTS], ids=lambda file: file.stem)
def test_an_article_of_the_package_is_whole(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    entry = parse_article(text, file.name)
    assert entry["kind"] in Article.Kind.values and entry["lead"].endswith("。")
    assert entry.get("sales_form", "") in {"", *SALES_FORMS}
    assert blocks(entry["body"]) and entry["search_words"]
    assert isinstance(entry["published_on"], date)
    if entry["kind"] not in (Article.Kind.ALERT, Article.Kind.MANUAL):
        known = MATERIAL_AUDIENCES if entry["kind"] == Article.Kind.MATERIAL else {situation.code for situation in SITUATIONS}
        assert entry["situation"] in known
    # A lesson may name what nobody has compared yet: its page says 要確認 then.
    unchecked = entry["kind"] == Article.Kind.MATERIAL and not entry.get("law_verified")
    assert unchecked or bool(entry.get("law")) == ("law_checked_on" in entry)
    assert entry.get("law") or not entry.get("law_verified")
    assert set(_TELEPHONE.findall(text)) <= NUMBERS
    # A heading stands above something.
    kinds = [block.kind for block in blocks(entry["body"])]
    assert kinds[-1] != "heading" and ("heading", "heading") not in pairwise(kinds)


def test_numbers_and_titles_are_used_once() -> None:
    entries = _entries([*ARTICLES, *MATERIALS, *ALERTS])
    assert len(entries) >= 28
    for key in ("number", "title", "lead"):
        assert [value for value, times in Counter(entry[key] for entry in entries).items() if times > 1] == []


def test_an_article_that_is_named_by_another_exists() -> None:
    known = {file.stem for file in ARTICLES}
    for file in ARTICLES:
        assert set(re.findall(r"F-[0-9]{4}", file.read_text(encoding="utf-8"))) <= known, file.name


def test_the_package_takes_its_articles_along() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    for file in DATA.rglob("*"):
        if file.is_file():
            assert any(fnmatch.fnmatch(file.name, pattern) for pattern in patterns["*"]), file.name


@pytest.mark.parametrize("text", ["電話は03-1234-5678へ", "0120123456", "０３－１２３４－５６７８", "#8000", "189に電話", "171番"])
def test_a_foreign_telephone_number_is_seen(text: str) -> None:
    assert not set(_TELEPHONE.findall(text)) <= NUMBERS


@pytest.mark.parametrize("text", ["188に電話", "110番", "#9110 へ", "0570-078374", "2026-11-20", "3,000円", "8日以内", "10000人に"])
def test_other_figures_are_no_telephone_numbers(text: str) -> None:
    assert set(_TELEPHONE.findall(text)) <= NUMBERS


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("+++\nnumber", "number", 1),
        ('\n+++\n\n本文。\n', "", 6),
        ('"題"', '"題', 4),
        ('"題"', "5", 4),
        ('kind = "faq"', 'art = "faq"', 3),
        ("published_on = 2026-01-01\n", "", 1),
        ("F-9001", "F-9002", 2),
        ("答え。", "答" * 241, 5),
        ("本文。", "", 10),
        ("本文。", "・昔の印", 9),
        ("本文。", "! 昔の印", 9),
        ("本文。", "1. 昔｜印", 9),
        ("本文。", "1. 太字がない", 9),
        ("本文。", "文に**太字**がある", 9),
        ("本文。", "<b>HTML</b>", 9),
        ("本文。", "[題](https://example.com)", 9),
        ("本文。", "# 大見出し", 9),
        ("本文。", "文。\n- 続き", 10),
        ("本文。", "## 見出し\n文。", 10),
        ("本文。", "あ" * 401, 9),
    ],
)
def test_a_bad_file_is_named_with_its_line(old: str, new: str, line: int) -> None:
    assert parse_article(GOOD, "F-9001.md")["body"] == "本文。"
    assert old in GOOD
    with pytest.raises(ArticleFileError, match=rf"^F-9001\.md:{line}: "):
        parse_article(GOOD.replace(old, new, 1), "F-9001.md")


@pytest.mark.django_db
def test_loading_stops_at_a_bad_file_and_writes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, town: Any) -> None:
    folder = tmp_path / "data" / "articles"
    folder.mkdir(parents=True)
    (tmp_path / "data" / "materials").mkdir()
    (folder / "F-9001.md").write_text(GOOD, encoding="utf-8")
    (folder / "F-9002.md").write_bytes(GOOD.replace("F-9001", "F-9002").replace("本文。", "").encode() + b"\n\x93\x94")
    (folder / "notes.txt").write_text("no article", encoding="utf-8")
    monkeypatch.setattr(services.resources, "files", lambda package: tmp_path)
    with pytest.raises(ArticleFileError, match=r"^F-9002\.md:11: not UTF-8"):
        services.load_seed_articles(actor=SYSTEM)
    assert not Article.objects.exists()
    (folder / "F-9002.md").unlink()
    (folder / "F-9001.md").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert services.load_seed_articles(actor=SYSTEM) == 1
