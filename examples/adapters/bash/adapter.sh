#!/usr/bin/env bash
#
# A conformance adapter in bash 4.4 or later, with openssl and GNU coreutils. Run it with
#
#     lendico-conformance check -- bash adapter.sh
#
# It has a signer of its own, so it is READY as it stands. To test yours, replace the body of
# `sign` below by a call to it. The rest speaks the adapter protocol, version 1: one JSON object a
# line, requests on standard input, answers on standard output, words for people on standard error.

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
    hello+=',"can":["sign","clock","keys"]'
    hello+=',"max_in_flight":2' # they queue on standard input and are answered one by one
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
    bye) exit 0 ;;
    *) answer_message unsupported "this adapter has no ${request[op]}" ;;
    esac
done
