// Sends each target with one library of the JDK: Paths.java LIBRARY ADDRESS TARGET...

import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public final class Paths {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public static void main(String[] arguments) {
        for (int number = 2; number < arguments.length; number++) {
            var target = arguments[number];
            var number0 = Integer.toString(number - 2);
            try {
                if (arguments[0].equals("HttpClient")) {
                    client(arguments[1] + target, number0);
                } else {
                    connection(arguments[1] + target, number0);
                }
            } catch (Exception error) {
                System.err.println(target + ": " + error);
            }
        }
    }

    private static void client(String address, String number) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(address)).header("X-Case", number).build();
        CLIENT.send(request, HttpResponse.BodyHandlers.discarding());
    }

    private static void connection(String address, String number) throws Exception {
        var connection = (HttpURLConnection) new URL(address).openConnection();
        connection.setRequestProperty("X-Case", number);
        connection.getInputStream().readAllBytes();
    }
}
