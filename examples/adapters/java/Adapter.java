// A conformance adapter for Java 17 or later, without libraries. Run it with
//
//     lendico-conformance check -- java Adapter.java
//
// It has a signer and a client of its own, so it is READY as it stands. To test yours, replace the
// body of `sign` below by a call to your signer, and that of `send` by a call to your client; start
// it with their class path: `java -cp your.jar Adapter.java`. The rest speaks the adapter protocol,
// version 1: one JSON object a line, requests on standard input, answers on standard output, words
// for people on standard error.

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;

public final class Adapter {

    // ==== YOUR SIGNER ============================================================================

    /**
     * Replace the body of this method by a call to your own signer.
     *
     * @param method GET, POST and so on, in upper case
     * @param target path and query to sign: never decode, encode or tidy it; {@code URI.getPath}
     *     decodes, {@code getRawPath} does not
     * @param url the whole address, for a signer that takes that
     * @param date the date to sign and send, just as it is written
     * @param body the octets to digest: never make a string of them
     * @param keyId the client id
     * @param keyFile the private key, PKCS#8 in PEM
     * @param place "signature", or "authorization" for the token request
     * @return the header fields in the order in which they are sent; and what was signed, or null
     *     if your signer does not tell
     */
    static Signed sign(
            String method, String target, String url, String date, byte[] body, String keyId,
            Path keyFile, String place) throws GeneralSecurityException, IOException {
        var hash = MessageDigest.getInstance("SHA-256").digest(body);
        // Not the MIME encoder: that breaks lines.
        var digest = "SHA-256=" + Base64.getEncoder().encodeToString(hash);

        // Locale.ROOT: in a Turkish locale the I of a method gets no dot. LF between the lines,
        // not System.lineSeparator(), and none after the last.
        var signingString = String.join("\n",
                "(request-target): " + method.toLowerCase(Locale.ROOT) + " " + target,
                "date: " + date,
                "digest: " + digest);

        var signer = Signature.getInstance("SHA256withRSA");
        signer.initSign(privateKey(keyFile));
        signer.update(signingString.getBytes(UTF_8));
        var signature = Base64.getEncoder().encodeToString(signer.sign());

        var parameters = String.join(",",
                "keyId=" + quoted(keyId),
                "algorithm=\"rsa-sha256\"",
                "headers=\"(request-target) date digest\"",
                "signature=\"" + signature + "\"");
        var last = place.equals("authorization")
                ? new Header("Authorization", "Signature " + parameters)
                : new Header("Signature", parameters);
        return new Signed(
                List.of(new Header("Date", date), new Header("Digest", digest), last),
                signingString);
    }

    private static final Map<Path, PrivateKey> KEYS = new ConcurrentHashMap<>();

    /** Reads a key once; a signer that runs for long does not read its key for every request. */
    private static PrivateKey privateKey(Path file) throws GeneralSecurityException, IOException {
        if (!KEYS.containsKey(file)) {
            var pem = Files.readString(file, US_ASCII);
            var base64 = pem.replaceAll("-----(BEGIN|END) PRIVATE KEY-----|\\s", "");
            var spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
            KEYS.put(file, KeyFactory.getInstance("RSA").generatePrivate(spec));
        }
        return KEYS.get(file);
    }

    record Header(String name, String value) {}

    record Signed(List<Header> headers, String signingString) {}

    // ==== YOUR CLIENT ============================================================================

    /**
     * Replace the body of this method by a call to your own client.
     *
     * @param order method, target (path and query below base_url, to be sent as they are),
     *     base_url (its path is left out of what is signed), token_url; ca_file, tls_cert_file,
     *     tls_key_file and sign_key_file, all PEM; client_id, client_secret, subscription_key; and
     *     deadline_ms, how long the call may take, its token and its retries together
     * @param body the octets to send
     * @return what became of it: success, api_error, transport_error or gave_up
     */
    static Called send(Map<String, String> order, byte[] body) throws Exception {
        var partner = new LinkedHashMap<>(order);
        List.of("id", "op", "method", "target", "body_b64", "deadline_ms").forEach(partner::remove);
        Client client;
        synchronized (CLIENTS) {
            if (!CLIENTS.containsKey(partner)) {
                CLIENTS.put(partner, new Client(partner));
            }
            client = CLIENTS.get(partner);
        }
        var ends = System.nanoTime() + Long.parseLong(order.get("deadline_ms")) * 1_000_000;
        return client.send(order.get("method"), order.get("target"), body, ends);
    }

