<?php
// A client of the Partner API for PHP 8.1 or later with ext-openssl and nothing else: it gets a token,
// pings and applies. Start the sandbox, then
//
//     eval "$(lendico-conformance sandbox --print-config=shell)"
//     php client.php
//
// It prints a line a request: name, status and body, with tabs between.

declare(strict_types=1);

function setting(string $name): string
{
    $value = getenv("PARTNER_API_$name");
    if ($value === false) {
        fwrite(STDERR, "PARTNER_API_$name is not set: eval the lines of --print-config=shell first\n");
        exit(2);
    }
    return $value;
}

/**
 * Returns the fields of a signed request. $target is path and query after the base address, as they
 * are sent: the gateway's prefix is left out of what is signed.
 *
 * @return array<string, string> Date, Digest, and the parameters as Signature
 */
function signed(string $method, string $target, string $body): array
{
    $date = gmdate('D, d M Y H:i:s') . ' GMT';
    $digest = 'SHA-256=' . base64_encode(hash('sha256', $body, true));
    // LF between the lines and none after the last: "\n" in double quotes, never PHP_EOL.
    $string = '(request-target): ' . strtolower($method) . " $target\ndate: $date\ndigest: $digest";
    $key = openssl_pkey_get_private('file://' . setting('SIGNING_KEY'));
    if ($key === false || !openssl_sign($string, $signature, $key, OPENSSL_ALGO_SHA256)) {
        throw new RuntimeException('the request cannot be signed: ' . openssl_error_string());
    }
    return [
        'Date' => $date,
        'Digest' => $digest,
        'Signature' => 'keyId="' . setting('CLIENT_ID') . '",algorithm="rsa-sha256",'
            . 'headers="(request-target) date digest",signature="' . base64_encode($signature) . '"',
    ];
}

/**
 * Sends a request over PHP's own https streams.
 *
 * @param array<string, string> $headers
 * @return array{int, string} status and body
 */
function send(string $method, string $url, array $headers, string $body): array
{
    $headers['Subscription-Key'] = setting('SUBSCRIPTION_KEY');
    $lines = array_map(fn ($name) => "$name: $headers[$name]", array_keys($headers));
    $context = stream_context_create([
        'http' => [
            'method' => $method,
            'header' => $lines,
            'content' => $body,
            'ignore_errors' => true, // the body of an error says what is wrong
            'follow_location' => 0,
            'protocol_version' => 1.1,
            'timeout' => 30,
        ],
        'ssl' => [
            'cafile' => setting('CA_FILE'),
            'local_cert' => setting('TLS_CERTIFICATE'),
            'local_pk' => setting('TLS_KEY'),
        ],
    ]);
    $answer = file_get_contents($url, false, $context);
    if ($answer === false) {
        throw new RuntimeException('there is no answer from ' . parse_url($url, PHP_URL_HOST));
    }
    preg_match('~^HTTP/\S+ (\d{3})~', $http_response_header[0], $status);
    return [(int) $status[1], $answer];
}

/** The token request has no token yet: its signature stands in Authorization. */
function get_token(): string
{
    $body = http_build_query([
        'client_id' => setting('CLIENT_ID'),
        'client_secret' => setting('CLIENT_SECRET'),
    ]);
    $headers = signed('POST', '/oauth2/token', $body);
    $headers['Authorization'] = 'Signature ' . $headers['Signature'];
    unset($headers['Signature']);
    $headers['Content-Type'] = 'application/x-www-form-urlencoded';
    [$status, $answer] = send('POST', setting('TOKEN_URL'), $headers, $body);
    if ($status !== 200) {
        throw new RuntimeException("no token: $status $answer");
    }
    return json_decode($answer, true, flags: JSON_THROW_ON_ERROR)['access_token'];
}

/**
 * @param array<string, string> $more
 * @return array{int, string}
 */
function call(string $token, string $method, string $target, array $more = [], string $body = ''): array
{
    $headers = signed($method, $target, $body) + $more + ['Authorization' => "Bearer $token"];
    return send($method, setting('BASE_URL') . $target, $headers, $body);
}

/** @param array{int, string} $answer */
function show(string $name, array $answer): void
{
    echo $name, "\t", $answer[0], "\t", preg_replace('/[\r\n]+/', ' ', $answer[1]), "\n";
}

$token = get_token();
show('token', [200, '(kept secret)']);
show('ping', call($token, 'GET', '/ping'));
$application = file_get_contents(getenv('PARTNER_API_APPLICATION') ?: __DIR__ . '/../application.json');
$json = ['Content-Type' => 'application/json', 'Idempotency-Key' => bin2hex(random_bytes(16))];
show('application', call($token, 'POST', '/applications', $json, $application));
