/**
 * Shows what the scheduler asks for as RotationRequests, so that people find and answer it as any other. The ledger has it first and goes on
 * without the cluster; the object follows as soon as that answers, once: whoever deletes it has only deleted what was shown.
 */
import type { RotationRequestSpec } from "../../../crds/kinds.gen.ts";
import { isShowing } from "../../domain/schedule/request.ts";
import type { Db } from "../../ledger/db.ts";
import { deliverOutbox } from "../../ledger/projections.ts";
import { type DueScheduled, dueScheduled } from "../../ledger/scheduled.ts";
import { createBell } from "../../sources/bell.ts";
import { API_VERSION } from "../../sources/manifest/schema.ts";

/** Tells a scheduled request from others at a glance; nothing is decided by it. */
export const SCHEDULED = "velvet.raxx.app/scheduled";

/** `taken`: an object of that name stands there already, with this spec. `gone`: its namespace is not there any more. */
export type CreateAnswer = { readonly is: "created" | "gone" } | { readonly is: "taken"; readonly spec: unknown };

export interface ScheduledOptions {
  readonly db: Db;
  /** Throws where it is to be tried again. */
  readonly create: (object: ScheduledObject, signal: AbortSignal) => Promise<CreateAnswer>;
  /** As the API server knows this controller: its policies ask for that name. Throws where it does not answer. */
  readonly ownName: (signal: AbortSignal) => Promise<string>;
  readonly onTrouble: (error: unknown, request: DueScheduled | undefined) => void;
  /** Somebody else's object has its name: the rotation goes on, and shows itself in the Credential alone. */
  readonly onTaken: (request: DueScheduled) => void;
  readonly monotonicMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly pollMs?: number;
}

export interface ScheduledObject {
  readonly apiVersion: string;
  readonly kind: "RotationRequest";
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly object[];
  };
  readonly spec: RotationRequestSpec;
}

const POLL_MS = 1_000;
const BATCH = 256;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 300_000;

/** Until the signal; never rejects. */
export async function showScheduled(options: ScheduledOptions, signal: AbortSignal): Promise<void> {
  const showing = new Showing(options);
  const bell = createBell();
  while (!signal.aborted) {
    await showing.once(signal);
    await bell.wait(options.pollMs ?? POLL_MS, signal);
  }
}

class Showing {
  readonly #options: ScheduledOptions;
  readonly #resting = new Map<string, { readonly until: number; readonly tries: number }>();
  #name: string | undefined;

  constructor(options: ScheduledOptions) {
    this.#options = options;
  }

  async once(signal: AbortSignal): Promise<void> {
    try {
      for (const request of await dueScheduled(this.#options.db, BATCH)) {
        if (signal.aborted) return;
        if (!this.#isResting(request.key)) await this.#show(request, signal);
      }
    } catch (error) {
      if (!signal.aborted) this.#options.onTrouble(error, undefined);
    }
  }

  async #show(request: DueScheduled, signal: AbortSignal): Promise<void> {
    const { db, onTaken } = this.#options;
    try {
      const answer = await this.#create(request, signal);
      if (answer?.is === "taken" && !isShowing(request.spec, answer.spec)) onTaken(request);
    } catch (error) {
      if (!signal.aborted) this.#rest(request, error);
      return;
    }
    this.#resting.delete(request.key);
    await deliverOutbox(db, [request]);
  }

  /** Undefined: there is nothing to be shown any more. */
  async #create(request: DueScheduled, signal: AbortSignal): Promise<CreateAnswer | undefined> {
    const { create, ownName } = this.#options;
    const { credential, credentialUid, seen } = request;
    if (seen || credential === null || credentialUid === null) return undefined;
    this.#name ??= await ownName(signal);
    return create(objectOf(request, { name: credential, uid: credentialUid }, this.#name), signal);
  }

  #isResting(key: string): boolean {
    return (this.#resting.get(key)?.until ?? 0) > this.#options.monotonicMs();
  }

  #rest(request: DueScheduled, error: unknown): void {
    const { monotonicMs, random, onTrouble } = this.#options;
    // Another account may have been given to this controller meanwhile.
    this.#name = undefined;
    const tries = (this.#resting.get(request.key)?.tries ?? 0) + 1;
    const planned = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 20));
    this.#resting.set(request.key, { until: monotonicMs() + planned / 2 + (planned / 2) * random(), tries });
    onTrouble(error, request);
  }
}

/** The Credential owns it: with that it goes, and the ledger keeps what was done. */
function objectOf(
  { namespace, name, spec }: DueScheduled,
  credential: { readonly name: string; readonly uid: string },
  requestedBy: string,
): ScheduledObject {
  const owner = {
    apiVersion: API_VERSION,
    kind: "Credential",
    ...credential,
    controller: true,
    blockOwnerDeletion: false,
  };
  return {
    apiVersion: API_VERSION,
    kind: "RotationRequest",
    metadata: { namespace, name, labels: { [SCHEDULED]: "true" }, ownerReferences: [owner] },
    spec: { ...spec, requestedBy },
  };
}
