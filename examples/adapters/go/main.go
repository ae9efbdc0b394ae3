// A conformance adapter for Go 1.19 or later, without modules. Build it, then run it:
//
//	go build -o adapter .
//	lendico-conformance check -- ./adapter
//
// It has a signer of its own, so it is READY as it stands. To test yours, replace the body of
// `sign` below by a call to it. The rest speaks the adapter protocol, version 1: one JSON object a
// line, requests on standard input, answers on standard output, words for people on standard error.
package main

import (
	"bufio"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"strings"
)

// ==== YOUR SIGNER ================================================================================

// unsigned is a request to be signed.
type unsigned struct {
	method  string // GET, POST and so on, in upper case
	target  string // path and query to sign: never decode, encode or tidy it, as net/url does
	url     string // the whole address, for a signer that takes that
	date    string // the date to sign and send, just as it is written
	body    []byte // the octets to digest
	keyID   string // the client id
	keyFile string // the private key, PKCS#8 in PEM
	place   string // "signature", or "authorization" for the token request
}

// signed is what a signer made of it.
type signed struct {
	headers       [][2]string // the header fields in the order in which they are sent
	signingString []byte      // what was signed; nil if your signer does not tell
}

// sign signs one request. Replace its body by a call to your own signer.
func sign(request unsigned) (signed, error) {
	bodyHash := sha256.Sum256(request.body)
	// StdEncoding pads with "="; RawStdEncoding and URLEncoding are not what is asked for.
	digest := "SHA-256=" + base64.StdEncoding.EncodeToString(bodyHash[:])

	// LF between the lines and none after the last.
	signingString := []byte(strings.Join([]string{
		"(request-target): " + strings.ToLower(request.method) + " " + request.target,
		"date: " + request.date,
		"digest: " + digest,
	}, "\n"))

	key, err := privateKey(request.keyFile)
	if err != nil {
		return signed{}, err
	}
	stringHash := sha256.Sum256(signingString)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, stringHash[:])
	if err != nil {
		return signed{}, err
	}

	keyID := strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(request.keyID)
	parameters := fmt.Sprintf(
		`keyId="%s",algorithm="rsa-sha256",headers="(request-target) date digest",signature="%s"`,
		keyID, base64.StdEncoding.EncodeToString(signature))

	last := [2]string{"Signature", parameters}
	if request.place == "authorization" {
		last = [2]string{"Authorization", "Signature " + parameters}
	}
	headers := [][2]string{{"Date", request.date}, {"Digest", digest}, last}
	return signed{headers, signingString}, nil
}

var keys = map[string]*rsa.PrivateKey{}

// privateKey reads a key once; a signer that runs for long does not read it for every request.
func privateKey(file string) (*rsa.PrivateKey, error) {
	if key, found := keys[file]; found {
		return key, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("there is no PEM in %s", file)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, isRSA := parsed.(*rsa.PrivateKey)
	if !isRSA {
		return nil, fmt.Errorf("the key in %s is no RSA key", file)
	}
	keys[file] = key
	return key, nil
}

// ==== The adapter protocol =======================================================================

type object = map[string]any

var hello = object{
	"protocol":      1,
	"name":          "example-go",
	"version":       "1.0",
	"language":      "go",
	"can":           []string{"sign", "clock", "keys"},
	"max_in_flight": 4, // they queue on standard input and are answered one after the other
}

// answerTo returns the answer to one request but for its id.
func answerTo(request map[string]string) object {
	switch request["op"] {
	case "hello":
		return object{"ok": hello}
	case "sign":
		ok, err := answerToSign(request)
		if err != nil {
			return object{"error": object{"message": err.Error()}}
		}
		return object{"ok": ok}
	default:
		return object{"unsupported": object{"message": "this adapter has no " + request["op"]}}
	}
}

func answerToSign(request map[string]string) (object, error) {
	body, err := base64.StdEncoding.DecodeString(request["body_b64"])
	if err != nil {
		return nil, err
	}
	done, err := sign(unsigned{
		method:  request["method"],
		target:  request["target"],
		url:     request["url"],
		date:    request["date"],
		body:    body,
		keyID:   request["key_id"],
		keyFile: request["key_file"],
		place:   request["place"],
	})
	if err != nil {
		return nil, err
	}
	ok := object{"headers": done.headers}
	if done.signingString != nil {
		ok["signing_string_b64"] = done.signingString // encoding/json writes octets in Base64
	}
	return ok, nil
}

// run answers requests until `bye` or the end of input.
func run(input io.Reader, output io.Writer) error {
	requests := bufio.NewReader(input) // not a Scanner: that refuses lines of more than 64 KiB
	answers := json.NewEncoder(output) // writes one line for each answer
	for {
		line, err := requests.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var request map[string]string
		if json.Unmarshal(line, &request) != nil || request["id"] == "" || request["op"] == "" {
			return fmt.Errorf("this is no request of the adapter protocol: %.200q", line)
		}
		if request["op"] == "bye" {
			return nil
		}
		answer := answerTo(request)
		answer["id"] = request["id"]
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
}

func main() {
	answers := os.Stdout
	os.Stdout = os.Stderr // standard output is for answers; what a signer prints is none
	if err := run(os.Stdin, answers); err != nil {
		fmt.Fprintln(os.Stderr, "adapter:", err)
		os.Exit(1)
	}
}
