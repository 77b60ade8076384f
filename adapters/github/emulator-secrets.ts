/** The emulated GitHub's stores of secrets. Each has a sealing key of its own, and really opens what is sealed for it. */
import sodium from "libsodium-wrappers";
import type { Call, Reply, Route } from "../emulator/emulator.ts";
import { HIDDEN, type Level, problem } from "./emulator-people.ts";

export interface KeptSecret {
  readonly value: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly visibility?: string;
  readonly selected?: readonly number[];
}

/** `repos/acme/orders/actions`, `repos/acme/orders/environments/production`, `orgs/acme/dependabot`: in lower case. */
export type Place = string;

export class Store {
  readonly secrets = new Map<string, KeptSecret>();
  readonly organization: boolean;
  #pair = sodium.crypto_box_keypair();
  #number = 0;
  readonly #base: number;
  /** Once the key was read, it is another one. */
  turnsAfterRead = false;
  puts = 0;

  constructor(base: number, organization: boolean) {
    this.#base = base;
    this.organization = organization;
  }

  get keyId(): string {
    return String(33_800_000_000_000_000 + this.#base * 1_000 + this.#number);
  }

  get publicKey(): string {
    return Buffer.from(this.#pair.publicKey).toString("base64");
  }

  turnKey(): void {
    this.#pair = sodium.crypto_box_keypair();
    this.#number += 1;
  }

  readKey(): Reply {
    const body = { key_id: this.keyId, key: this.publicKey };
    if (this.turnsAfterRead) this.turnKey();
    this.turnsAfterRead = false;
    return { status: 200, body };
  }

  open(sealed: string): string | undefined {
    try {
      const box = Buffer.from(sealed, "base64");
      const opened = sodium.crypto_box_seal_open(box, this.#pair.publicKey, this.#pair.privateKey);
      return Buffer.from(opened).toString("utf8");
    } catch {
      return undefined;
    }
  }
}

export interface SecretsWorld {
  /** Undefined where there is no such place at all. */
  readonly store: (place: Place) => Store | undefined;
  /** What is answered to whoever may not do this there. */
  readonly refusal: (call: Call, need: { permission: string; level: Level; classic: string }) => Reply | undefined;
  readonly url: () => string;
  readonly places: () => readonly Place[];
  /** The repository with this id: `acme/orders`. */
  readonly repositoryNamed: (id: number) => string;
}

interface Family {
  readonly base: string;
  readonly permission: string;
  readonly classic: string;
  readonly place: (call: Call) => Place;
}

const part = (call: Call, name: string): string => (call.params[name] ?? "").toLowerCase();
const repo = (call: Call): string => `repos/${part(call, "owner")}/${part(call, "repo")}`;

const FAMILIES: readonly Family[] = [
  {
    base: "/repos/{owner}/{repo}/actions/secrets",
    permission: "secrets",
    classic: "repo",
    place: (call) => `${repo(call)}/actions`,
  },
  {
    base: "/repos/{owner}/{repo}/environments/{environment_name}/secrets",
    permission: "environments",
    classic: "repo",
    place: (call) => `${repo(call)}/environments/${part(call, "environment_name")}`,
  },
  {
    base: "/repos/{owner}/{repo}/dependabot/secrets",
    permission: "dependabot_secrets",
    classic: "repo",
    place: (call) => `${repo(call)}/dependabot`,
  },
  {
    base: "/orgs/{org}/actions/secrets",
    permission: "organization_secrets",
    classic: "admin:org",
    place: (call) => `orgs/${part(call, "org")}/actions`,
  },
  {
    base: "/orgs/{org}/dependabot/secrets",
    permission: "organization_dependabot_secrets",
    classic: "admin:org",
    place: (call) => `orgs/${part(call, "org")}/dependabot`,
  },
];

/** Which environments a repository has. */
function environments(world: SecretsWorld): Route {
  return {
    method: "GET",
    pattern: "/repos/{owner}/{repo}/environments",
    handle: (call) => {
      const refusal = world.refusal(call, { permission: "actions", level: "read", classic: "repo" });
      if (refusal) return refusal;
      const below = `${repo(call)}/environments/`;
      const names = world.places().flatMap((place) => (place.startsWith(below) ? [place.slice(below.length)] : []));
      const shownHere = pageOf(names, call).map((name) => ({ name }));
      return { status: 200, body: { total_count: names.length, environments: shownHere } };
    },
  };
}

type Handle = (store: Store, call: Call, place: Place) => Reply;

export function secretRoutes(world: SecretsWorld): readonly Route[] {
  const routes = FAMILIES.flatMap(({ base, permission, classic, place }) => {
    const route = (method: string, below: string, level: Level, handle: Handle): Route => ({
      method,
      pattern: `${base}${below}`,
      handle: (call) => {
        const at = place(call);
        const refusal = world.refusal(call, { permission, level, classic });
        if (refusal) return refusal;
        const store = world.store(at);
        return store ? handle(store, call, at) : HIDDEN;
      },
    });
    return [
      route("GET", "", "read", (store, call) => list(store, call)),
      route("GET", "/public-key", "read", (store) => store.readKey()),
      route("GET", "/{secret_name}", "read", (store, call, at) => get(store, call, `${world.url()}/${at}`)),
      route("PUT", "/{secret_name}", "write", (store, call) => put(store, call)),
      route("DELETE", "/{secret_name}", "write", (store, call) => remove(store, call)),
      ...(base.startsWith("/orgs") ? [route("GET", "/{secret_name}/repositories", "read", sharedBy(world))] : []),
    ];
  });
  return [environments(world), ...routes];
}

const nameOf = (call: Call): string => (call.params["secret_name"] ?? "").toUpperCase();

function shown(name: string, { createdAt, updatedAt, visibility }: KeptSecret, url: string): object {
  const dates = { created_at: seconds(createdAt), updated_at: seconds(updatedAt) };
  const shared = visibility === "selected" ? { selected_repositories_url: `${url}/secrets/${name}/repositories` } : {};
  return { name, ...dates, ...(visibility === undefined ? {} : { visibility, ...shared }) };
}

/** GitHub's dates have no fraction. */
export function seconds(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

export function pageOf<T>(all: readonly T[], { query }: Call): readonly T[] {
  const size = Math.min(Number(query.get("per_page") ?? 30), 100);
  const page = Number(query.get("page") ?? 1);
  return all.slice((page - 1) * size, page * size);
}

function list({ secrets }: Store, call: Call): Reply {
  const all = [...secrets].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const page = pageOf(all, call).map(([name, kept]) => shown(name, kept, ""));
  return { status: 200, body: { total_count: all.length, secrets: page } };
}

function get({ secrets }: Store, call: Call, url: string): Reply {
  const kept = secrets.get(nameOf(call));
  return kept ? { status: 200, body: shown(nameOf(call), kept, url) } : HIDDEN;
}

const NAME = /^[A-Z_][A-Z0-9_]*$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const MOST_BYTES = 48 * 1024;

function put(store: Store, call: Call): Reply {
  const body: Body = typeof call.json === "object" ? { ...call.json } : {};
  const name = nameOf(call);
  const value = opened(store, body);
  const wrong = value === undefined ? "The value could not be opened." : wrongSecret(store, { name, value, body });
  if (value === undefined || wrong !== undefined) return problem(422, wrong ?? "");
  const before = store.secrets.get(name);
  // Who reads it is what this request says, and nothing of what was before.
  const { visibility, selected_repository_ids: selected } = body;
  const shared = store.organization ? { visibility: String(visibility), selected: numbers(selected) } : {};
  const createdAt = before?.createdAt ?? call.now;
  store.secrets.set(name, { value, createdAt, updatedAt: call.now, ...shared });
  store.puts += 1;
  return before ? { status: 204 } : { status: 201, body: {} };
}

type Body = Readonly<Record<string, unknown>>;

function opened(store: Store, { encrypted_value: sealed, key_id: keyId }: Body): string | undefined {
  return keyId === store.keyId && typeof sealed === "string" && BASE64.test(sealed) ? store.open(sealed) : undefined;
}

function wrongSecret(
  { organization }: Store,
  { name, value, body }: { readonly name: string; readonly value: string; readonly body: Body },
): string | undefined {
  if (!NAME.test(name) || name.startsWith("GITHUB_")) return "Secret names can only contain letters, digits and _.";
  if (Buffer.byteLength(value) > MOST_BYTES) return "The value is too large.";
  if (!organization || ["all", "private", "selected"].includes(String(body["visibility"]))) return undefined;
  return "visibility is required.";
}

function numbers(given: unknown): number[] {
  return Array.isArray(given) ? given.filter((each): each is number => typeof each === "number") : [];
}

function remove({ secrets }: Store, call: Call): Reply {
  return secrets.delete(nameOf(call)) ? { status: 204 } : HIDDEN;
}

function sharedBy(world: SecretsWorld): Handle {
  return ({ secrets }, call) => {
    const kept = secrets.get(nameOf(call));
    if (kept?.visibility !== "selected") return problem(409, "Visibility type is not selected");
    const ids = kept.selected ?? [];
    const repositories = pageOf(ids, call).map((id) => ({ id, full_name: world.repositoryNamed(id) }));
    return { status: 200, body: { total_count: ids.length, repositories } };
  };
}
