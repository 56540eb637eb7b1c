# The image of all services of the reference stack: `docker run IMAGE [flags of node] reference-stack/services/edge.ts`.
# TypeScript runs as it is: what is copied is what runs.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS packages
# By this the provider finds what earlier builds have left, and removes it.
LABEL dev.matchday.image=packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY reference-stack/package.json reference-stack/
# What only people and compilers read is two thirds of it.
RUN npm ci --omit=dev --workspace reference-stack \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.*ts' -o -name '*.md' \) -delete \
 && rm -rf node_modules/@matchday node_modules/@types

FROM ${NODE_IMAGE}
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/compiled
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY common common
COPY reference-stack reference-stack
RUN install -d -o node compiled
USER node
# Each service is started without its configuration: it says so and ends, and its compiled code is kept (for this user: Node
# keeps it apart by user id).
RUN for service in reference-stack/services/*.ts; do \
      node "$service" 2>/tmp/said || [ $? = 64 ] || { cat /tmp/said; exit 1; }; \
    done
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning"]
