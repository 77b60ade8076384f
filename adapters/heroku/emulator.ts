/**
 * Heroku as two HTTP servers on loopback, the platform API and the data API, written from what Heroku documents and not from the
 * adapter. It knows one user, with whom everything else is shared: tokens, apps, databases and the bucket of requests.
 */
import { randomUUID } from "node:crypto";
import { TokenBucket } from "../emulator/bucket.ts";
import { type Call, type Emulator, openEmulator, type Reply, type Seen, type Trap } from "../emulator/emulator.ts";
import { hyperSchemaContract } from "./contract.ts";
import type { AppOptions, OddDyno, Vars } from "./emulator-app.ts";
import { Apps, type AppsOptions } from "./emulator-apps.ts";
import { type Authorization, bearerOf, type Hold, OAuth, type OAuthOptions } from "./emulator-oauth.ts";
import { type Attachment, type DatabaseOptions, Databases, type Login, passwordOf } from "./emulator-postgres.ts";
import { failed, notFound } from "./emulator-replies.ts";

export interface HerokuOptions extends OAuthOptions, AppsOptions {
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  /** Requests of the user at once, and how many come back in a minute. Default 4500 and 75. */
  readonly bucket?: { readonly size: number; readonly perMinute: number };
}

export interface HerokuEmulator extends AsyncDisposable {
  readonly url: string;
  readonly dataUrl: string;
  readonly seen: readonly Seen[];
  readonly dataSeen: readonly Seen[];
  readonly strays: readonly string[];
  /** What Heroku's own log holds: targets and bodies of requests, without their headers. */
  readonly log: readonly string[];
  set(trap: Trap): () => void;
  setData(trap: Trap): () => void;
  /** Lets what lands late land, and what is due happen. */
  elapse(): void;
  nextMoment(): number | undefined;
  /** Every authorization that is there. */
  keys(): readonly Authorization[];
  authorize(wanted: Partial<Authorization>): Authorization;
  /** As somebody does in the dashboard. */
  unauthorize(id: string): void;
  hold(what: Hold | undefined): void;
  makeApp(name: string, options?: AppOptions): void;
  changeApp(name: string, options: AppOptions): void;
  dropApp(name: string): void;
  /** Sets config vars as somebody else would. */
  plant(app: string, vars: Readonly<Record<string, string | null>>): void;
  /** A deploy, or a rollback to what an earlier release had. */
  release(app: string, description: string, like?: number): void;
  odd(app: string, dynos: readonly OddDyno[]): void;
  /** What the app's current release has. */
  peek(app: string): Vars;
  /** The newest release. */
  newest(app: string): number;
  makeDatabase(name: string, options?: DatabaseOptions, attachments?: readonly Attachment[]): void;
  logins(addon: string, credential: string): readonly Login[];
  databaseUrl(addon: string, credential: string): string;
}

const ACCEPT = /^application\/vnd\.heroku\+json; *version=3$/;

export async function openHeroku(options: HerokuOptions = {}): Promise<HerokuEmulator> {
  const state = new State(options);
  const platform = await openEmulator({
    now: state.now,
    routes: [...state.oauth.routes(), ...state.apps.routes(), state.rateLimits()],
    gate: (call) => state.gate(call),
    dress: (call, reply) => state.dress(call, reply),
    unknown: () => notFound("resource"),
    contract: hyperSchemaContract(),
  });
  const data = await openEmulator({
    now: state.now,
    routes: state.databases.routes(),
    gate: (call) => state.dataGate(call),
    dress: (_call, reply) => ({ ...reply, headers: { "request-id": randomUUID(), ...reply.headers } }),
    unknown: () => notFound("resource"),
  });
  return { ...servers(state, platform, data), ...truth(state) };
}

class State {
  readonly now: () => number;
  readonly oauth: OAuth;
  readonly apps: Apps;
  readonly databases: Databases;
  readonly log: string[] = [];
  readonly #bucket: TokenBucket;

