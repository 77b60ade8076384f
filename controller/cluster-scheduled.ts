/** Makes the objects that show what the scheduler asks for, and says at the Credential what keeps them away. */
import type { Deps } from "./engine/deps.ts";
import type { ApiClient } from "./kubernetes/client.ts";
import { isApiError } from "./kubernetes/error.ts";
import type { EventRecorder } from "./kubernetes/events.ts";
import { isRecord } from "./kubernetes/object.ts";
import { pathOf } from "./kubernetes/resource.ts";
import { ownName } from "./kubernetes/who.ts";
import type { DueScheduled } from "./ledger/scheduled.ts";
import type { Log } from "./log.ts";
import { type CreateAnswer, type ScheduledObject, showScheduled } from "./projections/kubernetes/scheduled.ts";
import { resourceOf } from "./sources/kubernetes/resources.ts";
import { API_VERSION } from "./sources/manifest/schema.ts";

export interface ScheduledOrder {
  readonly deps: Pick<Deps, "db" | "clock" | "jitter">;
  readonly log: Log;
  readonly client: ApiClient;
  readonly events: Pick<EventRecorder, "record">;
}

const REQUESTS = resourceOf("RotationRequest");

/** Until the signal; never rejects. */
export async function runScheduled({ deps, log, client, events }: ScheduledOrder, signal: AbortSignal): Promise<void> {
  const tell = (request: DueScheduled, reason: string, note: string): void => {
    const { namespace, credential, credentialUid: uid } = request;
    if (credential === null || uid === null) return;
    const regarding = { apiVersion: API_VERSION, kind: "Credential", metadata: { name: credential, namespace, uid } };
    events.record(regarding, { type: "Warning", reason, action: "Show", note });
  };
  await showScheduled(
    {
      db: deps.db,
      create: async (object, stop) => create(client, object, stop),
      ownName: async (stop) => nameOf(client, stop),
      onTrouble: (err, request) => {
        log.warn({ err, request: request?.key }, "a scheduled request cannot be shown; it is tried again, and goes on");
        if (request) tell(request, "ScheduledRequestNotShown", `${request.name} goes on unseen. ${saidBy(err)}`);
      },
      onTaken: (request) => {
        log.warn({ request: request.key }, "another object has the name of a scheduled request, which goes on");
        const note = `${request.name} goes on; the RotationRequest of that name is another one.`;
        tell(request, "ScheduledNameTaken", note);
      },
      monotonicMs: () => deps.clock.monotonicMs(),
      random: deps.jitter,
    },
    signal,
  );
}

function saidBy(error: unknown): string {
  return isApiError(error) ? error.message : "";
}

async function nameOf(client: ApiClient, signal: AbortSignal): Promise<string> {
  const name = await ownName(async (request) => client.send(request, signal));
  if (name === undefined) throw new Error("the API server does not say who this controller is");
  return name;
}

async function create(client: ApiClient, object: ScheduledObject, signal: AbortSignal): Promise<CreateAnswer> {
  const { namespace, name } = object.metadata;
  const query = { fieldManager: "velvet", fieldValidation: "Strict" };
  try {
    await client.send({ method: "POST", path: pathOf(REQUESTS, { namespace }), query, body: object }, signal);
    return { is: "created" };
  } catch (error) {
    if (!isApiError(error)) throw error;
    if (isGone(error)) return { is: "gone" };
    if (error.reason !== "AlreadyExists") throw error;
    const there = await client.send({ method: "GET", path: pathOf(REQUESTS, { namespace, name }) }, signal);
    return { is: "taken", spec: isRecord(there) ? there["spec"] : undefined };
  }
}

/** A namespace that is being deleted, or was, takes nothing new. */
function isGone({
  reason,
  causes,
}: {
  readonly reason: string;
  readonly causes?: readonly { reason: string }[];
}): boolean {
  return reason === "NotFound" || (causes ?? []).some((cause) => cause.reason === "NamespaceTerminating");
}
