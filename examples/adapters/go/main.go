// A conformance adapter for Go 1.19 or later, without modules. Build it, then run it:
//
//	go build -o adapter .
//	lendico-conformance check -- ./adapter
//
// It has a signer and a client of its own, so it is READY as it stands. To test yours, replace the
// body of `sign` below by a call to your signer, and that of `send` by a call to your client. The
// rest speaks the adapter protocol, version 1: one JSON object a line, requests on standard input,
// answers on standard output, words for people on standard error.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
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

var (
	keys     = map[string]*rsa.PrivateKey{}
	keysLock sync.Mutex
)

// privateKey reads a key once; a signer that runs for long does not read it for every request.
func privateKey(file string) (*rsa.PrivateKey, error) {
	keysLock.Lock()
	defer keysLock.Unlock()
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

// ==== YOUR CLIENT ================================================================================

// order is a call to be made; the files are PEM.
type order struct {
	method   string
	target   string // path and query below the base address, to be sent as they are
	body     []byte
	deadline time.Duration // how long the call may take, its token and its retries together
	partner  partner
}

// partner is who calls the API, and where.
type partner struct {
	baseURL         string // its path is left out of what is signed
	tokenURL        string
	caFile          string // the authorities to trust
	tlsCertFile     string // presented in the TLS handshake
	tlsKeyFile      string
	signKeyFile     string // the private key that signs
	clientID        string
	clientSecret    string
	subscriptionKey string
}

// called is what became of a call: success, api_error, transport_error or gave_up; and the last
// status, 0 where there was no answer.
type called struct {
	Outcome  string `json:"outcome"`
	Status   int    `json:"status,omitempty"`
	Attempts int    `json:"attempts"`
	WaitedMs int64  `json:"waited_ms"`
}

// send makes one call. Replace its body by a call to your own client.
func send(order order) (called, error) {
	client, err := clientOf(order.partner)
	if err != nil {
		return called{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), order.deadline)
	defer cancel()
	return client.call(ctx, order.method, order.target, order.body)
}

// client is one partner at one address. It is shared by goroutines.
type client struct {
	partner   partner
	prefix    string
	http      *http.Client
	tokenLock sync.Mutex
	token     string
	tokenEnds time.Time
	paceLock  sync.Mutex
	nextTurn  time.Time
}

var (
	clients     = map[partner]*client{}
	clientsLock sync.Mutex
)

// clientOf returns the client of a partner, which keeps its token.
func clientOf(partner partner) (*client, error) {
	clientsLock.Lock()
	defer clientsLock.Unlock()
	if found := clients[partner]; found != nil {
		return found, nil
	}
	base, err := url.Parse(partner.baseURL)
	if err != nil {
		return nil, err
	}
	if base.Scheme != "https" || !strings.HasPrefix(partner.tokenURL, "https://") {
		return nil, fmt.Errorf("only https addresses are called, not %s", partner.baseURL)
	}
	certificate, err := tls.LoadX509KeyPair(partner.tlsCertFile, partner.tlsKeyFile)
	if err != nil {
		return nil, err
	}
	authorities, err := os.ReadFile(partner.caFile)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(authorities)
	made := &client{partner: partner, prefix: base.EscapedPath(), http: &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{
				Certificates: []tls.Certificate{certificate},
				RootCAs:      trusted,
				MinVersion:   tls.VersionTLS12,
			},
			// net/http repeats a request by itself over a connection that it kept and that turns
			// out to be lost: with the date and the signature of the first try. So it keeps none.
			DisableKeepAlives:  true,
			DisableCompression: true,
		},
		// A redirect is an answer: no credential leaves for another host.
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}
	clients[partner] = made
	return made, nil
}

var (
	errLost        = errors.New("the connection ended before the answer was whole")
	errUnsupported = errors.New("net/http cannot send this target as it is")
)

// noToken is an answer to the token request that brings none.
type noToken struct{ status int }

func (noToken) Error() string { return "the answer holds no token" }

