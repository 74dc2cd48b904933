"""Files, folders, pages and standard input become articles, or fail with one line that says what to do."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from newstance.articles import article_from_text, expand_paths, read_article
from newstance.errors import ArticleError
from newstance.files import mended_utf8

TEXT = "The minister said “we’ll pay” — twice. It was £5, and café prices rose.\n"


def test_folders_are_searched_recursively_and_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/y.HTML", "a/b/x.htm", "a/skip.pdf", ".hidden/h.txt", "a/.draft.md"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("Text.")
    found = [path.relative_to(tmp_path).as_posix() for path in expand_paths([tmp_path])]
    assert found == ["a/b/x.htm", "a/y.HTML", "a/z.md", "b.txt"]


def test_files_standard_input_and_missing_paths_are_kept_as_given(tmp_path: Path) -> None:
    given = [tmp_path / "notes.log", "-", tmp_path / "missing.txt"]
    assert list(expand_paths(given)) == [Path(p) for p in given]


def test_a_folder_without_articles_is_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "one.txt").write_text("Text.")
    paths = expand_paths([tmp_path / "one.txt", tmp_path / "empty"])
    assert next(paths) == tmp_path / "one.txt"
    with pytest.raises(ArticleError, match=r"no \.txt, \.md, \.html or \.htm file"):
        next(paths)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_common_encodings_give_the_same_text(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(TEXT.encode(encoding))
    article = read_article(file)
    assert article.text == TEXT
    assert article.encoding is not None


def test_latin_1_and_cyrillic_are_detected(tmp_path: Path) -> None:
    texts = {
        "latin-1": "Le président a décidé d'augmenter les impôts. Les députés étaient fâchés.",
        "cp1251": "Президент заявил, что правительство не будет повышать налоги. Критики недовольны.",
    }
    for encoding, text in texts.items():
        file = tmp_path / f"{encoding}.txt"
        file.write_bytes(text.encode(encoding))
        assert read_article(file).text == text


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("bad", [b"Caf\xe9", b"caf\xc3", b"it\xe2\x80", b"\xff", b"a\xa0b", b"\xe9\xe8 \xfc"])
def test_one_bad_byte_does_not_make_another_encoding_of_a_utf_8_text(tmp_path: Path, bad: bytes, mark: bytes) -> None:
    said = "The minister said “we’ll pay”, twice. Café prices rose in Łódź.\n"
    file = tmp_path / "a.txt"
    file.write_bytes(mark + said.encode() + bad)
    article = read_article(file)
    assert article.text.startswith(said) and "\ufffd" in article.text[len(said) :]
    assert (article.encoding or "").startswith("utf-8")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gbk", "总统周二表示，政府将不再提高税收，反对党批评这一决定。"),
        ("big5", "總統週二表示，政府將不再提高稅收，反對黨批評這一決定。"),
        ("shift_jis", "大統領は火曜日、政府は税金を引き上げないと述べた。野党はこの決定を批判した。"),
        ("euc_kr", "대통령은 화요일 정부가 세금을 인상하지 않을 것이라고 밝혔다."),
        ("cp874", "รัฐบาลจะไม่ขึ้นภาษี นายกรัฐมนตรีกล่าวเมื่อวันอังคาร"),
        ("cp866", "Президент заявил, что правительство не будет повышать налоги."),
        ("cp1252", "« ÉLYSÉE » – CAFÉ” : le président a décidé"),
    ],
)
def test_text_in_another_encoding_is_never_mended_as_utf_8(encoding: str, text: str) -> None:
    assert mended_utf8(text.encode(encoding)) is None
    assert mended_utf8(text.encode(encoding), declared=True) is None


def test_what_is_no_text_of_a_macintosh_is_not_read_as_one(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"it\xe2\x80 " * 20)
    assert read_article(file).encoding == "cp1252"


def test_only_newlines_are_normalised(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes("One\u00a0line.\r\n\r\nTwo\ttabs.\rThree \u200b.".encode())
    assert read_article(file).text == "One\u00a0line.\n\nTwo\ttabs.\nThree \u200b."


def test_an_unknown_suffix_is_read_as_plain_text(tmp_path: Path) -> None:
    file = tmp_path / "story.wire"
    file.write_text("# No heading\n\nText follows here.")
    article = read_article(file)
    assert article.sentences[0].text == "# No heading"
    assert article.id == article.path == str(file)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe \x00", "empty"),
        (b"%PDF-1.7 rest", "a PDF"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"text\x00with nulls", "null bytes"),
        (bytes(range(1, 32)) * 20, "not text"),
        (b"\xff\xfeodd number of bytes", "not text"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(tmp_path: Path, data: bytes, says: str) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(data)
    with pytest.raises(ArticleError, match=says) as caught:
        read_article(file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(ArticleError, match="no such file"):
        read_article(tmp_path / "missing.txt")
    with pytest.raises(ArticleError, match="folder"):
        read_article(tmp_path)
    with pytest.raises(ArticleError):
        read_article("null\x00byte.txt")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Text.")
    file.chmod(0)
    with pytest.raises(ArticleError, match="permission"):
        read_article(file)


def test_permission_errors_are_worded_for_any_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: str) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ArticleError, match="no permission to read"):
        read_article(tmp_path / "a.txt")


@pytest.mark.parametrize(
    "text", ['[{"text": "It met."}]', '{"text": "It met."}\n{"text": "Again."}\n', '\n[\n {"a": 1}\n]']
)
def test_json_is_no_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "arr.json").write_text(text)
    with pytest.raises(ArticleError, match=r"arr\.json: is JSON.*\.jsonl, one JSON object a line.*--text-column"):
        read_article(tmp_path / "arr.json")
    (tmp_path / "a.txt").write_text('{"We met", said the council.')
    assert read_article(tmp_path / "a.txt").sentences


def test_standard_input_may_be_text_or_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    give(b"The government fell. Nobody cried.")
    article = read_article("-")
    assert (article.id, article.path, len(article.sentences)) == ("-", None, 2)
    give(b"<!doctype html><html><body><p>" + b"The government fell on Tuesday night. " * 10 + b"</p></body></html>")
    assert len(read_article("-").sentences) == 10
    give(b"")
    with pytest.raises(ArticleError, match=r"standard input.*empty"):
        read_article("-")


def test_text_of_white_space_is_refused() -> None:
    for text in ("", " \n\u00a0\t"):
        with pytest.raises(ArticleError, match="empty"):
            article_from_text(text)
    with pytest.raises(ArticleError, match="markdown"):
        article_from_text("---\n\n***\n", markdown=True)


def test_surrogates_and_null_characters_do_no_harm() -> None:
    text = "The \ud83d minister\x00 fell. He \udc00left.\n\n\ud800"
    article = article_from_text(text)
    assert article.text == text
    assert [s.text for s in article.sentences] == [
        "The \ud83d minister\x00 fell.",
        "He \udc00left.",
        "\ud800",
    ]


def test_long_lines_of_quotation_marks_are_read_in_linear_time() -> None:
    # Shown to the splitter as they are, these would take minutes; the test would not end.
    text = "“No. " * 60_000
    assert len(article_from_text(text).sentences) == 60_000
    assert len(article_from_text("“" * 300_000).sentences) == 1
