#!/usr/bin/env bash
#
# A conformance adapter in bash 4.4 or later, with openssl, curl, GNU coreutils and flock. Run it
# with
#
#     lendico-conformance check -- bash adapter.sh
#
# It has a signer and a client of its own, so it is READY as it stands. To test yours, replace the
# body of `sign` below by a call to your signer, and that of `send` by a call to your client. The
# rest speaks the adapter protocol, version 1: one JSON object a line, requests on standard input,
# answers on standard output, words for people on standard error.

set -uo pipefail
export LC_ALL=C # letters are ASCII and strings are octets, whatever the machine's language

declare -A request    # the fields of the request at hand, unescaped
declare -a headers    # what `sign` makes: name, value, name, value, in the order they are sent
signing_string=''     # what `sign` signed; leave it empty if your signer does not tell
problem=''            # why `sign` failed

# ==== YOUR SIGNER ================================================================================
#
# Replace the body of this function by a call to your own signer.
#
# In:   ${request[method]}    GET, POST and so on, in upper case
#       ${request[target]}    path and query to sign: never decode, encode or tidy it
#       ${request[url]}       the whole address, for a signer that takes that
#       ${request[date]}      the date to sign and send, just as it is written
#       ${request[body_b64]}  the body in Base64: it may hold NUL, so keep it out of variables
#       ${request[key_id]}    the client id
#       ${request[key_file]}  the private key, PKCS#8 in PEM
#       ${request[place]}     `signature`, or `authorization` for the token request
# Out:  headers and signing_string; or a status that is not 0, with the reason in problem.

sign() {
    local digest signature key_id parameters

    digest=$(base64 -d <<<"${request[body_b64]}" | openssl dgst -sha256 -binary | base64 -w 0) || {
        problem='the digest of the body could not be made'
        return 1
    }
    digest="SHA-256=$digest"

    # LF between the lines and none after the last: that is why it is printf and never echo or <<<.
    printf -v signing_string '(request-target): %s %s\ndate: %s\ndigest: %s' \
        "${request[method],,}" "${request[target]}" "${request[date]}" "$digest"

    signature=$(printf %s "$signing_string" |
        openssl dgst -sha256 -sign "${request[key_file]}" | base64 -w 0) || {
        problem="openssl could not sign with the key ${request[key_file]}"
        return 1
    }

    quoted "${request[key_id]}" key_id
    parameters="keyId=$key_id,algorithm=\"rsa-sha256\",headers=\"(request-target) date digest\""
    parameters+=",signature=\"$signature\""

    headers=(Date "${request[date]}" Digest "$digest")
    if [[ ${request[place]} == authorization ]]; then
        headers+=(Authorization "Signature $parameters")
    else
        headers+=(Signature "$parameters")
    fi
}

# ==== YOUR CLIENT ================================================================================
#
# Replace the body of this function by a call to your own client. It runs in a process of its own,
# so that several calls can run at once; what is to outlast it, the token, is in the folder $kept.
#
# In:   ${request[method]}         GET, POST and so on, in upper case
#       ${request[target]}         path and query below base_url, to be sent as they are
#       ${request[body_b64]}       the body in Base64
#       ${request[base_url]}       its path is left out of what is signed; and ${request[token_url]}
#       ${request[ca_file]}        the authorities to trust; all files are PEM
#       ${request[tls_cert_file]}  presented in the TLS handshake, with ${request[tls_key_file]}
#       ${request[sign_key_file]}  the private key that signs
#       ${request[client_id]}, ${request[client_secret]}, ${request[subscription_key]}
#       ${request[deadline_ms]}    how long the call may take, its token and its retries together
# Out:  outcome, one of success, api_error, transport_error and gave_up; attempts; waited, in
#       seconds; and the HTTP status, 0 when there was no answer.

