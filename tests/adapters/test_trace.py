"""The line of a stack trace that tells the developer where to look."""

from __future__ import annotations

import pytest

from conformance.adapters.trace import place_in, traced
from tests.adapters.conftest import Launch, Order

JAVA = """java.net.URISyntaxException: Illegal character in path at index 12: /a b
\tat java.base/java.net.URI$Parser.fail(URI.java:2976)
\tat com.acme.Signer.target(Signer.java:41)
\tat Adapter.main(Adapter.java:480)
"""
NODE = """URIError: URI malformed
    at decodeURIComponent (<anonymous>)
    at node:internal/url:816:3
    at sign (file:///app/signer.mjs:12:9)
"""
PYTHON = """Traceback (most recent call last):
  File "adapter.py", line 398, in answer
    answer |= answer_to(request)
  File "/app/signer.py", line 7, in sign
    quote(path)
  File "/usr/lib/python3.11/urllib/parse.py", line 909, in quote
    raise TypeError
TypeError: quote_from_bytes() expected bytes
"""
CSHARP = """System.FormatException: no Base64
   at System.Convert.FromBase64String(String s)
   at Signer.Sign(String body) in /app/Signer.cs:line 31
"""
PHP = """ErrorException: Undefined index in /app/signer.php:17
Stack trace:
#0 /app/adapter.php(130): sign()
#1 {main}
"""


@pytest.mark.parametrize(
    ("trace", "place"),
    [
        (JAVA, "at com.acme.Signer.target(Signer.java:41)"),
        (NODE, "at sign (file:///app/signer.mjs:12:9)"),
        (PYTHON, 'File "/app/signer.py", line 7, in sign'),
        (CSHARP, "at Signer.Sign(String body) in /app/Signer.cs:line 31"),
        (PHP, "in /app/signer.php:17"),
        ("main.sign(...)\n\t/app/main.go:12 +0x1d", "/app/main.go:12 +0x1d"),
        ("at com.acme.Keys.open(Keys.java:41)", "at com.acme.Keys.open(Keys.java:41)"),
        ("\tat java.base/java.net.URI.create(URI.java:9)",
         "at java.base/java.net.URI.create(URI.java:9)"),
        ("at a\x1b[31m.b()", r"at a\x1b[31m.b()"),
        ("at a" + "b" * 900, "at a" + "b" * 196 + "…"),
        ("x\n" * 90_000 + 'File "a.py", line 3, in f', 'File "a.py", line 3, in f'),
        ("it just broke in " * 9000, ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_place_nearest_to_the_developer_is_found(trace: str, place: str) -> None:
    assert place_in(trace) == place


def test_a_hint_without_a_place_stays() -> None:
    assert traced("", "mend it") == "mend it"


def test_an_error_of_the_adapter_says_where_it_came_from(launch: Launch, order: Order) -> None:
    adapter = launch(f"""
for request in requests():
    if request["op"] == "hello":
        hello(request)
    else:
        say(id=request["id"], error={{"message": "it broke", "trace": {PYTHON!r}}})
""")
    error = adapter.sign(order()).error
    assert error is not None
    assert error.hint == (
        'its trace points to File "/app/signer.py", line 7, in sign; '
        "mend the adapter; what a signer declines on purpose is `refused`"
    )