    private static final Map<Map<String, String>, Client> CLIENTS = new HashMap<>();

    /** What became of a call; status is 0 where there was no answer. */
    record Called(String outcome, int status, int attempts, long waitedMs) {}

    /** Why a request may be sent again, and after how many seconds. */
    record Again(String reason, long seconds) {}

    /** One partner at one address. It is shared by threads. */
    private static final class Client {
        // HttpClient repeats a GET by itself when the connection is lost, with the date and the
        // signature of the first try. This leaves it one try.
        static {
            System.setProperty("jdk.httpclient.redirects.retrylimit", "1");
        }

        // RFC_1123_DATE_TIME writes one digit for the first nine days of a month.
        private static final DateTimeFormatter DATE =
                DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
                        .withZone(ZoneOffset.UTC);

        private final Map<String, String> partner;
        private final String prefix;
        private final HttpClient http;
        private String token = "";
        private long tokenEnds;
        private long nextTurn = System.nanoTime();

        Client(Map<String, String> partner) throws GeneralSecurityException, IOException {
            this.partner = partner;
            for (var name : List.of("base_url", "token_url")) {
                if (!partner.get(name).startsWith("https://")) {
                    throw new IllegalArgumentException(partner.get(name) + " is no https address");
                }
            }
            prefix = URI.create(partner.get("base_url")).getRawPath();
            http = HttpClient.newBuilder()
                    .sslContext(tls())
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER) // no credential to another host
                    .build();
        }

        /** Makes a whole call that ends at the moment `ends`, and says what became of it. */
        Called send(String method, String target, byte[] body, long ends) throws Exception {
            var fields = new LinkedHashMap<String, String>();
            if (body.length > 0) {
                fields.put("Content-Type", "application/json");
            }
            if (method.equals("POST") && target.split("\\?", 2)[0].equals("/applications")) {
                fields.put("Idempotency-Key", UUID.randomUUID().toString()); // kept in retries
            }
            var repeatable = method.equals("GET") || fields.containsKey("Idempotency-Key");
            Set<String> spent = new HashSet<>(); // each reason to try again counts once: no loop
            var attempts = 0;
            var waited = 0L;
            var status = 0;
            while (true) {
                HttpResponse<byte[]> answer = null;
                Again again = null;
                try {
                    var bearer = token(ends);
                    attempts++;
                    fields.put("Authorization", "Bearer " + bearer);
                    answer = exchange(method, partner.get("base_url") + target, body, fields, ends);
                    status = answer.statusCode();
                    again = whyAgain(answer, repeatable);
                    if (again != null && again.reason().equals("token")) {
                        forget(bearer);
                    }
                } catch (NoToken error) {
                    return new Called("api_error", error.status, attempts, waited);
                } catch (TimeoutException error) {
                    return new Called("gave_up", status, attempts, waited);
                } catch (ConnectException | SSLHandshakeException error) {
                    System.err.println("no connection: " + error); // nobody, or not to be trusted
                    return new Called("transport_error", status, attempts, waited);
                } catch (IOException error) { // the connection ended before the answer was whole
                    again = repeatable ? new Again("lost", 1) : null;
                }
                if (again == null || !spent.add(again.reason())) {
                    return new Called(outcome(answer), status, attempts, waited);
                }
                if (System.nanoTime() + again.seconds() * 1_000_000_000L >= ends) {
                    return new Called("gave_up", status, attempts, waited);
                }
                Thread.sleep(again.seconds() * 1000);
                waited += again.seconds() * 1000;
            }
        }

