#!/usr/bin/env bash
# An adapter in bash and openssl, right with the argument `none` and wrong in one way with another.
# usage: bash signer.sh none|FAULT        (needs GNU date for date-command)
set -u -o pipefail
export LC_ALL=C TZ=UTC
fault=${1:?which fault}

declare -A order

# Takes apart the JSON line $1 into $order. Members are strings of printable ASCII, \" and \\ the
# only escapes, so that quotation marks, once those two are out of the way, part names and values.
take_apart() {
  local line=${1//\\\\/$'\2'} parts value i
  IFS=\" read -r -a parts <<<"${line//\\\"/$'\3'}"
  order=()
  for ((i = 1; i + 2 < ${#parts[@]}; i += 4)); do
    value=${parts[i + 2]//$'\3'/\"}
    order[${parts[i]}]=${value//$'\2'/\\}
  done
}

# Prints $1 as a JSON string.
json() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//$'\n'/\\n}"
}

body() { printf '%s' "${order[body_b64]}" | openssl base64 -d -A; }

digest_of_body() {
  case $fault in
    echo-adds-line-feed) # a command substitution drops NUL and last line feeds, echo adds one
      echo "$(body | tr -d '\0')" | openssl dgst -sha256 -binary | openssl base64 -A ;;
    hexadecimal) body | openssl dgst -sha256 | sed 's/.*= //' ;;
    base64-of-openssl-line) body | openssl dgst -sha256 | openssl base64 -A ;;
    *) body | openssl dgst -sha256 -binary | openssl base64 -A ;;
  esac
}

# Signs standard input.
signature_of() {
  case $fault in
    pkeyutl-without-digest) # no -pkeyopt digest:sha256: the hash is padded without its name
      openssl dgst -sha256 -binary | openssl pkeyutl -sign -inkey "$key_file" | openssl base64 -A ;;
    base64-wrapped) openssl dgst -sha256 -sign "$key_file" -binary | openssl base64 ;;
    *) openssl dgst -sha256 -sign "$key_file" -binary | openssl base64 -A ;;
  esac
}

sign() {
  local digest string signature parameters name=Signature date=${order[date]}
  local target="${order[method],,} ${order[target]}"
  local key_file=${order[key_file]} key_id=${order[key_id]//\\/\\\\}

  [[ $fault == date-command ]] && date=$(date -d "$date")
  digest="SHA-256=$(digest_of_body)"
  string="(request-target): $target"$'\n'"date: $date"$'\n'"digest: $digest"
  case $fault in
    literal-backslash-n)
      signature=$(printf '%s' "(request-target): $target\ndate: $date\ndigest: $digest" |
        signature_of) ;;
    echo-signing-string) signature=$(echo "$string" | signature_of) ;;
    *) signature=$(printf '%s' "$string" | signature_of) ;;
  esac
  parameters="keyId=\"${key_id//\"/\\\"}\",algorithm=\"rsa-sha256\","
  parameters+="headers=\"(request-target) date digest\",signature=\"$signature\""
  [[ ${order[place]} == authorization ]] && name=Authorization parameters="Signature $parameters"

  printf '{"id":%s,"ok":{"headers":[["Date",%s],' "$(json "${order[id]}")" "$(json "$date")"
  [[ $fault == digest-never-sent ]] || printf '["Digest",%s],' "$(json "$digest")"
  printf '[%s,%s]]}}\n' "$(json "$name")" "$(json "$parameters")"
}

while IFS= read -r line; do
  take_apart "$line"
  case ${order[op]} in
    hello) printf '{"id":%s,"ok":{"protocol":1,"name":"handwritten-bash","language":"bash",%s}}\n' \
      "$(json "${order[id]}")" '"can":["sign","clock","keys"]' ;;
    sign) sign ;;
    bye) exit 0 ;;
    *) printf '{"id":%s,"unsupported":{"message":"only sign"}}\n' "$(json "${order[id]}")" ;;
  esac
done
