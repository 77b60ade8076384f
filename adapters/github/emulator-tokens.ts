/** The emulated GitHub's own view of its callers: users, the App, and the ends of their tokens. */
import type { Call, Reply, Route } from "../emulator/emulator.ts";
import {
  ANONYMOUS,
  APP_ID,
  HIDDEN,
  INSTALLATION_ID,
  type Level,
  notAccessible,
  type People,
  problem,
  type Token,
  type Who,
} from "./emulator-people.ts";
import { seconds } from "./emulator-secrets.ts";

export interface TokensWorld {
  readonly people: People;
  readonly who: (call: Call) => Who;
  /** Names without the owner, of the App's one installation. */
  readonly repositories: () => readonly string[];
  readonly owner: string;
  /** From the acceptance of a revocation to its effect. */
  readonly revokeDelayMs: number;
  /** False: an own server that limits nobody. */
  readonly limits: boolean;
}

const HOUR_MS = 3_600_000;

export function tokenRoutes(world: TokensWorld): readonly Route[] {
  return [
    { method: "GET", pattern: "/rate_limit", handle: (call) => rateLimit(world, call) },
    { method: "GET", pattern: "/user", handle: (call) => ofUser(world.who(call)) },
    { method: "GET", pattern: "/app", handle: (call) => ofApp(world, call) },
    {
      method: "POST",
      pattern: "/app/installations/{installation_id}/access_tokens",
      handle: (call) => mint(world, call),
    },
    { method: "DELETE", pattern: "/installation/token", handle: (call) => endOwn(world, call) },
    { method: "POST", pattern: "/credentials/revoke", handle: (call) => revoke(world, call) },
  ];
}

function rateLimit({ people, who, limits }: TokensWorld, call: Call): Reply {
  if (!limits) return problem(404, "Rate limiting is not enabled.");
  const { headers } = people.count(call, who(call));
  const read = (name: string): number => Number(headers[`x-ratelimit-${name}`]);
  const core = { limit: read("limit"), remaining: read("remaining"), reset: read("reset"), used: read("used") };
  return { status: 200, body: { resources: { core, search: core }, rate: core } };
}

function ofUser(who: Who): Reply {
  if (who.kind !== "token") return ANONYMOUS;
  return who.token.kind === "installation"
    ? notAccessible(who.token)
    : { status: 200, body: userBody(who.token.login) };
}

function person(login: string): object {
  const at = (below: string): string => `https://api.github.com/users/${login}${below}`;
  return {
    login,
    id: 583_231,
    node_id: "MDQ6VXNlcjU4MzIzMQ==",
    avatar_url: at("/avatar"),
    gravatar_id: "",
    url: at(""),
    html_url: at(""),
    followers_url: at("/followers"),
    following_url: at("/following"),
    gists_url: at("/gists"),
    starred_url: at("/starred"),
    subscriptions_url: at("/subscriptions"),
    organizations_url: at("/orgs"),
    repos_url: at("/repos"),
    events_url: at("/events"),
    received_events_url: at("/received_events"),
    type: "User",
    site_admin: false,
  };
}

function userBody(login: string): object {
  return {
    ...person(login),
    name: null,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 2,
    public_gists: 1,
    followers: 20,
    following: 0,
    created_at: "2008-01-14T04:33:35Z",
    updated_at: "2026-01-14T04:33:35Z",
    private_gists: 0,
    total_private_repos: 1,
    owned_private_repos: 1,
    disk_usage: 10,
    collaborators: 8,
    two_factor_authentication: true,
    user_view_type: "private",
  };
}

const NO_JWT = problem(401, "A JSON web token could not be decoded");

function ofApp({ who, people, owner }: TokensWorld, call: Call): Reply {
  if (who(call).kind !== "app") return NO_JWT;
  const body = {
    id: APP_ID,
    slug: "velvet",
    node_id: "MDExOkludGVncmF0aW9uMQ==",
    owner: person(owner),
    name: "velvet",
    description: null,
    external_url: "https://velvet.example",
    html_url: "https://github.com/apps/velvet",
    created_at: "2026-01-08T16:18:44Z",
    updated_at: "2026-01-08T16:18:44Z",
    permissions: people.granted,
    events: [],
  };
  return { status: 200, body };
}

function mint(world: TokensWorld, call: Call): Reply {
  const { people, owner } = world;
  if (world.who(call).kind !== "app") return NO_JWT;
  if (call.params["installation_id"] !== String(INSTALLATION_ID)) return HIDDEN;
  if (people.suspended) return problem(403, "This installation has been suspended");
  const wanted = (call.json ?? {}) as Wanted;
  const { repositories, permissions } = wanted;
  const wrong = notGranted(world, wanted);
  if (wrong !== undefined) return problem(422, wrong);
  const token = people.add(call.now, {
    kind: "installation",
    login: "velvet[bot]",
    permissions: permissions ?? people.granted,
    endsAt: call.now + HOUR_MS,
    ...(repositories ? { repositories: repositories.map((name) => `${owner}/${name}`.toLowerCase()) } : {}),
  });
  return { status: 201, body: minted(token) };
}

interface Wanted {
  readonly repositories?: readonly string[];
  readonly permissions?: Readonly<Record<string, Level>>;
}

function notGranted({ people, repositories: all }: TokensWorld, wanted: Wanted): string | undefined {
  if (wanted.repositories?.some((name) => !all().includes(name))) {
    return "There is at least one repository that does not exist or is not accessible";
  }
  const asked = Object.entries(wanted.permissions ?? {});
  if (asked.every(([name, level]) => covers(people.granted[name], level))) return undefined;
  return "The permissions requested are not granted to this installation.";
}

function minted({ value, endsAt = 0, permissions, repositories }: Token): object {
  return {
    token: value,
    expires_at: seconds(endsAt),
    permissions,
    repository_selection: repositories ? "selected" : "all",
  };
}

const LEVELS: readonly Level[] = ["read", "write", "admin"];

export function covers(has: Level | undefined, needs: Level): boolean {
  return has !== undefined && LEVELS.indexOf(has) >= LEVELS.indexOf(needs);
}

function endOwn({ people, who }: TokensWorld, call: Call): Reply {
  const caller = who(call);
  if (caller.kind !== "token") return ANONYMOUS;
  if (caller.token.kind !== "installation") return notAccessible(caller.token);
  people.end(caller.token, call.now);
  return { status: 204 };
}

const REVOCABLE = /^(ghp|github_pat|gho|ghu|ghr)_/;

function revoke({ people, revokeDelayMs }: TokensWorld, call: Call): Reply {
  if (call.headers.authorization !== undefined) return problem(403, "This endpoint takes no authentication.");
  const { credentials } = (call.json ?? {}) as { credentials?: unknown };
  if (!Array.isArray(credentials) || credentials.length === 0 || credentials.length > 1000) {
    return problem(422, "Invalid request.");
  }
  for (const value of credentials.map(String)) {
    const token = people.tokens.get(value);
    if (token && REVOCABLE.test(value)) people.end(token, call.now + revokeDelayMs);
  }
  return { status: 202, body: {} };
}
