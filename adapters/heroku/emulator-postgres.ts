/** The emulated databases behind the data API. Heroku makes their passwords, and writes them into the apps that they are attached to. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Call, Reply, Route } from "../emulator/emulator.ts";
import type { Apps } from "./emulator-apps.ts";
import { type OAuth } from "./emulator-oauth.ts";
import { FORBIDDEN, invalid, notFound } from "./emulator-replies.ts";

export interface DatabaseOptions {
  readonly plan?: "essential-0" | "standard-0";
  /** Beside `default`. */
  readonly credentials?: readonly string[];
  /** How long a rotation takes, until the new login is there. Default 0. */
  readonly rotationMs?: number;
  /** How long an old login of a named credential lives on. Default 30 minutes. */
  readonly keepsMs?: number;
}

/** The value of this credential stands in the config var `key` of `app`. */
export interface Attachment {
  readonly app: string;
  readonly key: string;
  readonly credential: string;
}

export interface Login {
  user: string;
  readonly password: string;
  state: "enabling" | "active" | "revoking";
  connections: number;
  endsAt?: number;
}

interface Credential {
  readonly uuid: string;
  readonly name: string;
  logins: Login[];
  rotation?: { readonly dueAt: number; readonly resets: boolean };
}

interface Database {
  readonly id: string;
  readonly name: string;
  readonly options: DatabaseOptions;
  readonly attachments: Attachment[];
  readonly credentials: Map<string, Credential>;
}

const HOST = "ec2-1-2-3-4.compute-1.amazonaws.com";
const PORT = 5432;
const HALF_HOUR = 30 * 60_000;

export class Databases {
  readonly #all: Database[] = [];
  readonly #oauth: OAuth;
  readonly #apps: Apps;

  constructor(oauth: OAuth, apps: Apps) {
    this.#oauth = oauth;
    this.#apps = apps;
  }

  make(name: string, options: DatabaseOptions, attachments: readonly Attachment[], now: number): void {
    const names = ["default", ...(options.credentials ?? [])];
    const credentials = new Map(names.map((each) => [each, newCredential(each)]));
    const database = { id: randomUUID(), name, options, attachments: [...attachments], credentials };
    this.#all.push(database);
    for (const credential of credentials.values()) this.#writeApps(database, credential, now);
  }

  logins(addon: string, name: string): readonly Login[] {
    return this.#database(addon)?.credentials.get(name)?.logins ?? [];
  }

  url(addon: string, name: string): string {
    const database = this.#database(addon);
    const login = this.logins(addon, name).find(({ state }) => state === "active");
    if (!database || !login) throw new Error("no such login");
    return urlOf(login, database);
  }

  /** Rotations that are due, and old logins whose time is over. */
  elapse(now: number): void {
    for (const database of this.#all) {
      for (const credential of database.credentials.values()) {
        credential.logins = credential.logins.filter(({ endsAt = Infinity }) => endsAt > now);
        if (credential.rotation && credential.rotation.dueAt <= now) this.#finish(database, credential, now);
      }
    }
  }

