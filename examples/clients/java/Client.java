// A client of the Partner API for Java 17 or later, with nothing but the JDK: it gets a token, pings
// and applies; with --errors it then meets each documented error once. Start the sandbox, then
//
//     eval "$(lendico-conformance sandbox --print-config=shell)"
//     java Client.java [--errors]
//
// It prints a line a request: name, status and body, with tabs between.

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
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
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

final class Client {
    // RFC_1123_DATE_TIME writes one digit for the first nine days, and the default locale may not be
    // English: hence a pattern of its own, with `GMT` as a text and a locale.
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
                    .withZone(ZoneOffset.UTC);
    private static final char[] IN_MEMORY = "in memory only".toCharArray();

    private final String baseUrl = setting("BASE_URL");
    private final String clientId = setting("CLIENT_ID");
    private final PrivateKey signingKey = privateKey("SIGNING_KEY");
    private final PrivateKey tlsKey = privateKey("TLS_KEY");
    private final SSLContext tls = tls(true);
    private final HttpClient http = client(tls);
    private String token = "";

    public static void main(String[] arguments) throws Exception {
        Client client = new Client();
        client.getToken();
        client.ping().send("ping");
        client.application(applicationBody()).send("application");
        if (arguments.length > 0 && arguments[0].equals("--errors")) {
            if (System.getenv("PARTNER_API_CONTROL_URL") != null) {
                client.meetExpiredToken();
            }
            client.meetErrors();
        }
    }

    private Client() throws IOException, GeneralSecurityException {}

    // ---- What a partner does --------------------------------------------------------------------

    /** The token request has no token yet: its signature stands in Authorization. */
    private void getToken() throws Exception {
        String form = "client_id=" + clientId + "&client_secret=" + setting("CLIENT_SECRET");
        Prepared request = new Prepared("POST", "/oauth2/token", octets(form));
        request.headers.put("Authorization", "Signature " + request.headers.remove("Signature"));
        request.headers.put("Content-Type", "application/x-www-form-urlencoded");
        HttpResponse<String> answer = request.answer(http, URI.create(setting("TOKEN_URL")));
        System.out.println("token\t" + answer.statusCode() + "\t(kept secret)");
        Matcher found = Pattern.compile("\"access_token\"\\s*:\\s*\"([^\"]*)\"").matcher(answer.body());
        if (!found.find()) {
            throw new IOException("no token: " + answer.body());
        }
        token = found.group(1);
    }

    private Prepared ping() throws GeneralSecurityException {
        return new Prepared("GET", "/ping", new byte[0]);
    }

    /** An Idempotency-Key belongs to one application; only a retry of the same one repeats it. */
    private Prepared application(byte[] body) throws GeneralSecurityException {
        Prepared request = new Prepared("POST", "/applications", body);
        request.headers.put("Content-Type", "application/json");
        request.headers.put("Idempotency-Key", UUID.randomUUID().toString());
        return request;
    }

    // ---- Signing and sending --------------------------------------------------------------------

    /**
     * A signed request. `target` is what follows the base address: the gateway's prefix is left out
     * of what is signed.
     */
    private final class Prepared {
        final String method;
        final String target;
        final byte[] body;
        final Map<String, String> headers = new LinkedHashMap<>();
        String date = DATE.format(Instant.now());
        String digest;
        PrivateKey key = signingKey;

        Prepared(String method, String target, byte[] body) throws GeneralSecurityException {
            this.method = method;
            this.target = target;
            this.body = body;
            digest = digest(body);
            headers.put("Subscription-Key", setting("SUBSCRIPTION_KEY"));
            headers.put("Authorization", "Bearer " + token);
            sign();
        }

        /** Signs what `date`, `digest` and `key` are now. */
        Prepared sign() throws GeneralSecurityException {
            String string =
                    "(request-target): " + method.toLowerCase(Locale.ROOT) + " " + target
                            + "\ndate: " + date
                            + "\ndigest: " + digest; // LF between the lines and none after the last
            Signature signer = Signature.getInstance("SHA256withRSA");
            signer.initSign(key);
            signer.update(octets(string));
            headers.put("Date", date);
            headers.put("Digest", digest);
            headers.put(
                    "Signature",
                    "keyId=\"" + clientId + "\",algorithm=\"rsa-sha256\","
                            + "headers=\"(request-target) date digest\",signature=\""
                            + Base64.getEncoder().encodeToString(signer.sign()) + "\"");
            return this;
        }

        Prepared with(String name, String value) {
            headers.put(name, value);
            return this;
        }

        Prepared without(String name) {
            headers.remove(name);
            return this;
        }

        /**
         * URI.create keeps the text as it is. The constructors of several arguments, URI.normalize
         * and URLEncoder change it, and then other octets are sent than were signed.
         */
        URI uri() {
            return URI.create(baseUrl + target);
        }

        HttpResponse<String> answer(HttpClient client, URI uri)
                throws IOException, InterruptedException {
            HttpRequest.Builder builder =
                    HttpRequest.newBuilder(uri)
                            .timeout(Duration.ofSeconds(30))
                            .method(
                                    method,
                                    body.length == 0
                                            ? BodyPublishers.noBody()
                                            : BodyPublishers.ofByteArray(body));
            headers.forEach(builder::header);
            return client.send(builder.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
        }

        HttpResponse<String> send(String name) throws IOException, InterruptedException {
            return send(name, http);
        }

        HttpResponse<String> send(String name, HttpClient client)
                throws IOException, InterruptedException {
            HttpResponse<String> answer = answer(client, uri());
            print(name, answer.statusCode(), answer.body());
            return answer;
        }
    }