send() {
    local method=${request[method]} target=${request[target]} spent='' bearer again
    local url=${request[base_url]}$target
    local -a fields=()
    work=$(mktemp -d "$kept/call.XXXXXX") && trap 'rm -rf "$work"' EXIT
    tell_time
    ends=$((now + request[deadline_ms])) outcome='' attempts=0 waited=0 status=0
    base64 -d <<<"${request[body_b64]}" >"$work/body"
    repeatable=false
    if [[ ${request[base_url]}${request[token_url]} != https://*https://* ]]; then
        echo "only https addresses are called" >&2
        outcome=transport_error
        return
    fi
    if [[ -s $work/body ]]; then fields+=('Content-Type: application/json'); fi
    if [[ $method == GET ]]; then repeatable=true; fi
    if [[ $method == POST && ${target%%\?*} == /applications ]]; then
        again=$(openssl rand -hex 16) # a version 4 UUID, kept in retries
        again=${again:0:8}-${again:8:4}-4${again:13:3}-a${again:17:3}-${again:20}
        fields+=("Idempotency-Key: $again")
        repeatable=true
    fi

    while get_token; do
        attempts=$((attempts + 1))
        exchange "$method" "$url" "$work/body" "Authorization: Bearer $bearer" "${fields[@]}"
        why_again
        # Each reason to try again counts once: no loop.
        if [[ -z $again || $spent == *" ${again% *} "* ]]; then break; fi
        spent+=" ${again% *} "
        if [[ $again == token* ]]; then forget_token; fi
        tell_time
        if ((now + ${again#* } * 1000 >= ends)); then
            outcome=gave_up
            return
        fi
        sleep "${again#* }"
        waited=$((waited + ${again#* }))
    done
    if [[ -z $outcome ]]; then
        outcome=api_error
        if [[ $status == 2?? && $(header Content-Type) != *[hH][tT][mM][lL]* ]]; then
            outcome=success
        fi
    fi
}

# tell_time: puts the milliseconds since 1970 into `now`, without a process where bash can (5.0).
tell_time() {
    if [[ -n ${EPOCHREALTIME-} ]]; then
        now=${EPOCHREALTIME/./} now=${now%???}
    else
        now=$(date +%s%3N)
    fi
}

# get_token: puts the token into `bearer`, a new one where it is missing or expired. One call gets
# it, the others wait for the lock.
get_token() {
    local lasts name form=$work/form
    name=$(printf '%s ' "${request[token_url]}" "${request[client_id]}" \
        "${request[client_secret]}" | sha256sum)
    name=$kept/${name%% *}
    exec 5>"$name.lock" && flock 5
    tell_time
    if ! { read -r token_ends bearer <"$name"; } 2>/dev/null || ((now >= token_ends)); then
        printf 'client_id=%s&client_secret=%s' "$(urlencoded "${request[client_id]}")" \
            "$(urlencoded "${request[client_secret]}")" >"$form"
        exchange POST "${request[token_url]}" "$form" \
            'Content-Type: application/x-www-form-urlencoded'
        bearer=$(member access_token) lasts=$(member expires_in)
        if [[ ! $bearer =~ ^[[:graph:]]+$ || ! $lasts =~ ^[0-9]{1,9}$ ]]; then
            if [[ -z $outcome ]]; then outcome=api_error; fi
            if [[ $outcome == lost ]]; then outcome=transport_error; fi
            exec 5>&-
            return 1
        fi
        # Less a margin: it must still be good when the request arrives.
        lasts=$((lasts > 300 ? lasts - 30 : lasts * 9 / 10))
        tell_time
        printf '%s %s\n' $((now + lasts * 1000)) "$bearer" >"$name"
    fi
    token_file=$name
    exec 5>&-
}

# forget_token: forgets the token that was refused, unless another call has got a new one.
forget_token() {
    local held
    { read -r _ held <"$token_file"; } 2>/dev/null
    if [[ $held == "$bearer" ]]; then rm -f "$token_file"; fi
}

# exchange METHOD URL FILE FIELD...: sends one request, dated and signed now; without a token, it is
# the one for a token. Fills status, $work/head and $work/answer; outcome where there is no answer.
#
# The header fields go over a file, since a list of processes shows arguments to everybody. -q
# keeps ~/.curlrc out, --noproxy the environment's proxies; --path-as-is and --globoff leave the
# target as it was signed. Without --location curl follows no redirect.
exchange() {
    local method=$1 url=$2 file=$3 prefix path left code
    shift 3
    take_turn
    prefix=${request[base_url]#https://*/} path=/${url#https://*/}
    if [[ $prefix == "${request[base_url]}" ]]; then prefix=''; else prefix=/$prefix; fi
    if [[ $path == "$prefix"/* ]]; then path=${path#"$prefix"}; fi
    tell_time
    left=$((ends - now))
    if ((left <= 0)); then
        outcome=gave_up
        return
    fi
    request+=([method]=$method [target]=$path [url]=$url [body_b64]=$(base64 -w 0 "$file"))
    TZ=UTC printf -v 'request[date]' '%(%a, %d %b %Y %H:%M:%S GMT)T' -1
    request+=([key_id]=${request[client_id]} [key_file]=${request[sign_key_file]})
    request[place]=signature
    if [[ ${1-} != Authorization:* ]]; then request[place]=authorization; fi
    sign || return
    {
        printf '%s\n' "Subscription-Key: ${request[subscription_key]}" "$@"
        printf '%s: %s\n' "${headers[@]}"
    } >"$work/fields"
    : >"$work/head"
    : >"$work/answer"
    left=$((left / 1000)).$(printf %03d $((left % 1000)))
    local -a data=()
    if [[ -s $file ]]; then data=(--data-binary "@$file"); fi
    status=$(curl -q --silent --show-error --noproxy '*' --path-as-is --globoff --http1.1 \
        --tlsv1.2 --cacert "${request[ca_file]}" --cert "${request[tls_cert_file]}" \
        --key "${request[tls_key_file]}" --max-time "$left" --request "$method" \
        --header "@$work/fields" "${data[@]}" --dump-header "$work/head" \
        --output "$work/answer" --write-out '%{http_code}' "$url")
    code=$?
    status=$((10#$status)) outcome=''
    case $code in
    0) ;;
    28) outcome=gave_up ;;                   # past the deadline
    18 | 52 | 55 | 56) outcome=lost ;;       # the connection ended before the answer was whole
    *) outcome=transport_error ;;            # nobody there, or not to be trusted
    esac
}

# take_turn: waits for the next turn, 25 a second for all calls, since 30 are allowed.
take_turn() {
    local next=0 span
    exec 6>"$kept/turn.lock" && flock 6
    { read -r next <"$kept/turn"; } 2>/dev/null
    tell_time
    if ((next > now)); then
        printf -v span '0.%03d' $((next - now))
        sleep "$span"
    fi
    tell_time
    echo $((now + 40)) >"$kept/turn"
    exec 6>&-
}

# why_again: puts into `again` why the request may be sent again and after how many seconds; nothing
# when it may not: a 400, a 403, and a 401 for anything but the token stay what they are.
why_again() {
    local title seconds reset
    again=''
    if [[ $outcome == lost ]]; then
        outcome=transport_error
        if $repeatable; then again='lost 1'; fi
        return
    fi
    if [[ -n $outcome ]]; then return; fi
    title=$(member title)
    seconds=$(header Retry-After)
    case $status in
    401)
        if [[ ${title,,} =~ ^unauthorized\.?$ ]] && ! grep -q 'Date header' "$work/answer"; then
            again='token 0'
        fi
        ;;
    429)
        reset=$(header RateLimit-Reset)
        if [[ $reset =~ ^[0-9]{1,6}$ ]]; then seconds=$reset; fi
        if [[ ! $seconds =~ ^[0-9]{1,6}$ ]]; then seconds=60; fi
        if [[ ${title,,} != *crefo* ]]; then
            again="throttled $((10#$seconds > 0 ? 10#$seconds : 1))"
        fi
        ;;
    503)
        if $repeatable && [[ $seconds =~ ^[0-9]{1,6}$ ]]; then
            again="unavailable $((10#$seconds > 0 ? 10#$seconds : 1))"
        fi
        ;;
    esac
}

# header NAME: prints the value of a header field of the answer.
header() {
    local name value found=''
    while IFS=: read -r name value; do
        value=${value%$'\r'}
        if [[ ${name,,} == "${1,,}" ]]; then found=${value#"${value%%[![:space:]]*}"}; fi
    done <"$work/head"
    printf %s "$found"
}

# member NAME: prints a text or number of the answer, where that is JSON.
member() {
    local content pattern="\"$1\"[[:space:]]*:[[:space:]]*\"?([^\",}]*)"
    IFS= read -r -d '' content <"$work/answer"
    if [[ $content =~ $pattern ]]; then printf %s "${BASH_REMATCH[1]}"; fi
}

# urlencoded TEXT: prints it as a form wants it.
urlencoded() {
    local text=$1 position letter
    for ((position = 0; position < ${#text}; position++)); do
        letter=${text:position:1}
        case $letter in
        [a-zA-Z0-9._~-]) printf %s "$letter" ;;
        *) printf %%%02X "'$letter" ;;
        esac
    done
}

# ==== The adapter protocol =======================================================================

# quoted TEXT NAME: puts TEXT between double quotes into the variable NAME, `"` and `\` escaped.
# JSON strings and the parameters of `Signature` are written alike.
quoted() {
    local escaped=$1
    escaped=${escaped//\\/"\\\\"}
    escaped=${escaped//\"/"\\\""}
    if [[ $escaped == *[[:cntrl:]]* ]]; then # a signer's mistake is to be seen, not mended
        escaped=${escaped//$'\n'/"\n"}
        escaped=${escaped//$'\r'/"\r"}
        escaped=${escaped//$'\t'/"\t"}
        escaped=${escaped//[[:cntrl:]]/?}
    fi
    printf -v "$2" '"%s"' "$escaped"
}

# read_request LINE: fills `request` from a flat JSON map of strings in which only `"` and `\` are
# escaped. Escapes become control characters, which no request holds; then the line is split at
# each quote, so that names and values are every second part.
read_request() {
    local line=$1 separators='' position value
    local -a parts
    request=()
    if [[ $line == *\\* ]]; then
        line=${line//\\\\/$'\1'}
        line=${line//\\\"/$'\2'}
        [[ $line != *\\* ]] || return 1
    fi
    local IFS='"'
    set -o noglob
    # shellcheck disable=SC2206 # splitting is the point
    parts=($line)
    set +o noglob

    for ((position = 1; position + 2 < ${#parts[@]}; position += 4)); do
        value=${parts[position + 2]}
        if [[ $value == *[$'\1\2']* ]]; then
            value=${value//$'\1'/"\\"}
            value=${value//$'\2'/"\""}
        fi
        request[${parts[position]:-_}]=$value
    done
    for ((position = 0; position < ${#parts[@]}; position += 2)); do
        separators+=${parts[position]//[[:space:]]/}
    done
    [[ $separators =~ ^\{:(,:)*\}$ && -n ${request[id]-} && -n ${request[op]-} ]]
}

# answer KIND VALUE: writes one line; VALUE is JSON.
answer() {
    local id
    quoted "${request[id]}" id
    printf '{"id":%s,"%s":%s}\n' "$id" "$1" "$2" >&4
}

# answer_message KIND MESSAGE
answer_message() {
    local message
    quoted "$2" message
    answer "$1" "{\"message\":$message}"
}

answer_hello() {
    local hello='"protocol":1,"name":"example-bash","version":"1.0","language":"bash"'
    hello+=',"can":["sign","send","clock","keys"]'
    hello+=',"max_in_flight":8' # signing queues on standard input; as many calls run at once
    answer ok "{$hello}"
}

answer_sign() {
    local pairs='' said='' name value position
    headers=() signing_string='' problem=''
    if ! sign; then
        answer_message error "${problem:-sign failed without a reason}; see standard error"
        return
    fi
    for ((position = 0; position < ${#headers[@]}; position += 2)); do
        quoted "${headers[position]}" name
        quoted "${headers[position + 1]}" value
        pairs+="${pairs:+,}[$name,$value]"
    done
    if [[ -n $signing_string ]]; then
        said=",\"signing_string_b64\":\"$(printf %s "$signing_string" | base64 -w 0)\""
    fi
    answer ok "{\"headers\":[$pairs]$said}"
}

answer_send() {
    local called
    if [[ ${request[target]} == *'#'* ]]; then
        answer_message unsupported 'curl cuts a target off where a fragment begins'
        return
    fi
    send
    called="\"outcome\":\"$outcome\",\"attempts\":$attempts,\"waited_ms\":$((waited * 1000))"
    if ((status)); then called+=",\"status\":$status"; fi
    answer ok "{$called}" # one write of less than 4 KiB: answers do not mix
}

kept=$(mktemp -d) || exit 1 # for you alone: the token is in there
trap 'rm -rf "$kept"' EXIT

# Requests come from 3 and answers go to 4, so that nothing a signer starts can eat the one or
# spoil the other.
exec 3<&0 0</dev/null 4>&1 1>&2

while IFS= read -r line <&3; do
    if ! read_request "$line"; then
        echo 'adapter.sh: this is no request of the adapter protocol:' >&2
        printf '%.200q\n' "${line:0:200}" >&2
        exit 1
    fi
    case ${request[op]} in
    hello) answer_hello ;;
    sign) answer_sign ;;
    send) (answer_send) & ;;
    bye) exit 0 ;;
    *) answer_message unsupported "this adapter has no ${request[op]}" ;;
    esac
done