  #finish(database: Database, credential: Credential, now: number): void {
    const { dueAt = now, resets = false } = credential.rotation ?? {};
    const old = credential.logins.filter(({ state }) => state === "active");
    for (const login of old) {
      login.state = "revoking";
      login.user = `${login.user}-rotating`;
      login.endsAt = dueAt + (database.options.keepsMs ?? HALF_HOUR);
    }
    const coming = credential.logins.filter(({ state }) => state === "enabling");
    for (const login of coming) login.state = "active";
    credential.logins = [...coming, ...(resets ? [] : old)];
    delete credential.rotation;
    this.#writeApps(database, credential, now);
  }

  #writeApps(database: Database, credential: Credential, now: number): void {
    const login = credential.logins.find(({ state }) => state === "active");
    for (const { app: name, key } of database.attachments.filter((each) => each.credential === credential.name)) {
      const app = this.#apps.all.get(name);
      if (!app || !login) continue;
      app.owned.add(key);
      const by = { id: "00000000-0000-0000-0000-000000000000", email: "heroku-postgresql@addons.heroku.com" };
      app.change({ [key]: urlOf(login, database) }, `Update ${key} by heroku-postgresql`, by, now);
    }
  }

  routes(): readonly Route[] {
    const base = "/postgres/v0/databases/{addon}";
    const of = (handle: (database: Database, call: Call) => Reply): Route["handle"] => {
      return (call) => this.#reach(call, handle);
    };
    const one = (handle: (credential: Credential, database: Database, call: Call) => Reply): Route["handle"] =>
      of((database, call) => {
        const credential = database.credentials.get(call.params["name"] ?? "");
        return credential ? handle(credential, database, call) : notFound("credential");
      });
    return [
      { method: "GET", pattern: `${base}/credentials`, handle: of((database) => listed(database)) },
      { method: "POST", pattern: `${base}/credentials`, handle: of(create) },
      {
        method: "GET",
        pattern: `${base}/credentials/{name}`,
        handle: one((credential, database) => ({ status: 200, body: show(credential, database) })),
      },
      {
        method: "POST",
        pattern: `${base}/credentials/{name}/credentials_rotation`,
        handle: one((credential, database, call) => this.#rotate(credential, database, call)),
      },
    ];
  }

  #database(addon: string): Database | undefined {
    return this.#all.find(({ id, name }) => id === addon || name === addon);
  }

  #reach(call: Call, handle: (database: Database, call: Call) => Reply): Reply {
    const scope = this.#oauth.holder(passwordOf(call), call.now)?.scope ?? [];
    if (!scope.includes("global") && !scope.includes("write-protected")) return FORBIDDEN;
    const database = this.#database(call.params["addon"] ?? "");
    return database ? handle(database, call) : notFound("add_on");
  }

  #rotate(credential: Credential, database: Database, { json, now }: Call): Reply {
    const forced = (json as { forced?: unknown } | undefined)?.forced === true;
    if (credential.rotation) return invalid("A rotation of this credential is in progress.");
    credential.logins = credential.logins.filter(({ state }) => state === "active");
    const user = credential.logins[0]?.user ?? credential.name;
    credential.logins.push({ user, password: newPassword(), state: "enabling", connections: 0 });
    credential.rotation = {
      dueAt: now + (database.options.rotationMs ?? 0),
      resets: forced || credential.name === "default",
    };
    this.elapse(now);
    return { status: 200, body: { message: "Rotating." } };
  }
}

function newCredential(name: string): Credential {
  const user = name === "default" ? `u${randomBytes(7).toString("hex")}` : name;
  const logins: Login[] = [{ user, password: newPassword(), state: "active", connections: 2 }];
  return { uuid: randomUUID(), name, logins };
}

function newPassword(): string {
  return `p${randomBytes(32).toString("hex")}`;
}

function urlOf({ user, password }: Login, { id }: Database): string {
  return `postgres://${user}:${password}@${HOST}:${PORT}/d${id.slice(0, 8)}`;
}

function show({ uuid, name, logins, rotation }: Credential, { id }: Database) {
  return {
    uuid,
    name,
    state: rotation ? "rotating" : "active",
    database: `d${id.slice(0, 8)}`,
    host: HOST,
    port: PORT,
    credentials: logins.map(({ user, password, state, connections }) => ({ user, password, state, connections })),
  };
}

function listed(database: Database): Reply {
  return { status: 200, body: [...database.credentials.values()].map((credential) => show(credential, database)) };
}

function create(database: Database, { json }: Call): Reply {
  if (database.options.plan === "essential-0") {
    return invalid("You can't create a custom credential on Essential-tier databases.");
  }
  const name = (json as { name?: unknown } | undefined)?.name;
  if (typeof name !== "string" || database.credentials.has(name)) return invalid("Invalid name.");
  const credential = newCredential(name);
  database.credentials.set(name, credential);
  return { status: 201, body: show(credential, database) };
}

/** The data API takes the token as the password of a user without a name. */
export function passwordOf({ headers }: Pick<Call, "headers">): string | undefined {
  const encoded = /^Basic (\S+)$/.exec(headers.authorization ?? "")?.[1];
  const text = encoded === undefined ? "" : Buffer.from(encoded, "base64").toString("utf8");
  return text.startsWith(":") ? text.slice(1) : undefined;
}
