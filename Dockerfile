# syntax=docker/dockerfile:1
# Pinned by its digest where it is built: docker build --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN node scripts/build.ts /out
# The published package has its own package.json: what it needs is taken from the project's lockfile, at the same versions.
RUN mkdir /lock && cp package.json package-lock.json .npmrc /lock/ \
  && npm ci --prefix /lock --omit=dev --omit=optional --ignore-scripts \
  && mv /lock/node_modules /out/node_modules

FROM ${NODE_IMAGE}
# ssh wants its user to have a name.
RUN groupadd --gid 65532 velvet && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin velvet
# git for the repositories of the teams, over https and ssh; tini, because Node is not made to be process 1.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git openssh-client tini \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production \
  HOME=/tmp
WORKDIR /app
COPY --from=build /out ./
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/bin/tini", "--", "node", "/app/controller/cli/velvet.js"]
CMD ["controller"]