        /** Returns the token, a new one where it is missing or expired. */
        private synchronized String token(long ends) throws Exception {
            if (token.isEmpty() || System.nanoTime() >= tokenEnds) {
                var form = "client_id=" + URLEncoder.encode(partner.get("client_id"), UTF_8)
                        + "&client_secret="
                        + URLEncoder.encode(partner.get("client_secret"), UTF_8);
                var answer = exchange(
                        "POST", partner.get("token_url"), form.getBytes(UTF_8),
                        Map.of("Content-Type", "application/x-www-form-urlencoded"), ends);
                var text = new String(answer.body(), UTF_8);
                var lasts = found("\"expires_in\"\\s*:\\s*\"?(\\d{1,9})", text);
                var received = found("\"access_token\"\\s*:\\s*\"([!-~&&[^\"\\\\]]+)\"", text);
                if (received.isEmpty() || lasts.isEmpty()) {
                    throw new NoToken(answer.statusCode());
                }
                // Less a margin: it must still be good when the request arrives.
                var seconds = Double.parseDouble(lasts);
                token = received;
                tokenEnds = System.nanoTime()
                        + (long) ((seconds - Math.min(30, seconds / 10)) * 1e9);
            }
            return token;
        }

        /** Forgets a token that was refused, unless another thread has got a new one. */
        private synchronized void forget(String refused) {
            if (token.equals(refused)) {
                token = "";
            }
        }

        private static final class NoToken extends Exception {
            private static final long serialVersionUID = 1;
            final int status;

            NoToken(int status) {
                this.status = status;
            }
        }

