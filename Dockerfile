# The server with its portal, as a user without rights. PostgreSQL is a service of its own: docker-compose.yml.
FROM node:20-bookworm-slim AS portal
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend ./
RUN npm run build

FROM golang:1.26-bookworm AS server
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY backend backend
COPY migrations migrations
COPY frontend/embed.go frontend/
COPY --from=portal /src/frontend/dist frontend/dist
RUN CGO_ENABLED=0 go build -trimpath -o /annals ./backend/cmd/annals && mkdir /data

FROM debian:bookworm-slim
COPY --from=server /annals /usr/local/bin/annals
COPY --from=server --chown=65532:65532 /data /data
USER 65532:65532
ENV ANNALS_ADDR=0.0.0.0:8080 ANNALS_DATA_DIR=/data TMPDIR=/data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["annals"]
CMD ["serve"]
