"""One implementation under examination: cases are asked, answers judged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from conformance.adapters.interface import Answer, AnswerKind, Hello, SigningAdapter, SignOrder
from conformance.cases.case import Case
from conformance.clock import Clock
from conformance.diagnosis.diagnostician import Diagnostician
from conformance.errors import AdapterStartError
from conformance.material.keyfile import KeyFiles, make_key
from conformance.material.parsing import certificate_in_pem
from conformance.rules.judge import judge
from conformance.trial.trial import Trial
from conformance.wire.date import format_imf_fixdate
from conformance.wire.message import SignedPath, SignedRequest
from conformance.wire.reading import Expectation
from conformance.wire.visible import visible


class Examination:
    """Asks one implementation cases and judges what it answers.

    One signature a case serves all rules. What earlier cases showed is remembered: a signature that
    is used again is recognised, and many failures of one cause cost little more than one.
    """

    def __init__(
        self,
        adapter: SigningAdapter,
        *,
        files: KeyFiles,
        vector_key: Callable[[str], RSAPrivateKey],
        clock: Clock,
        base_url: str,
        signed_path: SignedPath = SignedPath.RELATIVE,
    ) -> None:
        """Prepare to ask `adapter`.

        `vector_key` returns the key of the vectors with a given name; `files` holds the key files
        for as long as cases are asked. `base_url` has no slash at its end.

        Raises:
            AdapterStartError: `hello` offers neither `keys` nor a certificate that can be used.
            MaterialError: a key file cannot be written.
        """
        self._adapter = adapter
        self._files = files
        self._vector_key = vector_key
        self._clock = clock
        self._base_url = base_url
        self._signed_path = signed_path
        address = urlsplit(base_url)
        self._base_path = address.path
        self._host = f"{address.scheme}://{address.netloc}"
        self._diagnostician = Diagnostician()
        self._run_key = make_key()
        self.certificate = None if adapter.hello.has_keys else certificate_of(adapter.hello)
        """That of the implementation's own key; None where it takes the key it is given."""
        self._own_key = certified_key(self.certificate) if self.certificate else None
        self._waited = timedelta()

    @property
    def hello(self) -> Hello:
        """What the implementation said of itself."""
        return self._adapter.hello

    @property
    def deterministic(self) -> bool:
        """Whether a case has one right signature: the implementation takes date and key as told."""
        return self.hello.has_clock and self.hello.has_keys

    @property
    def waited(self) -> timedelta:
        """The implementation's own time, all cases together."""
        return self._waited

    def ask(self, case: Case) -> Trial:
        """Ask one case."""
        return self._judged(case, self._adapter.sign(self._order(case)))

    def ask_many(self, cases: Iterable[Case]) -> Iterator[Trial]:
        """Ask `cases`, as many at once as the implementation allows; trials in their order."""
        asked: deque[Case] = deque()

        def orders() -> Iterator[SignOrder]:
            for case in cases:
                asked.append(case)
                yield self._order(case)

        for answer in self._adapter.sign_many(orders()):
            yield self._judged(asked.popleft(), answer)

    def _key(self, case: Case) -> RSAPrivateKey:
        return self._run_key if case.key is None else self._vector_key(case.key)

    def _order(self, case: Case) -> SignOrder:
        full = self._signed_path is SignedPath.FULL
        return SignOrder(
            method=case.method,
            url=self._base_url + case.target,
            base_url=self._base_url,
            target=self._base_path + case.target if full else case.target,
            date=format_imf_fixdate(case.date),
            body=case.body,
            key_id=case.key_id,
            key_file=self._files.path_of(self._key(case)),
            place=case.place,
        )

    def _judged(self, case: Case, answer: Answer) -> Trial:
        self._waited += answer.took
        expected = self._expectation(case, answer)
        if answer.kind is not AnswerKind.OK:
            return Trial(case=case, answer=answer, expected=expected)
        request = SignedRequest(
            method=case.method,
            target=self._base_path + case.target,
            headers=answer.headers,
            body=case.body,
        )
        judgement = judge(request, expected, diagnostician=self._diagnostician)
        return Trial(case=case, answer=answer, judgement=judgement, expected=expected)

    def _expectation(self, case: Case, answer: Answer) -> Expectation:
        takes_date = self.hello.has_clock
        return Expectation(
            key=self._own_key or self._key(case).public_key(),
            key_id=case.key_id,
            place=case.place,
            base_path=self._base_path,
            signed_path=self._signed_path,
            date=case.date if takes_date else None,
            now=None if takes_date else self._clock.now(),
            said=answer.said,
            host=self._host,
        )


def certificate_of(hello: Hello) -> x509.Certificate:
    """Return the certificate that an implementation with its own key gave with `hello`.

    Raises:
        AdapterStartError: there is none, or it cannot be read.
    """
    name = visible(hello.name, limit=80)
    lacks = f"the adapter '{name}' does not say 'keys', and its 'cert_pem' is"
    hint = (
        "Answer hello with the PEM certificate of the key you sign with, or honour 'key_file' "
        "and say 'keys' in 'can'."
    )
    if not hello.cert_pem:
        raise AdapterStartError(f"{lacks} missing", hint=hint)
    try:
        return certificate_in_pem(hello.cert_pem.encode())
    except ValueError:
        raise AdapterStartError(f"{lacks} no PEM certificate", hint=hint) from None


def certified_key(certificate: x509.Certificate) -> RSAPublicKey:
    """Return the public key that signatures are verified with.

    Raises:
        AdapterStartError: it is not an RSA key, or not one that can be used.
    """
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey):
        raise AdapterStartError(
            "the adapter's 'cert_pem' holds no RSA key",
            hint="Security.md asks for an RSA key of 2048 bits or more.",
        )
    return key