        /** Sends one request, dated and signed now; without a token, it is the one for a token. */
        private HttpResponse<byte[]> exchange(
                String method, String url, byte[] body, Map<String, String> fields, long ends)
                throws Exception {
            takeTurn();
            var uri = uri(url);
            var path = url.substring(url.indexOf('/', "https://".length()));
            var signed = sign(
                    method, path.startsWith(prefix + "/") ? path.substring(prefix.length()) : path,
                    url, DATE.format(Instant.now()), body, partner.get("client_id"),
                    Path.of(partner.get("sign_key_file")),
                    fields.containsKey("Authorization") ? "signature" : "authorization");
            var request = HttpRequest.newBuilder(uri).method(method, body.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
            request.setHeader("Subscription-Key", partner.get("subscription_key"));
            fields.forEach(request::setHeader);
            signed.headers().forEach(header -> request.setHeader(header.name(), header.value()));
            // Not HttpRequest.timeout: that ends with the head of the answer.
            var answer = http.sendAsync(
                    request.build(), HttpResponse.BodyHandlers.ofByteArray());
            try {
                return answer.get(Math.max(ends - System.nanoTime(), 1), TimeUnit.NANOSECONDS);
            } catch (TimeoutException error) {
                answer.cancel(true);
                throw error;
            } catch (ExecutionException error) {
                throw error.getCause() instanceof IOException cause ? cause : error;
            }
        }

        /**
         * URI.create keeps the text as it is, or throws; the constructors of several arguments and
         * URI.normalize change it, and then other octets are sent than were signed.
         */
        private static URI uri(String url) {
            try {
                var uri = URI.create(url);
                // HttpClient drops a fragment, and the question mark of a query that is empty.
                if (uri.getRawFragment() == null && !"".equals(uri.getRawQuery())) {
                    return uri;
                }
            } catch (IllegalArgumentException error) {
                // told below
            }
            throw new UnsupportedOperationException("HttpClient cannot send this target as it is");
        }

        /** Waits for the next turn: 25 a second, since 30 are allowed. */
        private void takeTurn() throws InterruptedException {
            long wait;
            synchronized (http) {
                var now = System.nanoTime();
                var turn = Math.max(now, nextTurn);
                nextTurn = turn + 40_000_000;
                wait = turn - now;
            }
            TimeUnit.NANOSECONDS.sleep(wait);
        }

        /**
         * Returns why a request may be sent again; null when it may not: a 400, a 403, and a 401
         * for anything but the token stay what they are.
         */
        private static Again whyAgain(HttpResponse<byte[]> answer, boolean repeatable) {
            var text = new String(answer.body(), UTF_8);
            var title = found("\"title\"\\s*:\\s*\"([^\"]*)\"", text).toLowerCase(Locale.ROOT);
            var retryAfter = seconds(answer, "Retry-After", -1);
            var ofToken = title.replaceAll("\\.$", "").equals("unauthorized")
                    && !text.contains("Date header");
            if (answer.statusCode() == 401 && ofToken) {
                return new Again("token", 0);
            }
            if (answer.statusCode() == 429 && !title.contains("crefo")) {
                var wait = seconds(answer, "RateLimit-Reset", retryAfter < 0 ? 60 : retryAfter);
                return new Again("throttled", Math.max(wait, 1));
            }
            if (answer.statusCode() == 503 && repeatable && retryAfter >= 0) {
                return new Again("unavailable", Math.max(retryAfter, 1));
            }
            return null;
        }

        private static long seconds(HttpResponse<byte[]> answer, String name, long otherwise) {
            var text = answer.headers().firstValue(name).orElse("");
            return text.matches("\\d{1,6}") ? Long.parseLong(text) : otherwise;
        }

        private static String found(String pattern, String text) {
            var matcher = Pattern.compile(pattern).matcher(text);
            return matcher.find() ? matcher.group(1) : "";
        }

        /** Returns what a call comes to; a page in HTML is no answer of the API. */
        private static String outcome(HttpResponse<byte[]> answer) {
            if (answer == null) {
                return "transport_error";
            }
            var page = answer.headers().firstValue("Content-Type").orElse("").contains("html");
            return answer.statusCode() / 100 == 2 && !page ? "success" : "api_error";
        }

        /** Trusts the authorities of ca_file alone, and presents the TLS certificate. */
        private SSLContext tls() throws GeneralSecurityException, IOException {
            var trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            for (var authority : certificates("ca_file")) {
                trusted.setCertificateEntry("ca-" + trusted.size(), authority);
            }
            var trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            var password = "in memory only".toCharArray();
            var own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            var key = privateKey(Path.of(partner.get("tls_key_file")));
            own.setKeyEntry("tls", key, password, certificates("tls_cert_file"));
            var keys = KeyManagerFactory.getInstance("SunX509");
            keys.init(own, password);
            var context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        }

        private Certificate[] certificates(String name)
                throws GeneralSecurityException, IOException {
            try (var file = Files.newInputStream(Path.of(partner.get(name)))) {
                var found = CertificateFactory.getInstance("X.509").generateCertificates(file);
                return found.toArray(new Certificate[0]);
            }
        }
    }

    // ==== The adapter protocol ===================================================================

    private static final String HELLO = """
            {"protocol":1,"name":"example-java","version":"1.0","language":"java",\
            "can":["sign","send","clock","keys"],"max_in_flight":8}""";

    public static void main(String[] arguments) throws IOException {
        var answers = new PrintStream(System.out, false, UTF_8);
        System.setOut(System.err); // standard output is for answers; what a signer prints is none
        var requests = new BufferedReader(new InputStreamReader(System.in, UTF_8));

        // Signing queues on standard input; calls take their time, and run side by side.
        var calls = Executors.newCachedThreadPool(run -> {
            var thread = new Thread(run);
            thread.setDaemon(true);
            return thread;
        });
        for (var line = requests.readLine(); line != null; line = requests.readLine()) {
            var request = readRequest(line);
            if (request.isEmpty()) {
                System.err.println("Adapter.java: this is no request of the adapter protocol:");
                System.err.println(line.substring(0, Math.min(line.length(), 200)));
                System.exit(1);
            }
            if (request.get("op").equals("bye")) {
                return;
            }
            if (request.get("op").equals("send")) {
                calls.execute(() -> answer(request, answers));
            } else {
                answer(request, answers);
            }
        }
    }

