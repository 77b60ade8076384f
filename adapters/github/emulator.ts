/**
 * GitHub on loopback, as far as this adapter and the vendor's own client for it go: who may do what, how often, and what is shown.
 * Everything timed follows the injected clock.
 */
import { readFileSync } from "node:fs";
import sodium from "libsodium-wrappers";
import { type Contract, openApiContract } from "../emulator/contract.ts";
import { type Call, type Emulator, openEmulator, type Reply } from "../emulator/emulator.ts";
import { type KeptKey, keyRoutes, newKey } from "./emulator-keys.ts";
import {
  ANONYMOUS,
  HIDDEN,
  isReply,
  type Level,
  type NewToken,
  notAccessible,
  People,
  type PeopleOptions,
  problem,
  type Token,
  type Who,
} from "./emulator-people.ts";
import { type KeptSecret, type Place, secretRoutes, seconds, Store } from "./emulator-secrets.ts";
import { covers, tokenRoutes } from "./emulator-tokens.ts";

export { APP_ID, APP_KEY, INSTALLATION_ID } from "./emulator-people.ts";

export interface GitHubOptions extends PeopleOptions {
  readonly now?: () => number;
  /** `/api/v3` on an own server. */
  readonly prefix?: string;
  readonly revokeDelayMs?: number;
  readonly limits?: boolean;
}

export interface GitHubEmulator extends Emulator {
  readonly people: People;
  /** All that was sent, but for logins and for what is sent in order to be ended. */
  readonly recorded: readonly string[];
  addToken(given?: NewToken): string;
  isAlive(token: string): boolean;
  /** Tokens of the installation that still work. */
  livingInstallationTokens(): readonly string[];
  /** Ends a token as its owner does on GitHub's pages. */
  endToken(token: string): void;
  keys(repository: string): readonly KeptKey[];
  plantKey(repository: string, given: Partial<KeptKey> & Pick<KeptKey, "key" | "title">): KeptKey;
  store(place: Place): Store;
  plant(place: Place, values: Readonly<Record<string, string>>, more?: Partial<KeptSecret>): void;
  /** By another hand. */
  remove(place: Place, name: string): void;
  peek(place: Place): Readonly<Record<string, string>>;
}

const OWNER = "acme";
const REPOSITORIES = ["orders", "payments"];
const PLACES = [
  ...REPOSITORIES.flatMap((name) => [
    `repos/${OWNER}/${name}/actions`,
    `repos/${OWNER}/${name}/dependabot`,
    `repos/${OWNER}/${name}/environments/production`,
    `repos/${OWNER}/${name}/environments/eu/west 1`,
  ]),
  `orgs/${OWNER}/actions`,
  `orgs/${OWNER}/dependabot`,
];

export async function openGitHubEmulator(options: GitHubOptions = {}): Promise<GitHubEmulator> {
  // oxlint-disable-next-line import/no-named-as-default-member -- what it can do stands on the default export only, once it is ready
  await sodium.ready;
  const world = new World(options);
  const emulator = await openEmulator({
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    now: world.now,
    routes: [...tokenRoutes(world), ...keyRoutes(world), ...secretRoutes(world)],
    gate: (call) => world.gate(call),
    dress: (call, reply) => world.dress(call, reply),
    unknown: () => HIDDEN,
    contract: CONTRACT,
  });
  world.at = `${emulator.url}${options.prefix ?? ""}`;
  return Object.assign(emulator, world.truth());
}

