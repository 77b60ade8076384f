import { createHash } from "node:crypto";
import type { ApiClient } from "./client.ts";
import { isApiError } from "./error.ts";
import type { ApiError } from "./error.ts";
import { unreadable } from "./faults.ts";
import type { Asked } from "./faults.ts";
import { isRecord, objectOf } from "./object.ts";
import type { ApiObject } from "./object.ts";
import { isOlder } from "./resource-version.ts";
import { apiVersionOf, pathOf } from "./resource.ts";
import type { Resource } from "./resource.ts";

/** Whose status it is: a recreated object is another one. */
export interface Owner {
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  /** At which it was seen with this uid, where that is known: it saves a look. */
  readonly resourceVersion?: string;
}

export type StatusOutcome =
  /**
   * `resourceVersion`: by it the event of one's own write is told from somebody else's. `stored`: the status that stands there now; a kind of
   * an older version leaves out what it does not know.
   */
  | { readonly outcome: "written"; readonly resourceVersion: string; readonly stored: unknown }
  /** It is what was written last. */
  | { readonly outcome: "unchanged" }
  /** There is no such object, or one of another uid has its name. */
  | { readonly outcome: "gone" }
  /** Not allowed, or not what the kind allows: the same again would be refused again. */
  | { readonly outcome: "refused"; readonly error: ApiError };

export interface StatusWriterOptions {
  readonly client: ApiClient;
  readonly resource: Resource;
  readonly fieldManager: string;
}

/** After collisions with other writers. */
const TRIES = 4;

interface Written {
  readonly uid: string;
  /** Of what was sent; empty while it is not known whether it was written. */
  readonly digest: string;
  readonly resourceVersion: string | undefined;
}

/**
 * Writes what one field manager says in the status of objects of one kind, by server-side apply with force. It is told the whole of it
 * each time: what it leaves out it no longer says. What the API server adds, as defaults do, is no change; what was written is remembered
 * as it was sent.
 *
 * It never reaches the object that took the name of a deleted one. The uid in an applied status does not see to that: for custom resources
 * the API server ignores it there. So each write names the version at which the object was seen with its uid, which is refused when
 * it is not the version in force; then it looks again.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #written = new Map<string, Written>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /**
   * One write at a time for an object: the caller sees to it. Throws an ApiError, or the signal's reason, for what may succeed later; then
   * it is not known whether it was written.
   */
  async write(owner: Owner, status: object, signal: AbortSignal): Promise<StatusOutcome> {
    const key = keyOfOwner(owner);
    const digest = createHash("sha256").update(canonical(status)).digest("hex");
    const last = this.#written.get(key);
    const known = last?.uid === owner.uid ? last : undefined;
    if (known?.digest === digest) return { outcome: "unchanged" };
    const open = { uid: owner.uid, digest: "", resourceVersion: newer(owner.resourceVersion, known?.resourceVersion) };
    this.#written.set(key, open);
    const outcome = await this.#tried(owner, open.resourceVersion, status, signal);
    // Not when it was forgotten meanwhile, because somebody changed it after this write.
    if (this.#written.get(key) === open) this.#remember(key, owner.uid, digest, outcome);
    return outcome;
  }

  /** Somebody else changed the object's status, or the object is no more: the next write is sent whatever it says. */
  forget(owner: Pick<Owner, "namespace" | "name">): void {
    this.#written.delete(keyOfOwner(owner));
  }

  #remember(key: string, uid: string, digest: string, outcome: StatusOutcome): void {
    if (outcome.outcome !== "written") this.#written.delete(key);
    else this.#written.set(key, { uid, digest, resourceVersion: outcome.resourceVersion });
  }

  async #tried(owner: Owner, seen: string | undefined, status: object, signal: AbortSignal): Promise<StatusOutcome> {
    let version = seen;
    for (let tries = 1; ; tries += 1) {
      version ??= await this.#look(owner, signal);
      if (version === undefined) return { outcome: "gone" };
      try {
        const { metadata, status: stored } = await this.#apply(owner, version, status, signal);
        return { outcome: "written", resourceVersion: metadata.resourceVersion, stored };
      } catch (error) {
        const refused = judged(error);
        if (!mayBeAnother(refused)) return { outcome: "refused", error: refused };
        if (tries >= TRIES) return unsettled(refused);
        version = undefined;
      }
    }
  }

  /** The version of the object with this uid; undefined when there is none. */
  async #look({ namespace, name, uid }: Owner, signal: AbortSignal): Promise<string | undefined> {
    const { client, resource } = this.#options;
    const asked = { method: "GET", path: pathOf(resource, { namespace, name }) } as const;
    try {
      const { metadata } = this.#read(await client.send(asked, signal), asked);
      return metadata.uid === uid ? metadata.resourceVersion : undefined;
    } catch (error) {
      if (isApiError(error) && error.status === 404) return undefined;
      throw error;
    }
  }

  async #apply(owner: Owner, resourceVersion: string, status: object, signal: AbortSignal): Promise<ApiObject> {
    const { client, resource, fieldManager } = this.#options;
    const { namespace, name, uid } = owner;
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion };
    const asked = { method: "PATCH", path: pathOf(resource, { namespace, name, subresource: "status" }) } as const;
    const request = {
      ...asked,
      query: { fieldManager, force: "true" },
      contentType: "application/apply-patch+yaml",
      body: { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, status },
    } as const;
    return this.#read(await client.send(request, signal), asked);
  }

  #read(answer: unknown, asked: Asked): ApiObject {
    const { resource } = this.#options;
    const object = objectOf(answer, { kind: resource.kind, apiVersion: apiVersionOf(resource) });
    if (!object) throw unreadable(asked, undefined);
    return object;
  }
}

/**
 * The API server judged the request; anything else may be otherwise next time. What does not fit the schema, as with definitions of an
 * older version, it calls an error of its own.
 */
function isJudgement({ status, message }: ApiError): boolean {
  if (status === 500) return message.includes("failed to create typed patch object");
  return status !== undefined && [400, 403, 404, 409, 413, 422].includes(status);
}

/** Throws what is no judgement. */
function judged(error: unknown): ApiError {
  if (!isApiError(error) || !isJudgement(error)) throw error;
  return error;
}

/** The object is there, and still it was not written: others were always faster, or its kind has no status. */
function unsettled(error: ApiError): StatusOutcome {
  if (error.status === 409) throw error;
  return { outcome: "refused", error };
}

/** It may be because the object is another one by now, or of another version. Built-in kinds answer 422 to another uid. */
function mayBeAnother({ status, causes }: ApiError): boolean {
  return status === 404 || status === 409 || causes.some(({ field }) => field === "metadata.uid");
}

function newer(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isOlder(a, b) ? b : a;
}

function keyOfOwner({ namespace, name }: Pick<Owner, "namespace" | "name">): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The same text for the same value, however its fields are ordered. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    isRecord(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
}