    private static void answer(Map<String, String> request, PrintStream answers) {
        var answer = "{\"id\":" + quoted(request.get("id")) + "," + answerTo(request) + "}\n";
        synchronized (answers) {
            answers.print(answer);
            answers.flush();
        }
    }

    private static String answerTo(Map<String, String> request) {
        var op = request.get("op");
        try {
            return switch (op) {
                case "hello" -> "\"ok\":" + HELLO;
                case "sign" -> "\"ok\":" + json(sign(
                        request.get("method"),
                        request.get("target"),
                        request.get("url"),
                        request.get("date"),
                        Base64.getDecoder().decode(request.get("body_b64")),
                        request.get("key_id"),
                        Path.of(request.get("key_file")),
                        request.get("place")));
                case "send" -> "\"ok\":" + json(send(
                        request, Base64.getDecoder().decode(request.get("body_b64"))));
                default -> "\"unsupported\":{\"message\":"
                        + quoted("this adapter has no " + op) + "}";
            };
        } catch (UnsupportedOperationException error) {
            return "\"unsupported\":{\"message\":" + quoted(error.getMessage()) + "}";
        } catch (Exception error) {
            var trace = new StringWriter();
            error.printStackTrace(new PrintWriter(trace));
            return "\"error\":{\"message\":" + quoted(error.toString())
                    + ",\"trace\":" + quoted(trace.toString()) + "}";
        }
    }

    private static String json(Called called) {
        return "{\"outcome\":" + quoted(called.outcome())
                + (called.status() == 0 ? "" : ",\"status\":" + called.status())
                + ",\"attempts\":" + called.attempts()
                + ",\"waited_ms\":" + called.waitedMs() + "}";
    }

    private static String json(Signed signed) {
        var headers = signed.headers().stream()
                .map(header -> "[" + quoted(header.name()) + "," + quoted(header.value()) + "]")
                .collect(Collectors.joining(",", "{\"headers\":[", "]"));
        if (signed.signingString() == null) {
            return headers + "}";
        }
        var octets = signed.signingString().getBytes(UTF_8);
        var base64 = Base64.getEncoder().encodeToString(octets);
        return headers + ",\"signing_string_b64\":\"" + base64 + "\"}";
    }

    /** Writes text between quotes: a JSON string, and a parameter of {@code Signature} too. */
    private static String quoted(String text) {
        var result = new StringBuilder(text.length() + 2).append('"');
        for (var character : text.toCharArray()) {
            if (character == '"' || character == '\\') {
                result.append('\\').append(character);
            } else if (character < ' ') {
                result.append(String.format("\\u%04x", (int) character));
            } else {
                result.append(character);
            }
        }
        return result.append('"').toString();
    }

    private static final String ITEM = "\\s*\"([^\"\\\\]*+)\"\\s*:\\s*\"([^\"\\\\]*+)\"\\s*";
    private static final Pattern ITEMS = Pattern.compile(ITEM);
    private static final Pattern REQUEST = Pattern.compile("\\{" + ITEM + "(," + ITEM + ")*}\\s*");

    /**
     * Reads a flat JSON map of strings in which only {@code "} and {@code \} are escaped. Escapes
     * become control characters, which no request holds; then every quote left begins or ends a
     * string. Returns an empty map when the line is no request.
     */
    private static Map<String, String> readRequest(String line) {
        var request = new HashMap<String, String>();
        var plain = line.replace("\\\\", "\1").replace("\\\"", "\2");
        if (REQUEST.matcher(plain).matches()) {
            ITEMS.matcher(plain).results().forEach(item -> request.put(
                    item.group(1), item.group(2).replace("\2", "\"").replace("\1", "\\")));
        }
        return request.containsKey("id") && request.containsKey("op") ? request : Map.of();
    }
}
