"""Requirements with their checks, as a table, as cards, as JSON and as Markdown."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance import __version__
from conformance.catalogue import Catalogue, Quirk, Requirement, Side
from conformance.cli.coverage import Coverage

Covered = tuple[Requirement, Coverage]
"""A requirement with what checks it."""

_WIDTH = 100
_LABEL = 10


def as_table(chosen: Sequence[Covered], catalogue: Catalogue) -> str:
    """Return one line a requirement, under the headings of their topics."""
    rows = [
        (item.id, item.level, _sides(item), _checks(checks), item.title) for item, checks in chosen
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    lines: list[str] = []
    topic = ""
    for row, (item, _) in zip(rows, chosen, strict=True):
        if item.topic != topic:
            topic = item.topic
            lines += [*([""] if lines else []), catalogue.topics[topic].title]
        cells = (f"{cell:<{width}}" for cell, width in zip(row[:4], widths, strict=True))
        lines.append("  " + "  ".join((*cells, row[4])))
    checked = sum(checks.checked for _, checks in chosen)
    lines += ["", f"{len(chosen)} requirements, {checked} of them checked by this version."]
    return "\n".join(lines)


def as_cards(chosen: Iterable[Covered], catalogue: Catalogue) -> str:
    """Return everything that is known of each requirement."""
    return "\n\n".join("\n".join(_card(*pair, catalogue)) for pair in chosen)


def _card(item: Requirement, checks: Coverage, catalogue: Catalogue) -> Iterator[str]:
    topic = catalogue.topics[item.topic].title
    yield f"{item.id}  {item.title}"
    yield f"  {item.level} for {_sides(item, ' and ')}, topic {topic}"
    yield ""
    yield from textwrap.wrap(item.text, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield ""
    for source in item.sources:
        yield from _labelled("source", f"{source}{' (follows from it)' if item.derived else ''}")
        if source.url:
            yield f"  {'':<{_LABEL}}{source.url}"
    if item.hint:
        yield from _labelled("mend", item.hint)
    for label, reactions in (("allowed", item.allowed), ("forbidden", item.forbidden)):
        for reaction in reactions:
            yield from _labelled(label, reaction)
    for quirk in catalogue.quirks_of(item.id):
        yield from _labelled(f"quirk {quirk.id}", f"{quirk.text} Here: {_answer(quirk)}")
    yield from _checked_by(checks)
    if item.unchecked:
        yield from _labelled("unchecked", item.unchecked)


def _checked_by(checks: Coverage) -> Iterator[str]:
    if checks.rule:
        yield from _labelled("rule", f"{checks.rule}: {checks.says}")
    if checks.vectors:
        yield from _labelled("vectors", f"{len(checks.vectors)}: {', '.join(checks.vectors)}")
    if checks.probes:
        yield from _labelled("probes", ", ".join(checks.probes))
    for reaction in checks.reactions:
        yield from _labelled("client", reaction)
    if checks.stories:
        yield from _labelled("stories", f"{len(checks.stories)}: {', '.join(checks.stories)}")
    if checks.suites:
        yield from _labelled("suite", ", ".join(checks.suites))
    if checks.command:
        yield from _labelled("command", checks.command)


def _labelled(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"  {label:<{_LABEL}}",
        subsequent_indent=" " * (_LABEL + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_json(chosen: Iterable[Covered], catalogue: Catalogue) -> str:
    """Return an object with the requirements, and with the quirks that bear on them."""
    requirements = [_record(*pair, catalogue) for pair in chosen]
    named = {quirk for item in requirements for quirk in item["quirks"]}
    quirks = [quirk for quirk in catalogue.quirks.values() if quirk.id in named]
    whole = {
        "suite_version": __version__,
        "catalogue_sha256": catalogue.digest,
        "requirements": requirements,
        "quirks": [_quirk_record(quirk) for quirk in quirks],
    }
    return json.dumps(whole, indent=2)


def _record(item: Requirement, checks: Coverage, catalogue: Catalogue) -> Mapping[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "topic": item.topic,
        "level": item.level,
        "sides": [side for side in Side if side in item.sides],
        "text": item.text,
        "hint": item.hint,
        "allowed": item.allowed,
        "forbidden": item.forbidden,
        "sources": [
            {"document": source.document, "section": source.section, "url": source.url}
            for source in item.sources
        ],
        "derived": item.derived,
        "quirks": [quirk.id for quirk in catalogue.quirks_of(item.id)],
        "rule": {"name": checks.rule, "says": checks.says} if checks.rule else None,
        "vectors": checks.vectors,
        "probes": checks.probes,
        "reactions": checks.reactions,
        "stories": checks.stories,
        "suites": checks.suites,
        "command": checks.command,
        "unchecked": item.unchecked,
    }


def _quirk_record(quirk: Quirk) -> Mapping[str, Any]:
    return {
        "id": quirk.id,
        "title": quirk.title,
        "text": quirk.text,
        "default": quirk.default,
        "settings": quirk.settings,
        "requirements": quirk.requirements,
    }


def as_markdown(chosen: Sequence[Covered], catalogue: Catalogue) -> str:
    """Return a page: a table of topics, a section a requirement, the quirks that bear on them."""
    return "\n".join(_page(chosen, catalogue))


def _page(chosen: Sequence[Covered], catalogue: Catalogue) -> Iterator[str]:
    checked = Counter(item.topic for item, checks in chosen if checks.checked)
    topics = Counter(item.topic for item, _ in chosen)
    yield "<!-- Made by `lendico-conformance requirements --format markdown`; do not edit. -->"
    yield ""
    yield "# Requirements"
    yield ""
    yield "What must hold of a partner's signer, client and certificates, and of the API itself."
    yield "A MUST that is broken blocks, a SHOULD warns. Ids are permanent: never reused, never"
    yield "renumbered. Where the documents disagree, a [quirk](#quirks) says what the suite does."
    yield ""
    yield "| topic | requirements | checked by this version |"
    yield "|---|---|---|"
    for topic, count in topics.items():
        yield f"| [{catalogue.topics[topic].title}](#{topic}) | {count} | {checked[topic]} |"
    topic = ""
    for item, checks in chosen:
        if item.topic != topic:
            topic = item.topic
            yield f'\n<a id="{topic}"></a>\n\n## {catalogue.topics[topic].title}'
        yield from _section(item, checks, catalogue)
    yield "\n## Quirks\n\nPlaces where the documents disagree or leave a choice."
    named = {item.id for item, _ in chosen}
    for quirk in catalogue.quirks.values():
        if named.intersection(quirk.requirements):
            yield from _quirk_section(quirk)


def _section(item: Requirement, checks: Coverage, catalogue: Catalogue) -> Iterator[str]:
    yield f'\n<a id="{item.id}"></a>\n\n### {item.id}: {item.title}\n'
    yield f"**{item.level}** for {_sides(item, ' and ')}. {item.text}\n"
    sources = "; ".join(
        f"[{source}]({source.url})" if source.url else str(source) for source in item.sources
    )
    yield f"- Source: {sources}{' (follows from it)' if item.derived else ''}"
    if item.hint:
        yield f"- What mends it: {item.hint}"
    if item.allowed:
        yield f"- Allowed: {' '.join(item.allowed)}"
    if item.forbidden:
        yield f"- Forbidden: {' '.join(item.forbidden)}"
    quirks = catalogue.quirks_of(item.id)
    if quirks:
        yield f"- Quirk: {', '.join(f'[{quirk.id}](#{quirk.id})' for quirk in quirks)}"
    yield (
        f"- Checked by: {_in_words(checks)}"
        if checks.checked
        else (f"- Not checked: {item.unchecked}")
    )


def _quirk_section(quirk: Quirk) -> Iterator[str]:
    yield f'\n<a id="{quirk.id}"></a>\n\n### {quirk.id}: {quirk.title}\n'
    yield f"{quirk.text}\n"
    yield f"- Here: {_answer(quirk)}"
    yield f"- Bears on: {', '.join(f'[{name}](#{name})' for name in quirk.requirements)}"


def _answer(quirk: Quirk) -> str:
    """Return what the suite does of a quirk, and the settings that choose otherwise."""
    settings = " and ".join(f"`{name}`" for name in quirk.settings)
    return f"{quirk.default} Setting: {settings}." if settings else quirk.default


def _in_words(checks: Coverage) -> str:
    """Name the checks of a requirement, the vectors counted by their topics."""
    parts = [f"the rule *{checks.rule}*"] if checks.rule else []
    if checks.probes:
        names = ", ".join(f"`{name}`" for name in checks.probes)
        parts.append(
            f"{len(checks.probes)} probe{'' if len(checks.probes) == 1 else 's'} ({names})"
        )
    if checks.stories:
        count = len(checks.stories)
        parts.append(f"{count} {'story' if count == 1 else 'stories'} of a client")
    if checks.suites:
        parts.append(f"suite {', '.join(f'`{suite}`' for suite in checks.suites)}")
    if checks.command:
        parts.append(f"`{checks.command}`")
    if checks.vectors:
        topics = Counter(vector.split("/", maxsplit=1)[0] for vector in checks.vectors)
        shares = ", ".join(f"`{topic}` {count}" for topic, count in topics.items())
        parts.append(f"{_count(checks.vectors)} made for it ({shares})")
    return "; ".join(parts)


def _checks(checks: Coverage) -> str:
    """Name the checks of a requirement in a few words."""
    if not checks.checked:
        return "not checked"
    if checks.probes:
        return f"{len(checks.probes)} probe{'' if len(checks.probes) == 1 else 's'}"
    if checks.rule:
        return f"rule, {_count(checks.vectors)}" if checks.vectors else "rule"
    count = len(checks.stories)
    return f"{count} {'story' if count == 1 else 'stories'}"


def _count(vectors: Sequence[str]) -> str:
    return f"{len(vectors)} vector{'' if len(vectors) == 1 else 's'}"


def _sides(item: Requirement, between: str = ", ") -> str:
    return between.join(side for side in Side if side in item.sides)
