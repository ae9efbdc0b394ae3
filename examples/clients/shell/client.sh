#!/usr/bin/env bash
#
# A client of the Partner API in bash 4.4 or later, with openssl, curl and GNU coreutils: it gets a
# token, pings and applies; with --errors it then meets each documented error once. Start the
# sandbox, then
#
#     eval "$(lendico-conformance sandbox --print-config=shell)"
#     bash client.sh [--errors]
#
# It prints a line a request: name, status and body, with tabs between.

set -euo pipefail
export LC_ALL=C # the names in a date are English, whatever the machine's language

: "${PARTNER_API_BASE_URL:?is not set: eval the lines of --print-config=shell first}"
application=${PARTNER_API_APPLICATION:-$(dirname "$0")/../application.json}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/empty"

# ---- Signing ------------------------------------------------------------------------------------

now() { date -u "$@" '+%a, %d %b %Y %H:%M:%S GMT'; }

digest() { printf 'SHA-256=%s' "$(openssl dgst -sha256 -binary "$1" | base64 -w 0)"; }

# signature METHOD TARGET DATE DIGEST KEY: the parameters that Signature or Authorization carry.
# LF between the lines and none after the last: that is why it is printf and never echo or <<<.
signature() {
    local value
    value=$(printf '(request-target): %s %s\ndate: %s\ndigest: %s' "${1,,}" "$2" "$3" "$4" |
        openssl dgst -sha256 -sign "$5" | base64 -w 0)
    printf 'keyId="%s",algorithm="rsa-sha256",headers="(request-target) date digest",signature="%s"' \
        "$PARTNER_API_CLIENT_ID" "$value"
}

# ---- Sending ------------------------------------------------------------------------------------

declare -A headers # of the request at hand
declare -a options # of curl for the request at hand
declare token='' name method target

# prepare NAME METHOD TARGET [BODY]: makes a good request ready. TARGET is what follows the base
# address, and what is signed: the gateway's prefix is left out. Set date, digest or key before to
# have something else signed.
prepare() {
    local body=${4:-$work/empty}
    name=$1 method=$2 target=$3
    date=${date:-$(now)} digest=${digest:-$(digest "$body")} key=${key:-$PARTNER_API_SIGNING_KEY}
    headers=(
        [Subscription-Key]=$PARTNER_API_SUBSCRIPTION_KEY
        [Date]=$date
        [Digest]=$digest
        [Signature]=$(signature "$method" "$target" "$date" "$digest" "$key")
        [Authorization]="Bearer $token"
    )
    options=(--cert "$PARTNER_API_TLS_CERTIFICATE" --key "$PARTNER_API_TLS_KEY")
    if [[ -s $body ]]; then options+=(--data-binary "@$body"); fi
    date='' digest='' key=''
}

# transfer URL…: sends what was prepared, and prints body, tab and status of each answer. The header
# fields go over standard input, since a list of processes shows arguments to everybody. -q keeps
# ~/.curlrc out; --path-as-is and --globoff leave the target as it was signed.
transfer() {
    local header
    for header in "${!headers[@]}"; do
        printf '%s: %s\n' "$header" "${headers[$header]}"
    done | curl -q --silent --show-error --noproxy '*' --max-time 30 --path-as-is --globoff \
        --cacert "$PARTNER_API_CA_FILE" --request "$method" --header @- \
        --write-out '\t%{http_code}\n' "${options[@]}" "$@"
}

# send: sends what was prepared, prints how it was answered, and keeps the body in answer.
send() {
    local line
    line=$(transfer "$PARTNER_API_BASE_URL$target")
    answer=${line%$'\t'*}
    printf '%s\t%s\t%s\n' "$name" "${line##*$'\t'}" "${answer//$'\n'/ }"
}

# ---- What a partner does ------------------------------------------------------------------------

# The token request has no token yet: its signature stands in Authorization.
get_token() {
    printf 'client_id=%s&client_secret=%s' \
        "$PARTNER_API_CLIENT_ID" "$PARTNER_API_CLIENT_SECRET" >"$work/form"
    prepare token POST /oauth2/token "$work/form"
    headers[Authorization]="Signature ${headers[Signature]}"
    unset 'headers[Signature]'
    headers[Content-Type]=application/x-www-form-urlencoded
    answer=$(transfer "$PARTNER_API_TOKEN_URL")
    printf 'token\t%s\t%s\n' "${answer##*$'\t'}" '(kept secret)'
    token=$(sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p' <<<"$answer")
    [[ -n $token ]] || { echo "no token: $answer" >&2; exit 1; }
}

ping() { prepare "$1" GET /ping; }

# An application is never repeated with another Idempotency-Key, unless it is another application.
apply() {
    prepare "$1" POST /applications "${2:-$application}"
    headers[Content-Type]=application/json
    headers[Idempotency-Key]=$(openssl rand -hex 16)
}

# ---- Each documented error, once ----------------------------------------------------------------

meet_errors() {
    ping subscription-key-missing; unset 'headers[Subscription-Key]'; send
    ping subscription-key-invalid; headers[Subscription-Key]=nobodys-key; send
    ping client-certificate; options=(); send
    ping unauthorized; headers[Authorization]='Bearer nobodys-token'; send
    ping digest-header; unset 'headers[Digest]'; send
    ping date-header; headers[Date]=$(date -u '+%Y-%m-%dT%H:%M:%SZ'); send
    date=$(now -d '4 minutes ago') && ping date-skew; send
    key=$PARTNER_API_TLS_KEY && ping signature; send
    digest=$(digest "$application") && ping digest-diverges; send
    printf '{}' >"$work/object"
    apply constraint-violation "$work/object"; send
    apply crefo; send # the second application for its crefo id within 5 minutes

    # More than 30 in a second: one curl, one connection, one request over and over.
    local -a urls=()
    for _ in {1..90}; do urls+=("$PARTNER_API_BASE_URL/ping"); done
    ping rate
    transfer "${urls[@]}" >"$work/pings"
    answer=$(grep -m 1 $'\t429$' "$work/pings") || { echo 'the limit was not met' >&2; exit 1; }
    printf 'rate\t429\t%s\n' "${answer%$'\t'*}"

    # Another loopback address, for a sandbox that was started with --allow 127.0.0.1.
    ping address; options+=(--interface 127.0.0.2 --ipv4); send
}

# A sandbox with --control-port lets the next token die at once.
meet_expired_token() {
    printf 'Authorization: Bearer %s\n' "$PARTNER_API_CONTROL_TOKEN" |
        curl -q --silent --show-error --fail --noproxy '*' --cacert "$PARTNER_API_CA_FILE" \
            --header @- --data '{"kind": "token-dies", "seconds": 0}' --output /dev/null \
            "$PARTNER_API_CONTROL_URL/faults"
    get_token
    ping token-expired; send
    get_token
    ping ping; send
}

get_token
ping ping; send
apply application; send
if [[ ${1:-} == --errors ]]; then
    if [[ -n ${PARTNER_API_CONTROL_URL:-} ]]; then meet_expired_token; fi
    meet_errors
fi