    private static void print(String name, int status, String body) {
        System.out.println(name + "\t" + status + "\t" + body.replaceAll("[\r\n]+", " "));
    }

    private static String digest(byte[] body) throws GeneralSecurityException {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(body);
        return "SHA-256=" + Base64.getEncoder().encodeToString(hash);
    }

    // ---- Keys and certificates ------------------------------------------------------------------

    /** HTTP/1.1, since TLS of the sandbox offers no HTTP/2; redirects are not followed. */
    private static HttpClient client(SSLContext tls) {
        return HttpClient.newBuilder()
                .sslContext(tls)
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
    }

    /**
     * Trusts the CA of the sandbox alone, and presents the TLS certificate. Yours may be a .pfx: then
     * load that file with its password in place of what `keyStore` makes.
     */
    private static SSLContext tls(boolean presents) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", certificate("CA_FILE"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(presents ? keyStore() : null, IN_MEMORY);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(presents ? keys.getKeyManagers() : null, trust.getTrustManagers(), null);
        return context;
    }

    /** Packs certificate and key as PKCS#12, the form in which Java takes both. */
    private static KeyStore keyStore() throws IOException, GeneralSecurityException {
        KeyStore made = KeyStore.getInstance("PKCS12");
        made.load(null, null);
        Certificate[] chain = {certificate("TLS_CERTIFICATE")};
        made.setKeyEntry("tls", privateKey("TLS_KEY"), IN_MEMORY, chain);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        made.store(file, IN_MEMORY);
        KeyStore loaded = KeyStore.getInstance("PKCS12");
        loaded.load(new ByteArrayInputStream(file.toByteArray()), IN_MEMORY);
        return loaded;
    }

    private static Certificate certificate(String name) throws IOException, GeneralSecurityException {
        try (InputStream file = Files.newInputStream(Path.of(setting(name)))) {
            return CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
    }

    private static PrivateKey privateKey(String name) throws IOException, GeneralSecurityException {
        String pem = Files.readString(Path.of(setting(name)));
        String base64 = pem.replaceAll("-----[A-Z ]+-----", "");
        byte[] der = Base64.getMimeDecoder().decode(base64);
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
    }

    private static String setting(String name) {
        String value = System.getenv("PARTNER_API_" + name);
        if (value == null) {
            System.err.println(
                    "PARTNER_API_" + name + " is not set: eval the lines of --print-config=shell first");
            System.exit(2);
        }
        return value;
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] applicationBody() throws IOException {
        String named = System.getenv("PARTNER_API_APPLICATION");
        return Files.readAllBytes(Path.of(named == null ? "../application.json" : named));
    }

    // ---- Each documented error, once ------------------------------------------------------------

    private void meetErrors() throws Exception {
        ping().without("Subscription-Key").send("subscription-key-missing");
        ping().with("Subscription-Key", "nobodys-key").send("subscription-key-invalid");
        ping().send("client-certificate", client(tls(false)));
        ping().with("Authorization", "Bearer nobodys-token").send("unauthorized");
        ping().without("Digest").send("digest-header");
        ping().with("Date", Instant.now().toString()).send("date-header");

        Prepared early = ping();
        early.date = DATE.format(Instant.now().minus(Duration.ofMinutes(4)));
        early.sign().send("date-skew");

        Prepared otherKey = ping();
        otherKey.key = tlsKey;
        otherKey.sign().send("signature");

        Prepared otherBody = ping();
        otherBody.digest = digest(octets("another body"));
        otherBody.sign().send("digest-diverges");

        application(octets("{}")).send("constraint-violation");
        application(applicationBody()).send("crefo"); // the second one within 5 minutes
        exceedLimit();
        callFromElsewhere();
    }

    /** More than 30 in a second. */
    private void exceedLimit() throws Exception {
        Prepared request = ping();
        for (int count = 0; count < 200; count++) {
            HttpResponse<String> answer = request.answer(http, request.uri());
            if (answer.statusCode() == 429) {
                print("rate", answer.statusCode(), answer.body());
                return;
            }
        }
        throw new IOException("the limit was not met");
    }

    /**
     * Calls from another loopback address, for a sandbox that was started with --allow 127.0.0.1.
     * HttpClient cannot choose its own address before Java 19, so this goes over a plain socket.
     */
    private void callFromElsewhere() throws Exception {
        Prepared request = ping();
        URI uri = request.uri();
        InetAddress own = InetAddress.getByName("127.0.0.2");
        InetAddress server = InetAddress.getByName("127.0.0.1");
        try (SSLSocket socket =
                (SSLSocket) tls.getSocketFactory().createSocket(server, uri.getPort(), own, 0)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            StringBuilder head = new StringBuilder("GET " + uri.getRawPath() + " HTTP/1.1\r\n");
            request.with("Host", uri.getAuthority()).with("Connection", "close");
            request.headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
            socket.getOutputStream().write(octets(head.append("\r\n").toString()));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String[] parts = answer.split("\r\n\r\n", 2);
            print("address", Integer.parseInt(parts[0].split(" ")[1]), parts[1]);
        }
    }

    /** A sandbox with --control-port lets the next token die at once. */
    private void meetExpiredToken() throws Exception {
        HttpRequest arming =
                HttpRequest.newBuilder(URI.create(setting("CONTROL_URL") + "/faults"))
                        .header("Authorization", "Bearer " + setting("CONTROL_TOKEN"))
                        .POST(BodyPublishers.ofString("{\"kind\": \"token-dies\", \"seconds\": 0}"))
                        .build();
        if (http.send(arming, BodyHandlers.discarding()).statusCode() != 200) {
            throw new IOException("the control port refuses");
        }
        getToken();
        ping().send("token-expired");
        getToken();
        ping().send("ping");
    }
}
