<?php

// A conformance adapter for PHP 8.1 or later with its openssl extension, without packages. Run it
// with
//
//     lendico-conformance check -- php adapter.php
//
// It has a signer of its own, so it is READY as it stands. To test yours, replace the body of
// `sign` below by a call to it. The rest speaks the adapter protocol, version 1: one JSON object a
// line, requests on standard input, answers on standard output, words for people on standard error.

declare(strict_types=1);

// ==== YOUR SIGNER ================================================================================

/**
 * Replace the body of this function by a call to your own signer.
 *
 * @param string $method  GET, POST and so on, in upper case
 * @param string $target  path and query to sign: never decode, encode or tidy it; `parse_url`,
 *                        `parse_str` and `http_build_query` do all three
 * @param string $url     the whole address, for a signer that takes that
 * @param string $date    the date to sign and send, just as it is written
 * @param string $body    the octets to digest: never trim or convert them
 * @param string $keyId   the client id
 * @param string $keyFile the private key, PKCS#8 in PEM
 * @param string $place   "signature", or "authorization" for the token request
 *
 * @return array{headers: list<array{string, string}>, signingString?: string} the header fields in
 *     the order in which they are sent; and what was signed, if your signer tells
 */
function sign(
    string $method,
    string $target,
    string $url,
    string $date,
    string $body,
    string $keyId,
    string $keyFile,
    string $place,
): array {
    $digest = 'SHA-256=' . base64_encode(hash('sha256', $body, binary: true));

    // LF between the lines and none after the last: not PHP_EOL, which is CR LF on Windows.
    $signingString = implode("\n", [
        '(request-target): ' . strtolower($method) . ' ' . $target,
        'date: ' . $date,
        'digest: ' . $digest,
    ]);
    if (!openssl_sign($signingString, $signature, privateKey($keyFile), OPENSSL_ALGO_SHA256)) {
        throw new RuntimeException("openssl could not sign with the key $keyFile");
    }

    $parameters = implode(',', [
        'keyId="' . addcslashes($keyId, '"\\') . '"',
        'algorithm="rsa-sha256"',
        'headers="(request-target) date digest"',
        'signature="' . base64_encode($signature) . '"',
    ]);

    $headers = [
        ['Date', $date],
        ['Digest', $digest],
        $place === 'authorization'
            ? ['Authorization', 'Signature ' . $parameters]
            : ['Signature', $parameters],
    ];
    return ['headers' => $headers, 'signingString' => $signingString];
}

/** Reads a key once; a signer that runs for long does not read its key for every request. */
function privateKey(string $file): OpenSSLAsymmetricKey
{
    static $keys = [];
    $keys[$file] ??= openssl_pkey_get_private(file_get_contents($file))
        ?: throw new RuntimeException("there is no private key in $file");
    return $keys[$file];
}

// ==== The adapter protocol =======================================================================

const HELLO = [
    'protocol' => 1,
    'name' => 'example-php',
    'version' => '1.0',
    'language' => 'php',
    'can' => ['sign', 'clock', 'keys'],
    'max_in_flight' => 4, // they queue on standard input and are answered one after the other
];

/** @param array<string, string> $request */
function answerTo(array $request): array
{
    switch ($request['op']) {
        case 'hello':
            return ['ok' => HELLO];
        case 'sign':
            $signed = sign(
                method: $request['method'],
                target: $request['target'],
                url: $request['url'],
                date: $request['date'],
                body: base64_decode($request['body_b64']),
                keyId: $request['key_id'],
                keyFile: $request['key_file'],
                place: $request['place'],
            );
            $ok = ['headers' => $signed['headers']];
            if (isset($signed['signingString'])) {
                $ok['signing_string_b64'] = base64_encode($signed['signingString']);
            }
            return ['ok' => $ok];
        default:
            return ['unsupported' => ['message' => "this adapter has no {$request['op']}"]];
    }
}

function answerLine(string $id, array $answer): string
{
    $flags = JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE;
    return json_encode(['id' => $id] + $answer, $flags) . "\n";
}

// Warnings are errors, traces hold no arguments, and what a signer prints goes to standard error.
ini_set('zend.exception_ignore_args', '1');
ini_set('display_errors', 'stderr');
set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
    throw new ErrorException($message, 0, $level, $file, $line);
});
ob_start(static function (string $printed): string {
    fwrite(STDERR, $printed);
    return '';
}, 1);

while (($line = fgets(STDIN)) !== false) {
    $request = json_decode($line, associative: true);
    if (!is_string($request['id'] ?? null) || !is_string($request['op'] ?? null)) {
        fwrite(STDERR, "adapter.php: this is no request of the adapter protocol:\n");
        fwrite(STDERR, json_encode(substr($line, 0, 200), JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
        exit(1);
    }
    if ($request['op'] === 'bye') {
        break;
    }
    try {
        $answer = answerTo($request);
    } catch (Throwable $error) {
        $answer = ['error' => ['message' => $error->getMessage(), 'trace' => (string) $error]];
    }
    fwrite(STDOUT, answerLine($request['id'], $answer));
}
