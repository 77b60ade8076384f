/** The emulated apps behind the platform API. */
import type { Call, Reply, Route } from "../emulator/emulator.ts";
import { App, type AppOptions } from "./emulator-app.ts";
import { bearerOf, type OAuth } from "./emulator-oauth.ts";
import { FORBIDDEN, invalid, notFound, paged } from "./emulator-replies.ts";

const READS = ["global", "read", "write", "read-protected", "write-protected"];
const READS_VARS = ["global", "read-protected", "write-protected"];
const WRITES_VARS = ["global", "write-protected"];

export interface AppsOptions {
  /** All config vars of an app together. Default 64 KB. */
  readonly mostBytes?: number;
}

export class Apps {
  readonly all = new Map<string, App>();
  readonly #oauth: OAuth;
  readonly #options: AppsOptions;

  constructor(oauth: OAuth, options: AppsOptions) {
    this.#oauth = oauth;
    this.#options = options;
  }

  get user() {
    return { id: this.#oauth.user.id, email: this.#oauth.user.email };
  }

  make(name: string, options: AppOptions, now: number): App {
    const app = new App(name, options, now, this.user);
    this.all.set(name, app);
    return app;
  }

  routes(): readonly Route[] {
    const of = (scopes: readonly string[], handle: (app: App, call: Call) => Reply): Route["handle"] => {
      return (call) => this.#reach(call, scopes, handle);
    };
    const vars = "/apps/{app}/config-vars";
    return [
      {
        method: "GET",
        pattern: vars,
        handle: of(READS_VARS, (app, { now }) => ({ status: 200, body: app.vars(now) })),
      },
      { method: "PATCH", pattern: vars, handle: of(WRITES_VARS, (app, call) => this.#patch(app, call)) },
      {
        method: "GET",
        pattern: "/apps/{app}/releases",
        handle: of(READS, (app, call) => paged(call, app.showReleases(call.now), "version")),
      },
      {
        method: "GET",
        pattern: "/apps/{app}/releases/{release}/config-vars",
        handle: of(READS_VARS, (app, { params }) => ({ status: 200, body: app.varsOf(Number(params["release"])) })),
      },
      {
        method: "GET",
        pattern: "/apps/{app}/dynos",
        handle: of(READS, (app, call) => paged(call, app.showDynos(call.now), "name")),
      },
    ];
  }

  #reach(call: Call, scopes: readonly string[], handle: (app: App, call: Call) => Reply): Reply {
    const held = this.#oauth.holder(bearerOf(call), call.now)?.scope ?? [];
    const wanted = call.params["app"] ?? "";
    const app = this.all.get(wanted) ?? [...this.all.values()].find(({ id }) => id === wanted);
    if (app === undefined) return notFound("app");
    return held.some((scope) => scopes.includes(scope)) ? handle(app, call) : FORBIDDEN;
  }

  #patch(app: App, { json, now }: Call): Reply {
    if (typeof json !== "object" || json === null) return invalid("Config vars must be an object.");
    const entries = Object.entries(json as Record<string, unknown>);
    const wrong = entries.find(([key, value]) => !/^\w+$/.test(key) || !(value === null || typeof value === "string"));
    if (wrong) return invalid("Config vars must be strings with names of letters, digits and underscores.");
    if (entries.some(([key]) => /^(HEROKU_|__)/.test(key))) return invalid("This name is reserved.");
    const owned = entries.map(([key]) => key).filter((key) => app.owned.has(key));
    if (owned.length > 0) return invalid(`Cannot overwrite attachment values ${owned.join(", ")}.`);
    const changes = json as Record<string, string | null>;
    const size = Object.entries({ ...app.base(now), ...changes })
      .flat()
      .join("");
    if (Buffer.byteLength(size) > (this.#options.mostBytes ?? 64 * 1024)) return invalid("Config vars are too large.");
    return { status: 200, body: app.change(changes, described(changes), this.user, now) };
  }
}

function described(changes: Readonly<Record<string, string | null>>): string {
  const named = (removed: boolean) =>
    Object.entries(changes).flatMap(([key, value]) => ((value === null) === removed ? [key] : []));
  const [set, removed] = [named(false), named(true)];
  const parts = [
    ...(set.length > 0 ? [`Set ${set.join(", ")}`] : []),
    ...(removed.length > 0 ? [`Remove ${removed.join(", ")}`] : []),
  ];
  return `${parts.join(" and ")} config vars`;
}
