/** Infisical on loopback. It counts, forgets and locks by the clock that it is given. */
import { FixedWindow } from "../emulator/bucket.ts";
import type { Call, Emulator, Reply } from "../emulator/emulator.ts";
import { openEmulator } from "../emulator/emulator.ts";
import { Identities } from "./emulator-auth.ts";
import { Projects } from "./emulator-secrets.ts";

export interface InfisicalOptions {
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  /** Requests a minute of one address. Default: those of a self-hosted instance. */
  readonly limits?: { readonly read: number; readonly write: number; readonly secrets: number };
  /** A 429 without `retry-after`: only the sentence says for how long. */
  readonly hasBareLimits?: boolean;
  /** An instance from before version 4 of the secrets' routes and version 2 of the folders'. */
  readonly isLegacy?: boolean;
  /** A login wall in front: what does not carry these is sent to a login page. */
  readonly wall?: { readonly id: string; readonly secret: string };
}

export interface InfisicalEmulator extends AsyncDisposable {
  readonly server: Emulator;
  readonly url: string;
  readonly identities: Identities;
  readonly projects: Projects;
}

const WINDOW_MS = 60_000;

export async function openInfisical(options: InfisicalOptions = {}): Promise<InfisicalEmulator> {
  const identities = new Identities();
  const projects = new Projects(identities, options.isLegacy === true);
  const { read, write, secrets } = options.limits ?? { read: 60, write: 200, secrets: 60 };
  const windows = {
    read: new FixedWindow({ size: read, windowMs: WINDOW_MS }),
    write: new FixedWindow({ size: write, windowMs: WINDOW_MS }),
    secrets: new FixedWindow({ size: secrets, windowMs: WINDOW_MS }),
  };
  const counts = new WeakMap<Call["headers"], number>();
  const server = await openEmulator({
    ...(options.now ? { now: options.now } : {}),
    routes: [...identities.routes(), ...projects.routes()],
    gate: (call) => {
      const wall = atTheWall(call, options);
      if (wall) return wall;
      const { left, resetMs } = windows[kindOf(call)].take(call.now);
      counts.set(call.headers, left);
      return left < 0 ? tooMany(resetMs, options.hasBareLimits === true) : undefined;
    },
    dress: (call, reply) => {
      const left = counts.get(call.headers);
      if (left === undefined || options.hasBareLimits === true) return reply;
      return { ...reply, headers: { ...reply.headers, "x-ratelimit-remaining": String(Math.max(0, left)) } };
    },
    unknown: ({ method, path }) => ({
      status: 404,
      body: { message: `Route ${method}:${path} not found`, error: "Not Found", statusCode: 404 },
    }),
    contract: describedUse,
  });
  return {
    server,
    url: server.url,
    identities,
    projects,
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  };
}

function atTheWall({ headers }: Call, { wall }: InfisicalOptions): Reply | undefined {
  if (!wall) return undefined;
  const passes = headers["cf-access-client-id"] === wall.id && headers["cf-access-client-secret"] === wall.secret;
  const location = "https://example.cloudflareaccess.com/cdn-cgi/access/login/infisical.example.com";
  return passes ? undefined : { status: 302, headers: { location, "content-type": "text/html" }, body: "<html>" };
}

function kindOf({ method, path }: Call): "read" | "write" | "secrets" {
  if (/^\/api\/v[34]\/secrets/.test(path) || (/folders/.test(path) && method !== "GET")) return "secrets";
  return method === "GET" ? "read" : "write";
}

function tooMany(resetMs: number, isBare: boolean): Reply {
  const seconds = Math.ceil(resetMs / 1000);
  return {
    status: 429,
    ...(isBare ? {} : { headers: { "retry-after": String(seconds), "x-ratelimit-remaining": "0" } }),
    body: {
      reqId: "req-limit",
      statusCode: 429,
      message: `Rate limit exceeded. Please try again in ${seconds} seconds`,
      error: "RateLimit",
    },
  };
}

/** Fields that each request may have. There is no official description outside of a running instance. */
const QUERY: readonly (readonly [pattern: RegExp, required: readonly string[], optional: readonly string[]])[] = [
  [
    /^\/api\/v4\/secrets\/\{name\}$/,
    ["projectId", "environment", "secretPath", "type", "viewSecretValue", "expandSecretReferences", "include_imports"],
    ["version"],
  ],
  [
    /^\/api\/v3\/secrets\/raw\/\{name\}$/,
    [
      "workspaceId",
      "environment",
      "secretPath",
      "type",
      "viewSecretValue",
      "expandSecretReferences",
      "include_imports",
    ],
    ["version"],
  ],
  [/^\/api\/v2\/folders$/, ["projectId", "environment", "path"], ["recursive"]],
  [/^\/api\/v1\/folders$/, ["workspaceId", "environment", "path"], ["recursive"]],
];
const BODY: typeof QUERY = [
  [/universal-auth\/login$/, ["clientId", "clientSecret"], ["subOrganizationName"]],
  [/token\/(renew|revoke)$/, ["accessToken"], []],
  [/client-secrets$/, ["description", "ttl", "numUsesLimit"], []],
  [/client-secrets\/\{secret\}\/revoke$/, [], []],
  [/clear-lockouts$/, [], []],
  [/^\/api\/v4\/secrets\/batch$/, ["projectId", "environment", "secretPath", "secrets"], ["mode"]],
  [/^\/api\/v3\/secrets\/batch\/raw$/, ["workspaceId", "environment", "secretPath", "secrets"], ["mode"]],
  [/^\/api\/v2\/folders$/, ["projectId", "environment", "name", "path"], ["description"]],
  [/^\/api\/v1\/folders$/, ["workspaceId", "environment", "name", "path"], ["description"]],
];

const NOTHING: (typeof QUERY)[number] = [/$/, [], []];

function describedUse({ method, query, json }: Call, route: string): readonly string[] {
  const table = method === "GET" ? QUERY : BODY;
  const given = method === "GET" ? [...query.keys()] : Object.keys(json ?? {});
  const [, required, optional] = table.find(([pattern]) => pattern.test(route)) ?? NOTHING;
  const missing = required.filter((name) => !given.includes(name)).map((name) => `${method} ${route} lacks ${name}`);
  const more = given
    .filter((name) => !required.includes(name) && !optional.includes(name))
    .map((name) => `${method} ${route} has no ${name}`);
  const personal = query.has("type") && query.get("type") !== "shared" ? [`${method} ${route} is not for shared`] : [];
  return [...missing, ...more, ...personal];
}
