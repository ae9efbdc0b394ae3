// A conformance adapter for .NET 8 or later, without packages. Build it, then run it:
//
//     dotnet build --configuration Release --output out
//     lendico-conformance check -- dotnet out/Adapter.dll
//
// It has a signer of its own, so it is READY as it stands. To test yours, replace the body of
// `Signer.Sign` below by a call to it. The rest speaks the adapter protocol, version 1: one JSON
// object a line, requests on standard input, answers on standard output, words for people on
// standard error.

using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

// ==== YOUR SIGNER ================================================================================

/// <summary>A request to be signed.</summary>
internal sealed class Unsigned
{
    public string Method; // GET, POST and so on, in upper case
    public string Target; // path and query to sign: never decode, encode or tidy it, as Uri does
    public string Url; // the whole address, for a signer that takes that
    public string Date; // the date to sign and send, just as it is written
    public byte[] Body; // the octets to digest: never make a string of them
    public string KeyId; // the client id
    public string KeyFile; // the private key, PKCS#8 in PEM
    public string Place; // "signature", or "authorization" for the token request
}

/// <summary>What a signer made of it.</summary>
internal sealed class Signed
{
    public string[][] Headers; // names and values in the order in which they are sent
    public string SigningString; // what was signed; null if your signer does not tell
}

internal static class Signer
{
    private static readonly Dictionary<string, RSA> Keys = new Dictionary<string, RSA>();

    /// <summary>Replace the body of this method by a call to your own signer.</summary>
    public static Signed Sign(Unsigned request)
    {
        var digest = "SHA-256=" + Convert.ToBase64String(SHA256.HashData(request.Body));

        // ToLowerInvariant: in a Turkish culture the I of a method gets no dot. LF between the
        // lines, not Environment.NewLine, and none after the last.
        var signingString = string.Join(
            "\n",
            "(request-target): " + request.Method.ToLowerInvariant() + " " + request.Target,
            "date: " + request.Date,
            "digest: " + digest);

        var signature = PrivateKey(request.KeyFile).SignData(
            Encoding.UTF8.GetBytes(signingString),
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1); // not Pss

        var parameters = string.Join(
            ",",
            "keyId=\"" + request.KeyId.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"",
            "algorithm=\"rsa-sha256\"",
            "headers=\"(request-target) date digest\"",
            "signature=\"" + Convert.ToBase64String(signature) + "\"");

        return new Signed
        {
            Headers = new[]
            {
                new[] { "Date", request.Date },
                new[] { "Digest", digest },
                request.Place == "authorization"
                    ? new[] { "Authorization", "Signature " + parameters }
                    : new[] { "Signature", parameters },
            },
            SigningString = signingString,
        };
    }

    /// <summary>Reads a key once; a signer that runs for long need not do it again.</summary>
    private static RSA PrivateKey(string file)
    {
        if (!Keys.TryGetValue(file, out var key))
        {
            key = RSA.Create();
            key.ImportFromPem(File.ReadAllText(file));
            Keys[file] = key;
        }
        return key;
    }
}

// ==== The adapter protocol =======================================================================

internal static class Adapter
{
    private static readonly Dictionary<string, object> Hello = new Dictionary<string, object>
    {
        ["protocol"] = 1,
        ["name"] = "example-csharp",
        ["version"] = "1.0",
        ["language"] = "csharp",
        ["can"] = new[] { "sign", "clock", "keys" },
        ["max_in_flight"] = 4, // they queue on standard input and are answered one by one
    };

    public static int Main()
    {
        // Encoding.UTF8 would begin with a byte order mark, and Console.Out ends lines as the
        // machine does.
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var requests = new StreamReader(Console.OpenStandardInput(), utf8);
        var answers = new StreamWriter(Console.OpenStandardOutput(), utf8)
        {
            AutoFlush = true,
            NewLine = "\n",
        };
        Console.SetOut(Console.Error); // what a signer prints is no answer

        for (var line = requests.ReadLine(); line != null; line = requests.ReadLine())
        {
            var request = ReadRequest(line);
            if (request == null)
            {
                Console.Error.WriteLine("Adapter: this is no request of the adapter protocol:");
                Console.Error.WriteLine(line.Substring(0, Math.Min(line.Length, 200)));
                return 1;
            }
            if (request["op"] == "bye")
            {
                return 0;
            }
            var answer = AnswerTo(request);
            answer["id"] = request["id"];
            answers.WriteLine(JsonSerializer.Serialize(answer));
        }
        return 0;
    }

    /// <summary>Reads one request; returns null when the line is none.</summary>
    private static Dictionary<string, string> ReadRequest(string line)
    {
        try
        {
            var request = JsonSerializer.Deserialize<Dictionary<string, string>>(line);
            var whole = request != null && request.ContainsKey("id") && request.ContainsKey("op");
            return whole ? request : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Returns the answer to one request but for its id.</summary>
    private static Dictionary<string, object> AnswerTo(Dictionary<string, string> request)
    {
        try
        {
            switch (request["op"])
            {
                case "hello":
                    return Answer("ok", Hello);
                case "sign":
                    return Answer("ok", Written(Signer.Sign(Read(request))));
                default:
                    return Answer("unsupported", Message("this adapter has no " + request["op"]));
            }
        }
        catch (Exception error)
        {
            var broken = Message(error.GetType().Name + ": " + error.Message);
            broken["trace"] = error.ToString();
            return Answer("error", broken);
        }
    }

    private static Unsigned Read(Dictionary<string, string> request)
    {
        return new Unsigned
        {
            Method = request["method"],
            Target = request["target"],
            Url = request["url"],
            Date = request["date"],
            Body = Convert.FromBase64String(request["body_b64"]),
            KeyId = request["key_id"],
            KeyFile = request["key_file"],
            Place = request["place"],
        };
    }

    private static Dictionary<string, object> Written(Signed signed)
    {
        var ok = new Dictionary<string, object> { ["headers"] = signed.Headers };
        if (signed.SigningString != null)
        {
            var octets = Encoding.UTF8.GetBytes(signed.SigningString);
            ok["signing_string_b64"] = Convert.ToBase64String(octets);
        }
        return ok;
    }

    private static Dictionary<string, object> Answer(string kind, Dictionary<string, object> value)
    {
        return new Dictionary<string, object> { [kind] = value };
    }

    private static Dictionary<string, object> Message(string text)
    {
        return new Dictionary<string, object> { ["message"] = text };
    }
}
