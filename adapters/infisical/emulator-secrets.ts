/** Projects of the emulator: environments, folders, secrets with versions, change policies. Written from Infisical's own behaviour. */
import { randomUUID } from "node:crypto";
import type { Call, Reply, Route } from "../emulator/emulator.ts";
import type { Identities, Identity } from "./emulator-auth.ts";
import { badRequest, notFound, problem, refusedTo, unprocessable } from "./emulator-auth.ts";

export interface Where {
  readonly project: string;
  readonly environment: string;
  readonly path: string;
}

interface Stored {
  readonly id: string;
  version: number;
  value: string;
  readonly createdMs: number;
  updatedMs: number;
  by: string;
  rotated: boolean;
}

interface Approval {
  readonly id: string;
  readonly slug: string;
  status: "open" | "close";
  hasMerged: boolean;
  readonly merge: (nowMs: number) => void;
}

type Folder = Map<string, Stored>;
type Change = "POST" | "PATCH" | "DELETE";
interface Item {
  readonly secretKey: string;
  readonly secretValue: string;
}

export class Projects {
  /** Folders by `project/environment` and path. */
  readonly environments = new Map<string, Map<string, Folder>>();
  readonly approvals = new Map<string, Approval>();
  readonly protectedPaths = new Set<string>();
  /** Whether machines are shown approval requests; most instances show them to people only. */
  showsApprovals = false;
  /** How people's routes refuse machines: 401 in older instances. */
  refusesMachinesWith: 401 | 403 = 403;
  /** Counts writes, of the same content too. */
  writes = 0;
  readonly #identities: Identities;
  readonly #isLegacy: boolean;

  constructor(identities: Identities, isLegacy: boolean) {
    this.#identities = identities;
    this.#isLegacy = isLegacy;
  }

  addProject(environments: readonly string[]): string {
    const project = randomUUID();
    for (const name of environments) this.environments.set(`${project}/${name}`, new Map([["/", new Map()]]));
    return project;
  }

  folderAt({ project, environment, path }: Where): Folder | undefined {
    return this.environments.get(`${project}/${environment}`)?.get(path);
  }

  /** Writes as a person does, and makes the folders. */
  plant(where: Where, values: Readonly<Record<string, string>>, nowMs: number): void {
    const folders = this.environments.get(`${where.project}/${where.environment}`);
    const segments = where.path.split("/").filter(Boolean);
    for (let depth = 1; depth <= segments.length; depth += 1) {
      const path = `/${segments.slice(0, depth).join("/")}`;
      if (!folders?.has(path)) folders?.set(path, new Map());
    }
    const folder = this.folderAt(where) ?? new Map<string, Stored>();
    for (const [name, value] of Object.entries(values)) this.#put(folder, name, value, "somebody@example.com", nowMs);
  }

