"""Failing cases kept between runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given

from conformance.cases.case import Case
from conformance.cases.generated import cases, collect
from conformance.cases.store import FailureStore
from conformance.errors import UsageError

CASE = collect(30, 11)[-1]


@pytest.fixture
def store(tmp_path: Path) -> FailureStore:
    return FailureStore(tmp_path / "failures")


def asked(case: Case) -> tuple[object, ...]:
    return (case.method, case.target, case.date, case.body, case.key_id, case.place, case.refusal)


def test_what_was_saved_is_loaded_by_its_name_or_id(store: FailureStore) -> None:
    stored = store.save(CASE)
    assert stored.id.startswith("stored/")
    for name in (stored.id, stored.id.removeprefix("stored/")):
        assert asked(store.load(name)) == asked(CASE)
        assert store.load(name).id == stored.id


def test_the_same_request_is_stored_once_whatever_it_was_called(store: FailureStore) -> None:
    first = store.save(CASE)
    assert store.save(store.load(first.id)).id == first.id
    assert len(store.load_all().cases) == 1


def test_every_case_can_be_stored(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = FailureStore(tmp_path_factory.mktemp("all"))

    @given(cases())
    def stored(case: Case) -> None:
        assert asked(store.load(store.save(case).id)) == asked(case)

    stored()


def test_the_newest_come_first_and_a_hundred_at_most(store: FailureStore) -> None:
    for number, case in enumerate(collect(105, 1)):
        name = store.save(case).id.removeprefix("stored/")
        os.utime(store.directory / f"{name}.json", (number, number))
    loaded = store.load_all()
    assert [asked(case) for case in loaded.cases] == [
        asked(case) for case in reversed(collect(105, 1)[5:])
    ]
    assert loaded.notes == (f"5 older failing cases in {store.directory} are left out",)


def test_an_absent_directory_is_an_empty_store(store: FailureStore) -> None:
    assert store.load_all().cases == ()
    assert store.load_all().notes == ()


def test_what_fails_no_more_is_forgotten(store: FailureStore) -> None:
    stored = store.save(CASE)
    store.discard(stored)
    store.discard(stored)
    store.discard(CASE)
    assert store.load_all().cases == ()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b"[" * 100_000,
        b'{"method": 1, "target": "/", "key_id": "a", "key": null}',
    ],
    ids=["empty", "cut", "list", "null", "binary", "no fields", "deep", "types"],
)  # fmt: skip
def test_a_broken_file_is_skipped_with_a_sentence(store: FailureStore, content: bytes) -> None:
    good = store.save(CASE)
    bad = store.directory / "0123456789ab.json"
    bad.write_bytes(content)
    loaded = store.load_all()
    assert [case.id for case in loaded.cases] == [good.id]
    (note,) = loaded.notes
    assert str(bad) in note
    assert "broken" in note
    assert note.isprintable()
    with pytest.raises(UsageError, match="broken") as refusal:
        store.load("0123456789ab")
    assert refusal.value.hint == "delete that file"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("date", "2019-07-03T08:28:28"), ("date", "soon"), ("date", 5), ("place", "body"),
        ("refusal", "maybe"), ("body_base64", "?"), ("body_base64", 5), ("key", 7),
         ("target", None),
    ],
)  # fmt: skip
def test_a_field_of_a_wrong_form_breaks_a_file(
    store: FailureStore, field: str, value: object
) -> None:
    name = store.save(CASE).id.removeprefix("stored/")
    path = store.directory / f"{name}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    assert len(store.load_all().notes) == 1


def test_a_flood_is_not_read_to_its_end(store: FailureStore) -> None:
    store.directory.mkdir()
    (store.directory / "0123456789ab.json").write_bytes(b"[" + b"1," * 4_000_000)
    assert "broken" in store.load_all().notes[0]


def test_files_of_others_are_left_alone(store: FailureStore) -> None:
    store.save(CASE)
    (store.directory / "notes.json").write_text("mine")
    (store.directory / "0123456789ab.txt").write_text("mine")
    assert len(store.load_all().cases) == 1
    assert store.load_all().notes == ()


def test_an_unknown_name_is_answered_with_what_may_have_been_meant(store: FailureStore) -> None:
    with pytest.raises(UsageError, match="no failing case 'x' is stored") as refusal:
        store.load("x")
    assert refusal.value.hint == "nothing is stored there yet"
    name = store.save(CASE).id.removeprefix("stored/")
    with pytest.raises(UsageError) as refusal:
        store.load(name[:-1] + ("0" if name[-1] != "0" else "1"))
    assert refusal.value.hint == f"did you mean {name}?"


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "stored/", "/", "a" * 5000, "\x1b[31m"])
def test_a_name_reaches_no_other_file(store: FailureStore, name: str) -> None:
    store.save(CASE)
    with pytest.raises(UsageError) as refusal:
        store.load(name)
    assert refusal.value.message.isprintable()
    assert len(refusal.value.message) < 400


def test_a_directory_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be stored") as refusal:
        FailureStore(tmp_path / "file" / "failures").save(CASE)
    assert refusal.value.hint
