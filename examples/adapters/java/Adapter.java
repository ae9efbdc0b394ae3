// A conformance adapter for Java 17 or later, without libraries. Run it with
//
//     lendico-conformance check -- java Adapter.java
//
// It has a signer of its own, so it is READY as it stands. To test yours, replace the body of
// `sign` below by a call to it, and start it with its class path: `java -cp your.jar Adapter.java`.
// The rest speaks the adapter protocol, version 1: one JSON object a line, requests on standard
// input, answers on standard output, words for people on standard error.

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

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

    private static final Map<Path, PrivateKey> KEYS = new HashMap<>();

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

    // ==== The adapter protocol ===================================================================

    private static final String HELLO = """
            {"protocol":1,"name":"example-java","version":"1.0","language":"java",\
            "can":["sign","clock","keys"],"max_in_flight":4}""";

    public static void main(String[] arguments) throws IOException {
        var answers = new PrintStream(System.out, false, UTF_8);
        System.setOut(System.err); // standard output is for answers; what a signer prints is none
        var requests = new BufferedReader(new InputStreamReader(System.in, UTF_8));

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
            answers.print("{\"id\":" + quoted(request.get("id")) + "," + answerTo(request) + "}\n");
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
                default -> "\"unsupported\":{\"message\":"
                        + quoted("this adapter has no " + op) + "}";
            };
        } catch (Exception error) {
            var trace = new StringWriter();
            error.printStackTrace(new PrintWriter(trace));
            return "\"error\":{\"message\":" + quoted(error.toString())
                    + ",\"trace\":" + quoted(trace.toString()) + "}";
        }
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