// call makes a whole call, and says what became of it.
func (c *client) call(
	ctx context.Context, method, target string, body []byte,
) (called, error) {
	fields := map[string]string{}
	if len(body) > 0 {
		fields["Content-Type"] = "application/json"
	}
	if path, _, _ := strings.Cut(target, "?"); method == "POST" && path == "/applications" {
		fields["Idempotency-Key"] = newUUID() // one an application, kept in retries
	}
	repeatable := method == "GET" || fields["Idempotency-Key"] != ""
	spent := map[string]bool{} // each reason to try again counts once: no loop
	done := called{}
	for {
		var found *answer
		token, err := c.tokenNow(ctx)
		if err == nil {
			done.Attempts++
			fields["Authorization"] = "Bearer " + token
			found, err = c.exchange(ctx, method, c.partner.baseURL+target, body, fields)
		}
		reason, wait := "", time.Duration(0)
		var refused noToken
		switch {
		case err == nil:
			done.Status = found.status
			reason, wait = whyAgain(found, repeatable)
		case errors.Is(err, errUnsupported):
			return done, err
		case errors.As(err, &refused):
			done.Outcome, done.Status = "api_error", refused.status
			return done, nil
		case ctx.Err() != nil:
			done.Outcome = "gave_up"
			return done, nil
		case errors.Is(err, errLost) && repeatable:
			reason, wait = "lost", time.Second
		default:
			fmt.Fprintln(os.Stderr, err)
		}
		if reason == "" || spent[reason] {
			done.Outcome = outcome(found)
			return done, nil
		}
		if ends, _ := ctx.Deadline(); time.Now().Add(wait).After(ends) {
			done.Outcome = "gave_up"
			return done, nil
		}
		spent[reason] = true
		if reason == "token" {
			c.forget(token)
		}
		time.Sleep(wait)
		done.WaitedMs += wait.Milliseconds()
	}
}

// tokenNow returns the token, a new one where it is missing or expired.
func (c *client) tokenNow(ctx context.Context) (string, error) {
	c.tokenLock.Lock()
	defer c.tokenLock.Unlock()
	if c.token != "" && time.Now().Before(c.tokenEnds) {
		return c.token, nil
	}
	form := url.Values{
		"client_id": {c.partner.clientID}, "client_secret": {c.partner.clientSecret},
	}
	found, err := c.exchange(ctx, "POST", c.partner.tokenURL, []byte(form.Encode()),
		map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	if err != nil {
		return "", err
	}
	var content struct {
		Token string      `json:"access_token"`
		Lasts json.Number `json:"expires_in"`
	}
	err = json.Unmarshal(found.body, &content)
	lasts, wrong := content.Lasts.Float64()
	if err != nil || wrong != nil || !usable.MatchString(content.Token) {
		return "", noToken{found.status}
	}
	margin := lasts / 10 // it must still be good when the request arrives
	if margin > 30 {
		margin = 30
	}
	c.token = content.Token
	c.tokenEnds = time.Now().Add(time.Duration((lasts - margin) * float64(time.Second)))
	return c.token, nil
}

var usable = regexp.MustCompile(`^[!-~]+$`)

// forget forgets a token that was refused, unless another call has got a new one.
func (c *client) forget(refused string) {
	c.tokenLock.Lock()
	defer c.tokenLock.Unlock()
	if c.token == refused {
		c.token = ""
	}
}

type answer struct {
	status  int
	headers http.Header
	body    []byte
}

// exchange sends one request, dated and signed now; without a token, it is the one for a token.
func (c *client) exchange(
	ctx context.Context, method, address string, body []byte, fields map[string]string,
) (*answer, error) {
	if err := c.takeTurn(ctx); err != nil {
		return nil, err
	}
	connected := false
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }}
	request, err := http.NewRequestWithContext(
		httptrace.WithClientTrace(ctx, trace), method, address, bytes.NewReader(body))
	if err != nil || !strings.HasSuffix(address, request.URL.RequestURI()) {
		return nil, errUnsupported // what goes out would not be what is signed
	}
	place := "signature"
	if fields["Authorization"] == "" {
		place = "authorization"
	}
	target := request.URL.RequestURI()
	if strings.HasPrefix(target, c.prefix+"/") {
		target = target[len(c.prefix):]
	}
	done, err := sign(unsigned{
		method: method, target: target, url: address,
		date: time.Now().UTC().Format(http.TimeFormat),
		body: body, keyID: c.partner.clientID, keyFile: c.partner.signKeyFile, place: place,
	})
	if err != nil {
		return nil, err
	}
	request.Header.Set("Subscription-Key", c.partner.subscriptionKey)
	for name, value := range fields {
		request.Header.Set(name, value)
	}
	for _, header := range done.headers {
		request.Header.Set(header[0], header[1])
	}
	received, err := c.http.Do(request)
	if err != nil {
		if connected {
			return nil, fmt.Errorf("%w: %v", errLost, err)
		}
		return nil, err
	}
	defer received.Body.Close()
	content, err := io.ReadAll(io.LimitReader(received.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errLost, err)
	}
	return &answer{received.StatusCode, received.Header, content}, nil
}

