"""`flask check-flows`: mistakes in the files of words are told like those in the procedure's."""

import shutil
from pathlib import Path

import pytest

from flows.understanding import word_files
from tests.support.commands import invoke
from tests.support.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_content_as_it_is_has_no_mistakes(world: World) -> None:
    result = invoke(world, "check-flows")
    assert result.exit_code == 0
    assert "0 mistakes" in result.stdout


def test_every_mistake_in_a_word_file_is_one_line(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in word_files.FILES:
        shutil.copy(word_files.FOLDER / name, tmp_path)
    with (tmp_path / "words_es.toml").open("a", encoding="utf-8") as file:
        file.write('\n[signs.nothing]\nfind = ["<no_such_list> & <pain>", "a-b"]\n')
    monkeypatch.setattr(word_files, "FOLDER", tmp_path)
    result = invoke(world, "check-flows")
    assert result.exit_code == 1
    assert "words_es.toml: [signs.nothing]: no list is named <no_such_list>" in result.stderr
    assert "'a-b'" in result.stderr
    assert "3 mistakes" in result.stdout


def test_a_word_file_that_is_no_toml(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in word_files.FILES:
        (tmp_path / name).write_text("[lists", "utf-8")
    monkeypatch.setattr(word_files, "FOLDER", tmp_path)
    result = invoke(world, "check-flows")
    assert result.exit_code == 1
    assert word_files.FILES[0] in result.stderr
