/** The emulated GitHub's deploy keys. */
import type { Call, Reply, Route } from "../emulator/emulator.ts";
import { HIDDEN, type Level, problem, type Token } from "./emulator-people.ts";
import { pageOf, seconds } from "./emulator-secrets.ts";

export interface KeptKey {
  readonly id: number;
  readonly repository: string;
  readonly key: string;
  readonly title: string;
  readonly readOnly: boolean;
  readonly createdAt: number;
  /** The personal access token that it dies with. */
  readonly bound?: string;
  enabled: boolean;
  lastUsedAt?: number;
}

export interface KeysWorld {
  readonly keys: KeptKey[];
  readonly refusal: (call: Call, need: { permission: string; level: Level; classic: string }) => Reply | undefined;
  readonly by: (call: Call) => Token | undefined;
  readonly url: () => string;
}

const BASE = "/repos/{owner}/{repo}/keys";
let lastId = 5_000;

export function newKey(given: Pick<KeptKey, "repository" | "key" | "title" | "createdAt"> & Partial<KeptKey>): KeptKey {
  lastId += 1;
  return { id: lastId, readOnly: true, enabled: true, ...given };
}

export function keyRoutes(world: KeysWorld): readonly Route[] {
  const route = (method: string, below: string, level: Level, handle: (call: Call) => Reply): Route => ({
    method,
    pattern: `${BASE}${below}`,
    handle: (call) => world.refusal(call, { permission: "administration", level, classic: "repo" }) ?? handle(call),
  });
  const own = (call: Call): KeptKey[] => world.keys.filter(({ repository }) => repository === repositoryOf(call));
  const one = (call: Call): KeptKey | undefined => own(call).find(({ id }) => String(id) === call.params["key_id"]);
  return [
    route("GET", "", "read", (call) => ({
      status: 200,
      body: pageOf(own(call), call).map((key) => shown(key, world.url())),
    })),
    route("POST", "", "write", (call) => add(world, call)),
    route("GET", "/{key_id}", "read", (call) => {
      const key = one(call);
      return key ? { status: 200, body: shown(key, world.url()) } : HIDDEN;
    }),
    route("DELETE", "/{key_id}", "write", (call) => {
      const key = one(call);
      if (!key) return HIDDEN;
      world.keys.splice(world.keys.indexOf(key), 1);
      return { status: 204 };
    }),
  ];
}

function repositoryOf({ params }: Call): string {
  return `${params["owner"] ?? ""}/${params["repo"] ?? ""}`.toLowerCase();
}

function add(world: KeysWorld, call: Call): Reply {
  const body = (typeof call.json === "object" && call.json !== null ? call.json : {}) as Record<string, unknown>;
  const key = String(body["key"]).trim().split(/\s+/, 2).join(" ");
  if (!isPublicKey(key)) {
    return refused("key is invalid. You must supply a key in OpenSSH public key format");
  }
  if (world.keys.some((each) => each.key === key)) return refused("key is already in use");
  const by = world.by(call);
  const kept = newKey({
    repository: repositoryOf(call),
    key,
    title: typeof body["title"] === "string" ? body["title"] : "",
    readOnly: body["read_only"] === true,
    createdAt: call.now,
    ...(by && by.kind !== "installation" ? { bound: by.value } : {}),
  });
  world.keys.push(kept);
  return { status: 201, body: shown(kept, world.url()) };
}

function isPublicKey(line: string): boolean {
  const [type = "", blob = ""] = line.split(" ");
  const bytes = Buffer.from(blob, "base64");
  if (!["ssh-ed25519", "ssh-rsa"].includes(type) || bytes.length < 4) return false;
  return bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString("latin1") === type;
}

function refused(message: string): Reply {
  return problem(422, "Validation Failed", {
    errors: [{ resource: "PublicKey", code: "custom", field: "key", message }],
  });
}

function shown(key: KeptKey, url: string): object {
  return {
    id: key.id,
    key: key.key,
    url: `${url}/repos/${key.repository}/keys/${key.id}`,
    title: key.title,
    verified: true,
    created_at: seconds(key.createdAt),
    read_only: key.readOnly,
    added_by: "octo-bot",
    last_used: key.lastUsedAt === undefined ? null : seconds(key.lastUsedAt),
    enabled: key.enabled,
  };
}
