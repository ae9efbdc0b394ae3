# The suite with its sandbox, for pipelines that have containers and no Python.
#   docker build -t lendico-conformance .
#   docker run --rm --user "$(id -u)" -v "$PWD:/work" lendico-conformance check --plan signer --adapter http://signer:9000/
# An adapter in another language needs its runtime: derive an image and add it, or let the adapter
# listen on HTTP in a container of its own.
FROM python:3.12-slim

COPY . /src
RUN pip install --no-cache-dir '/src[sandbox]' && rm -rf /src && useradd --create-home partner

USER partner
WORKDIR /work
ENTRYPOINT ["lendico-conformance"]
CMD ["--help"]