  routes(): readonly Route[] {
    const v3 = this.#routesOf("/api/v3/secrets/raw", "/api/v3/secrets/batch/raw", "/api/v1/folders", "workspaceId");
    const v4 = this.#routesOf("/api/v4/secrets", "/api/v4/secrets/batch", "/api/v2/folders", "projectId");
    const approvals: Route = {
      method: "GET",
      pattern: "/api/v1/secret-approval-requests/{id}",
      handle: this.#identities.authed((call) => this.#approval(call)),
    };
    return [...(this.#isLegacy ? [] : v4), ...v3, approvals];
  }

  #routesOf(secrets: string, batch: string, folders: string, project: string): readonly Route[] {
    const authed = (handle: (call: Call, where: Where, caller: Identity) => Reply) =>
      this.#identities.authed((call, caller) => {
        const where = whereOf(call, project);
        return typeof where === "string" ? unprocessable(where) : handle(call, where, caller);
      });
    const changes = (["POST", "PATCH", "DELETE"] as const).map((change) => ({
      method: change,
      pattern: batch,
      handle: authed((call, where, caller) => this.#change(change, call, where, caller)),
    }));
    return [
      ...changes,
      { method: "GET", pattern: `${secrets}/{name}`, handle: authed((...given) => this.#show(...given)) },
      { method: "GET", pattern: folders, handle: authed((_, where) => this.#folders(where)) },
      { method: "POST", pattern: folders, handle: authed((...given) => this.#makeFolder(...given)) },
    ];
  }

  #show(call: Call, where: Where, caller: Identity): Reply {
    const name = call.params["name"] ?? "";
    const folder = this.folderAt(where);
    if (!folder) return folderMissing(where);
    const refused = refusedTo(caller, "describe-secret secrets");
    if (refused) return refused;
    const stored = folder.get(name);
    if (!stored || call.query.get("type") === "personal") return notFound(`Secret with name '${name}' not found`);
    const isHidden = call.query.get("viewSecretValue") === "false" || caller.denied.has("read-value secrets");
    const expands = call.query.get("expandSecretReferences") === "true";
    const value = expands
      ? stored.value.replaceAll(/\$\{([^{}]+)\}/g, (_, key: string) => folder.get(key)?.value ?? "")
      : stored.value;
    return { status: 200, body: { secret: shown(name, { ...stored, value }, where, isHidden) } };
  }

  #change(change: Change, call: Call, where: Where, caller: Identity): Reply {
    const action = { POST: "create", PATCH: "edit", DELETE: "delete" }[change];
    const refused = refusedTo(caller, `${action} secrets`);
    if (refused) return refused;
    const { secrets, mode } = call.json as { secrets?: unknown; mode?: unknown };
    const items = itemsOf(secrets, change);
    if (items === undefined) return unprocessable("secrets");
    const folder = this.folderAt(where);
    if (!folder) return this.#isLegacy ? badRequest(OLD_WORDS) : folderMissing(where);
    const problem = misfit(change, folder, items, mode);
    if (problem) return problem;
    const perform = (nowMs: number) =>
      items.map(({ secretKey, secretValue }) => {
        const gone = folder.get(secretKey);
        if (change === "DELETE") folder.delete(secretKey);
        else if (!gone?.rotated) this.#put(folder, secretKey, secretValue, caller.id, nowMs);
        this.writes += 1;
        const stored = folder.get(secretKey) ?? gone;
        return stored && shown(secretKey, stored, where, caller.denied.has("read-value secrets"));
      });
    if (this.protectedPaths.has(where.path)) return this.#request(perform);
    return { status: 200, body: { secrets: perform(call.now) } };
  }

  /** Nothing is written, and the answer is a yes all the same. */
  #request(perform: (nowMs: number) => unknown): Reply {
    const id = randomUUID();
    const merge = (nowMs: number) => void perform(nowMs);
    const approval: Approval = { id, slug: id.slice(0, 10), status: "open", hasMerged: false, merge };
    this.approvals.set(id, approval);
    return { status: 200, body: { approval: { ...approval, merge: undefined } } };
  }

  /** A person approves and merges it. */
  approve(id: string, nowMs: number): void {
    const approval = this.approvals.get(id);
    approval?.merge(nowMs);
    Object.assign(approval ?? {}, { status: "close", hasMerged: true });
  }

  #approval({ params, path }: Call): Reply {
    const found = this.approvals.get(params["id"] ?? "");
    if (!this.showsApprovals) return problem(this.refusesMachinesWith, `Forbidden access to ${path}`, "");
    return found ? { status: 200, body: { approval: { ...found, merge: undefined } } } : notFound("Not found");
  }

  #put(folder: Folder, name: string, given: string, by: string, nowMs: number): void {
    const value = given.at(-1) === "\n" ? `${given.trim()}\n` : given.trim();
    const old = folder.get(name);
    if (old) Object.assign(old, { value, by, version: old.version + 1, updatedMs: nowMs });
    else {
      folder.set(name, { id: randomUUID(), version: 1, value, by, createdMs: nowMs, updatedMs: nowMs, rotated: false });
    }
  }

  #folders(where: Where): Reply {
    const folders = this.environments.get(`${where.project}/${where.environment}`);
    if (!folders) return notFound(`Environment with slug '${where.environment}' not found`);
    if (!folders.has(where.path)) return folderMissing(where);
    const parent = where.path === "/" ? "/" : `${where.path}/`;
    const names = [...folders.keys()].filter(
      (path) => path !== "/" && path.startsWith(parent) && !path.slice(parent.length).includes("/"),
    );
    return {
      status: 200,
      body: { folders: names.map((path) => ({ id: path, name: path.slice(parent.length), version: 1 })) },
    };
  }