  constructor(options: HerokuOptions) {
    this.now = options.now ?? Date.now;
    this.oauth = new OAuth(options);
    this.apps = new Apps(this.oauth, options);
    this.databases = new Databases(this.oauth, this.apps);
    this.#bucket = new TokenBucket(options.bucket ?? { size: 4500, perMinute: 75 });
  }

  gate(call: Call): Reply | undefined {
    this.#record(call);
    if (!ACCEPT.test(call.headers.accept ?? "")) {
      return failed(406, "not_acceptable", "Please specify a version along with Heroku's API MIME type.");
    }
    const refused = this.oauth.refuses(bearerOf(call), call.now);
    if (refused) return refused;
    if (call.path === "/account/rate-limits" || this.#bucket.take(call.now) !== undefined) return undefined;
    return failed(429, "rate_limit", "Your account reached the API limit. Please wait a few minutes.");
  }

  dataGate(call: Call): Reply | undefined {
    this.#record(call);
    return this.oauth.refuses(passwordOf(call), call.now);
  }

  #record({ method, path, query, text, now }: Call): void {
    this.databases.elapse(now);
    this.log.push(`${method} ${path}?${query.toString()} ${text}`);
  }

  dress({ now }: Call, reply: Reply): Reply {
    const remaining = String(this.#bucket.left(now));
    return { ...reply, headers: { "request-id": randomUUID(), "ratelimit-remaining": remaining, ...reply.headers } };
  }

  rateLimits() {
    const handle = ({ now }: Call): Reply => ({ status: 200, body: { remaining: this.#bucket.left(now) } });
    return { method: "GET", pattern: "/account/rate-limits", handle };
  }
}

function servers(state: State, platform: Emulator, data: Emulator) {
  return {
    url: platform.url,
    dataUrl: data.url,
    seen: platform.seen,
    dataSeen: data.seen,
    strays: platform.strays,
    log: state.log,
    set: (trap: Trap) => platform.set(trap),
    setData: (trap: Trap) => data.set(trap),
    elapse: () => {
      platform.elapse();
      data.elapse();
      state.databases.elapse(state.now());
    },
    nextMoment: () => {
      const moments = [platform.nextMoment(), data.nextMoment()].filter((moment) => moment !== undefined);
      return moments.length === 0 ? undefined : Math.min(...moments);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([platform[Symbol.asyncDispose](), data[Symbol.asyncDispose]()]);
    },
  };
}

function truth({ now, oauth, apps, databases }: State) {
  const appOf = (name: string) => {
    const app = apps.all.get(name);
    if (!app) throw new Error(`there is no app ${name}`);
    return app;
  };
  const OTHER = { id: "11111111-1111-1111-1111-111111111111", email: "somebody@orders.example" };
  return {
    keys: () => [...oauth.all.values()],
    authorize: (wanted: Partial<Authorization>) => oauth.make(now(), wanted),
    unauthorize: (id: string) => void oauth.all.delete(id),
    hold: (what: Hold | undefined) => {
      oauth.hold = what;
    },
    makeApp: (name: string, options: AppOptions = {}) => void apps.make(name, options, now()),
    changeApp: (name: string, options: AppOptions) => {
      appOf(name).options = options;
    },
    dropApp: (name: string) => void apps.all.delete(name),
    plant: (name: string, vars: Readonly<Record<string, string | null>>) =>
      void appOf(name).change(vars, `Set ${Object.keys(vars).join(", ")} config vars`, OTHER, now()),
    release: (name: string, description: string, like?: number) => {
      const app = appOf(name);
      app.release(description, OTHER, now(), like === undefined ? undefined : app.varsOf(like));
    },
    odd: (name: string, dynos: readonly OddDyno[]) => {
      appOf(name).odd = dynos;
    },
    peek: (name: string) => appOf(name).vars(now()),
    newest: (name: string) => appOf(name).newest,
    makeDatabase: (name: string, options: DatabaseOptions = {}, attachments: readonly Attachment[] = []) =>
      databases.make(name, options, attachments, now()),
    logins: (addon: string, name: string) => databases.logins(addon, name),
    databaseUrl: (addon: string, name: string) => databases.url(addon, name),
  };
}