// takeTurn waits for the next turn: 25 a second, since 30 are allowed.
func (c *client) takeTurn(ctx context.Context) error {
	c.paceLock.Lock()
	turn := time.Now()
	if turn.Before(c.nextTurn) {
		turn = c.nextTurn
	}
	c.nextTurn = turn.Add(40 * time.Millisecond)
	c.paceLock.Unlock()
	time.Sleep(time.Until(turn))
	return ctx.Err()
}

// whyAgain returns why a request may be sent again, and after how long; nothing when it may not: a
// 400, a 403, and a 401 for anything but the token stay what they are.
func whyAgain(found *answer, repeatable bool) (string, time.Duration) {
	var problem struct {
		Title  any `json:"title"`
		Detail any `json:"detail"`
	}
	_ = json.Unmarshal(found.body, &problem) // a body may be a page, or nothing
	title := strings.ToLower(fmt.Sprint(problem.Title))
	retryAfter := seconds(found, "Retry-After", 0)
	switch {
	case found.status == 401 && strings.TrimSuffix(title, ".") == "unauthorized" &&
		!strings.Contains(fmt.Sprint(problem.Detail), "Date header"):
		return "token", 0
	case found.status == 429 && !strings.Contains(title, "crefo"):
		if retryAfter == 0 {
			retryAfter = time.Minute
		}
		return "throttled", seconds(found, "RateLimit-Reset", retryAfter)
	case found.status == 503 && repeatable && retryAfter > 0:
		return "unavailable", retryAfter
	}
	return "", 0
}

// seconds reads a header field; never less than a second where it is there.
func seconds(found *answer, name string, otherwise time.Duration) time.Duration {
	count, err := strconv.ParseUint(found.headers.Get(name), 10, 20)
	if err != nil {
		return otherwise
	}
	if count == 0 {
		count = 1
	}
	return time.Duration(count) * time.Second
}

// outcome returns what a call comes to; a page in HTML is no answer of the API.
func outcome(found *answer) string {
	switch {
	case found == nil:
		return "transport_error"
	case found.status/100 == 2 && !strings.Contains(found.headers.Get("Content-Type"), "html"):
		return "success"
	}
	return "api_error"
}

// newUUID returns a UUID, version 4.
func newUUID() string {
	octets := make([]byte, 16)
	if _, err := rand.Read(octets); err != nil {
		panic(err)
	}
	octets[6], octets[8] = octets[6]&0x0f|0x40, octets[8]&0x3f|0x80
	return fmt.Sprintf(
		"%x-%x-%x-%x-%x", octets[:4], octets[4:6], octets[6:8], octets[8:10], octets[10:])
}

// ==== The adapter protocol =======================================================================

type object = map[string]any

var hello = object{
	"protocol":      1,
	"name":          "example-go",
	"version":       "1.0",
	"language":      "go",
	"can":           []string{"sign", "send", "clock", "keys"},
	"max_in_flight": 8, // signing queues on standard input; as many calls run at once
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
	case "send":
		done, err := answerToSend(request)
		if errors.Is(err, errUnsupported) {
			return object{"unsupported": object{"message": err.Error()}}
		}
		if err != nil {
			return object{"error": object{"message": err.Error()}}
		}
		return object{"ok": done}
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

func answerToSend(request map[string]string) (called, error) {
	body, err := base64.StdEncoding.DecodeString(request["body_b64"])
	if err != nil {
		return called{}, err
	}
	deadline, err := strconv.Atoi(request["deadline_ms"])
	if err != nil {
		return called{}, err
	}
	return send(order{
		method:   request["method"],
		target:   request["target"],
		body:     body,
		deadline: time.Duration(deadline) * time.Millisecond,
		partner: partner{
			baseURL:         request["base_url"],
			tokenURL:        request["token_url"],
			caFile:          request["ca_file"],
			tlsCertFile:     request["tls_cert_file"],
			tlsKeyFile:      request["tls_key_file"],
			signKeyFile:     request["sign_key_file"],
			clientID:        request["client_id"],
			clientSecret:    request["client_secret"],
			subscriptionKey: request["subscription_key"],
		},
	})
}

// run answers requests until `bye` or the end of input.
func run(input io.Reader, output io.Writer) error {
	requests := bufio.NewReader(input) // not a Scanner: that refuses lines of more than 64 KiB
	answers := json.NewEncoder(output) // writes one line for each answer
	var writing sync.Mutex
	respond := func(request map[string]string) error {
		answer := answerTo(request)
		answer["id"] = request["id"]
		writing.Lock()
		defer writing.Unlock()
		return answers.Encode(answer)
	}
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
		if request["op"] == "send" { // calls take their time, and run side by side
			go func() { _ = respond(request) }()
		} else if err := respond(request); err != nil {
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