  #makeFolder(call: Call, where: Where, caller: Identity): Reply {
    const refused = refusedTo(caller, "create secret-folders");
    if (refused) return refused;
    const { name } = call.json as { name?: unknown };
    if (typeof name !== "string" || !/^[A-Za-z0-9_-]+$/.test(name)) return unprocessable("name");
    const folders = this.environments.get(`${where.project}/${where.environment}`);
    if (!folders?.has(where.path)) return folderMissing(where);
    const path = where.path === "/" ? `/${name}` : `${where.path}/${name}`;
    if (folders.has(path)) return badRequest(`Folder with name '${name}' already exists in path '${where.path}'`);
    folders.set(path, new Map());
    return { status: 200, body: { folder: { id: path, name, path, version: 1 } } };
  }
}

/** The name of the field that is missing, where one is. */
function whereOf(call: Call, projectField: string): Where | string {
  const given = call.method === "GET" ? Object.fromEntries(call.query) : (call.json ?? {});
  const { [projectField]: project, environment, secretPath, path } = given as Record<string, unknown>;
  if (typeof project !== "string") return projectField;
  if (typeof environment !== "string") return "environment";
  const place = secretPath ?? path ?? "/";
  return typeof place === "string" ? { project, environment, path: place } : "secretPath";
}

function itemsOf(secrets: unknown, change: Change): readonly Item[] | undefined {
  if (!Array.isArray(secrets) || secrets.length === 0) return undefined;
  const items = secrets as readonly Item[];
  const fits = ({ secretKey, secretValue }: Item): boolean =>
    typeof secretKey === "string" &&
    /^[^:/\s]+$/.test(secretKey) &&
    (change === "DELETE" || typeof secretValue === "string");
  return items.every(fits) ? items : undefined;
}

function misfit(change: Change, folder: Folder, items: readonly Item[], mode: unknown): Reply | undefined {
  const there = items.map(({ secretKey }) => secretKey).filter((name) => folder.has(name));
  if (change === "POST" && there.length > 0) return badRequest(`Secret already exist: ${there.join(",")}`);
  const lacks = there.length < items.length && (change === "DELETE" || (change === "PATCH" && mode !== "upsert"));
  return lacks ? notFound("Secret does not exist") : undefined;
}

const OLD_WORDS = "Folder not found for the given environment slug & secret path";

function folderMissing({ path, environment }: Where): Reply {
  return notFound(`Folder with path '${path}' in environment with slug '${environment}' not found`);
}

function shown(name: string, stored: Stored, where: Where, isHidden: boolean): object {
  return {
    id: stored.id,
    _id: stored.id,
    workspace: where.project,
    environment: where.environment,
    version: stored.version,
    type: "shared",
    secretKey: name,
    secretValue: isHidden ? "<hidden-by-infisical>" : stored.value,
    secretValueHidden: isHidden,
    secretComment: "",
    secretPath: where.path,
    createdAt: new Date(stored.createdMs).toISOString(),
    updatedAt: new Date(stored.updatedMs).toISOString(),
    actor: { actorId: stored.by, actorType: "identity", name: stored.by },
    isRotatedSecret: stored.rotated,
  };
}
