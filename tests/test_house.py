"""The import table of the house, as it stands in CONTRIBUTING.md, read off the code itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "errors": set(),
    "configs": set(),
    "files": {"errors"},
    "articles": {"errors", "configs", "files"},
    "model": {"errors", "configs", "files"},
    "corpora": {"errors", "configs", "files", "model"},
    "training": {"errors", "configs", "files", "articles", "model", "corpora", "eval"},
    "scoring": {"errors", "configs", "files", "articles", "model"},
    "eval": {"errors", "configs", "articles", "model", "corpora", "scoring"},
    "cli": {"errors", "configs", "files", "articles", "corpora", "model", "training", "scoring", "eval"},
}


def imported_packages(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module] if node.module != "newstance" else [f"newstance.{a.name}" for a in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("newstance.")}
    return found


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_each_package_imports_only_what_the_house_allows(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        extra = imported_packages(path) - MAY_IMPORT[package] - {package}
        assert not extra, f"{path.relative_to(ROOT)} imports {sorted(extra)}"


def test_the_table_for_contributors_names_every_package_and_what_it_may_import() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)/` \|.*\| (.+) \|$", text, re.MULTILINE))
    every = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert set(told) == set(MAY_IMPORT) == every
    for package, words in told.items():
        named = set(re.sub(r" \(.*?\)", "", words).split(", "))
        assert MAY_IMPORT[package] == (every - {package} if words == "all" else named - {"nothing of ours"}), package


def test_corpora_takes_only_the_codebook_from_the_model() -> None:
    for path in sorted((ROOT / "corpora").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("newstance.model"):
                assert node.module == "newstance.model.codebook", path


def test_no_module_grows_beyond_four_hundred_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for package in MAY_IMPORT
        for path in (ROOT / package).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long


def test_every_module_that_is_a_command_ends_its_errors_in_one_line() -> None:
    """`cli/__main__.py` is `newstance` itself, which has an ending of its own."""
    commands = {
        path: text.split('if __name__ == "__main__":\n', 1)[1]
        for package in MAY_IMPORT
        for path in (ROOT / package).rglob("*.py")
        if '__name__ == "__main__"' in (text := path.read_text(encoding="utf-8")) and path.parent.name != "cli"
    }
    assert len(commands) > 10
    assert [str(path) for path, ending in commands.items() if not ending.startswith("    run_command(")] == []


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, contextlib\nsys.argv = ['newstance', '--help']\nfrom newstance.cli.app import main\n"
        "with contextlib.suppress(SystemExit):\n    main()"
    )
    assert not modules_after(code) & {"torch", "transformers", "onnxruntime", "numpy", "pyarrow", "trafilatura"}


def test_scoring_an_article_never_imports_torch(tiny_exported: Path, tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text("The council met.\n\nThe council wrecked the harbour.\n", encoding="utf-8")
    code = (
        "import sys, contextlib\n"
        f"sys.argv = ['newstance', 'score', {str(article)!r}, '--json', '--model', {str(tiny_exported)!r}]\n"
        "from newstance.cli.app import main\nwith contextlib.suppress(SystemExit):\n    main()"
    )
    found = modules_after(code)
    assert "onnxruntime" in found
    assert not found & {"torch", "transformers", "sklearn", "datasets", "pyarrow", "trafilatura"}
