/** The emulated Workers: secrets that are never shown, in versions, some of which are deployed. */
import { randomUUID } from "node:crypto";
import type { Call, Reply, Route } from "../emulator/emulator.ts";
import { may } from "./emulator-gate.ts";
import type { HeldWorker, State } from "./emulator-state.ts";
import { date, no, ok, property } from "./emulator-state.ts";

const BASE = "/accounts/{account_id}/workers/scripts/{script_name}";

type Work = (worker: HeldWorker, call: Call) => Reply;

export function workerRoutes(state: State): readonly Route[] {
  const route = (method: string, below: string, work: Work): Route => ({
    method,
    pattern: `${BASE}${below}`,
    handle: (call) => withWorker(state, call, work),
  });
  return [
    route("GET", "/secrets", (worker) => ok([...newest(worker).keys()].map(named))),
    route("PUT", "/secrets", (worker, call) => {
      const name = String(property(call.json, "name"));
      return change(worker, call.now, { [name]: call.json }) ?? ok(named(name));
    }),
    route("PATCH", "/secrets-bulk", (worker, call) => {
      const secrets = property(call.json, "secrets") as Record<string, unknown>;
      const refused = change(worker, call.now, secrets);
      return refused ?? ok(Object.fromEntries([...newest(worker).keys()].map((name) => [name, named(name)])));
    }),
    route("GET", "/secrets/{secret_name}", (worker, { params }) => {
      const name = params["secret_name"] ?? "";
      return newest(worker).has(name) ? ok(named(name)) : no(404, 10056, "Secret not found");
    }),
    route("DELETE", "/secrets/{secret_name}", (worker, { params, now }) => {
      const name = params["secret_name"] ?? "";
      if (!newest(worker).has(name)) return no(404, 10056, "Secret not found");
      return change(worker, now, { [name]: null }) ?? ok(null);
    }),
    route("GET", "/deployments", ({ deployments }) =>
      ok({
        deployments: deployments.toReversed().map(({ id, at, by, shares }) => ({
          id,
          created_on: date(at),
          author_email: by,
          strategy: "percentage",
          versions: shares.map(({ version, percentage }) => ({ version_id: version, percentage })),
        })),
      }),
    ),
    route("GET", "/versions", ({ versions }) =>
      ok({ items: versions.toReversed().map(({ id, number }) => ({ id, number })) }),
    ),
    {
      method: "GET",
      pattern: "/zones/{zone_id}",
      handle: (call) =>
        may(state, call, "zoneRead")
          ? ok({ id: call.params["zone_id"] })
          : no(403, 9109, "Unauthorized to access requested resource"),
    },
  ];
}

function withWorker(state: State, call: Call, work: Work): Reply {
  if (call.params["account_id"] !== state.accountId) return no(404, 7003, "Could not route to the account");
  if (!may(state, call, "workers")) return no(403, 10000, "Authentication error");
  const worker = state.workers.get(call.params["script_name"] ?? "");
  return worker ? work(worker, call) : no(404, 10007, "This Worker does not exist on your account.");
}

function named(name: string): object {
  return { name, type: "secret_text" };
}

function newest({ versions }: HeldWorker): ReadonlyMap<string, string> {
  return versions.at(-1)?.secrets ?? new Map();
}

/** What serves all requests now, or the first of what share them. */
export function serving({ versions, deployments }: HeldWorker): ReadonlyMap<string, string> {
  const version = deployments.at(-1)?.shares[0]?.version;
  return versions.find(({ id }) => id === version)?.secrets ?? new Map();
}

/** One new version, deployed at once; refused where the newest one is not what serves. */
function change(worker: HeldWorker, now: number, secrets: Readonly<Record<string, unknown>>): Reply | undefined {
  const shares = worker.deployments.at(-1)?.shares ?? [];
  if (shares.length !== 1 || shares[0]?.version !== worker.versions.at(-1)?.id) {
    return no(400, 10215, "Secret edit failed. The latest version of your Worker isn't currently deployed.");
  }
  const texts = Object.entries(secrets).map(
    ([name, secret]) => [name, secret === null ? null : String(property(secret, "text"))] as const,
  );
  deploy(worker, now, upload(worker, Object.fromEntries(texts)), "api-token@example.com");
  return undefined;
}

/** A new version, not deployed, with the secrets of the one before and these changes. */
export function upload(worker: HeldWorker, changes: Readonly<Record<string, string | null>>): string {
  const secrets = new Map(newest(worker));
  for (const [name, text] of Object.entries(changes)) {
    if (text === null) secrets.delete(name);
    else secrets.set(name, text);
  }
  const version = { id: randomUUID(), number: worker.versions.length + 1, secrets };
  worker.versions.push(version);
  return version.id;
}

export function deploy(worker: HeldWorker, now: number, version: string, by: string, percentage = 100): void {
  const before = worker.deployments.at(-1)?.shares[0]?.version;
  const rest = percentage < 100 && before !== undefined ? [{ version: before, percentage: 100 - percentage }] : [];
  worker.deployments.push({ id: randomUUID(), at: now, by, shares: [{ version, percentage }, ...rest] });
}

export function addWorker(state: State, now: number, script: string): HeldWorker {
  const worker: HeldWorker = { versions: [], deployments: [] };
  deploy(worker, now, upload(worker, {}), "developer@example.com");
  state.workers.set(script, worker);
  return worker;
}
