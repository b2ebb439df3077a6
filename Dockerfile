# convene as a small image: the program, certificates and nothing to log in to.
#
#   docker build --build-arg VERSION=1.2.3 -t convene:1.2.3 .
#   docker run --rm -p 127.0.0.1:8080:8080 convene:1.2.3 demo --addr :8080

FROM golang:1.26 AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOCACHE=/cache/go-build

# The modules first: they change less often than the program.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download

COPY . .
ARG VERSION=development
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/cache/go-build \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.release=${VERSION}" -o /out/convene ./cmd/convene
RUN install -d -m 0700 /out/data && install -d -m 1777 /out/tmp

# For the health check: busybox under this name is wget and no shell.
FROM busybox:1.37.0-musl AS probe

FROM scratch
LABEL org.opencontainers.image.title="convene" \
      org.opencontainers.image.description="Runs the conferences and members' meetings of a network of cities." \
      org.opencontainers.image.licenses="Apache-2.0"

# To know the mail server and the database by. Time zones are in the program.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=probe /bin/busybox /bin/wget
COPY --from=build /out/tmp /tmp
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/convene /convene

USER 65532:65532
WORKDIR /data
VOLUME /data
ENV CONVENE_ADDR=:8080 \
    CONVENE_DATABASE=file:/data/convene.db
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s --retries=3 \
    CMD ["/bin/wget", "-q", "-T", "3", "-O", "/dev/null", "http://127.0.0.1:8080/readyz"]

ENTRYPOINT ["/convene"]
CMD ["serve"]