class World {
  readonly now: () => number;
  readonly people: People;
  readonly keys: KeptKey[] = [];
  readonly recorded: string[] = [];
  readonly owner = OWNER;
  readonly revokeDelayMs: number;
  readonly limits: boolean;
  at = "";
  readonly #stores = new Map(
    PLACES.map((place, index) => [place, new Store(index, place.startsWith("orgs"))] as const),
  );
  #requests = 0;

  constructor({ now = Date.now, revokeDelayMs = 0, limits = true, ...people }: GitHubOptions) {
    this.now = now;
    this.revokeDelayMs = revokeDelayMs;
    this.limits = limits;
    this.people = new People(people);
    this.people.onEnd = (token) => this.#dropKeysOf(token);
  }

  readonly url = (): string => this.at;
  readonly repositories = (): readonly string[] => REPOSITORIES;
  readonly places = (): readonly Place[] => [...this.#stores.keys()];
  /** Ids are counted from one. */
  readonly repositoryNamed = (id: number): string => `${OWNER}/${REPOSITORIES[id - 1] ?? `repository-${id}`}`;
  readonly store = (place: Place): Store | undefined => this.#stores.get(place);

  readonly who = (call: Call): Who => {
    const who = this.people.who(call);
    return isReply(who) ? { kind: "nobody" } : who;
  };

  readonly by = (call: Call): Token | undefined => {
    const who = this.who(call);
    return who.kind === "token" ? who.token : undefined;
  };

  readonly gate = (call: Call): Reply | undefined => {
    const shown = call.path === "/credentials/revoke" ? "" : call.text;
    this.recorded.push(`${call.method} ${call.path} ${shown}`);
    if (!call.headers["user-agent"]) return problem(403, "Request forbidden by administrative rules.");
    const who = this.people.who(call);
    if (isReply(who)) return who;
    return this.limits ? this.people.count(call, who).refusal : undefined;
  };

  readonly dress = (call: Call, reply: Reply): Reply => {
    this.#requests += 1;
    const token = this.by(call);
    const quota = this.limits ? this.people.count({ ...call, path: "/rate_limit" }, this.who(call)).headers : {};
    const end = token?.kind === "installation" ? undefined : token?.endsAt;
    const headers = {
      date: new Date(call.now).toUTCString(),
      "x-github-request-id": `ABCD:${this.#requests.toString(16).toUpperCase()}`,
      ...quota,
      ...(token?.kind === "classic" ? { "x-oauth-scopes": token.scopes.join(", ") } : {}),
      ...(end === undefined
        ? {}
        : { "github-authentication-token-expiration": seconds(end).replace("T", " ").replace("Z", " UTC") }),
      ...reply.headers,
    };
    return { ...reply, headers };
  };

  /** Without the scope a classic token sees nothing; an App's or a fine-grained one is told that it may not. */
  readonly refusal = (
    call: Call,
    { permission, level, classic }: { permission: string; level: Level; classic: string },
  ): Reply | undefined => {
    const who = this.who(call);
    if (who.kind !== "token") return call.params["org"] === undefined ? HIDDEN : ANONYMOUS;
    if (!this.#sees(who.token, call)) return HIDDEN;
    if (who.token.kind === "classic") return who.token.scopes.includes(classic) ? undefined : HIDDEN;
    return covers(who.token.permissions[permission], level) ? undefined : notAccessible(who.token);
  };

  #sees({ repositories }: Token, { params }: Call): boolean {
    if (params["org"] !== undefined) return params["org"].toLowerCase() === OWNER;
    const name = `${params["owner"] ?? ""}/${params["repo"] ?? ""}`.toLowerCase();
    const exists = REPOSITORIES.some((each) => `${OWNER}/${each}` === name);
    return exists && (repositories?.includes(name) ?? true);
  }

  /** A deploy key that a personal access token made goes with it. */
  #dropKeysOf({ value }: Token): void {
    for (const key of this.keys.filter(({ bound }) => bound === value)) this.keys.splice(this.keys.indexOf(key), 1);
  }

  #storeAt(place: Place): Store {
    const store = this.#stores.get(place);
    if (!store) throw new Error(`there is no ${place}`);
    return store;
  }

  truth(): Omit<GitHubEmulator, keyof Emulator> {
    const living = (): Token[] =>
      [...this.people.tokens.values()].filter(({ value }) => this.people.isAlive(value, this.now()));
    return {
      people: this.people,
      recorded: this.recorded,
      addToken: (given) => this.people.add(this.now(), given).value,
      isAlive: (token) => this.people.isAlive(token, this.now()),
      livingInstallationTokens: () => living().flatMap(({ kind, value }) => (kind === "installation" ? [value] : [])),
      endToken: (value) => {
        const token = this.people.tokens.get(value);
        if (token) this.people.end(token, this.now());
      },
      keys: (name) => this.keys.filter(({ repository }) => repository === name),
      plantKey: (repository, given) => {
        const key = newKey({ repository, createdAt: this.now(), ...given });
        this.keys.push(key);
        return key;
      },
      store: (place) => this.#storeAt(place),
      plant: (place, values, more = {}) => {
        const { secrets } = this.#storeAt(place);
        const at = this.now();
        for (const [name, value] of Object.entries(values)) {
          const shared = place.startsWith("orgs") ? { visibility: "private" } : {};
          const createdAt = secrets.get(name)?.createdAt ?? at;
          secrets.set(name, { ...shared, ...secrets.get(name), value, createdAt, updatedAt: at, ...more });
        }
      },
      remove: (place, name) => void this.#storeAt(place).secrets.delete(name),
      peek: (place) => Object.fromEntries([...this.#storeAt(place).secrets].map(([name, { value }]) => [name, value])),
    };
  }
}

/** GitHub's own description leaves these out. */
const NOT_DESCRIBED =
  /^\/orgs\/\{org\}\/(dependabot\/|actions\/secrets\/\{secret_name\}\/repositories$)|^\/repos\/\{owner\}\/\{repo\}\/environments$/;
const COMMON_REFUSALS = [401, 403, 404, 422, 429];
const DOCUMENT = new URL("./schema/github.json", import.meta.url);
const CONTRACT = contract();

/** Refusals that any request may get stand in the API's general part, and not at each route. */
function contract(): Contract {
  const { paths } = JSON.parse(readFileSync(DOCUMENT, "utf8")) as {
    paths: Record<string, Record<string, { responses: object }>>;
  };
  const undescribed = Object.entries(paths).flatMap(([route, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      COMMON_REFUSALS.filter((status) => !(status in responses)).map((status) => [
        `${method.toUpperCase()} ${route} ${status}`,
        "Any request may be refused so: see GitHub's pages on authentication, permissions and rate limits.",
      ]),
    ),
  );
  const described = openApiContract(DOCUMENT, {
    undescribed: Object.fromEntries(undescribed) as Record<string, string>,
  });
  return (call, route, reply) => (NOT_DESCRIBED.test(route) ? [] : described(call, route, reply));
}
