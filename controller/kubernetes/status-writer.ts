import { createHash } from "node:crypto";
import type { ApiClient } from "./client.ts";
import { isApiError } from "./error.ts";
import type { ApiError } from "./error.ts";
import { isRecord } from "./object.ts";
import { apiVersionOf, pathOf } from "./resource.ts";
import type { Resource } from "./resource.ts";

/** Whose status it is: a recreated object is another one. */
export interface Owner {
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
}

export type StatusOutcome =
  /** `stored`: the status that stands there now; a kind of an older version leaves out what it does not know. */
  | { readonly outcome: "written"; readonly stored: unknown }
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

/** After a collision with other writers that the API server gave up on itself. */
const TRIES = 3;

/**
 * Writes what one field manager says in the status of objects of one kind. It is told the whole of it each time: what it leaves out it no
 * longer says. What the API server adds, as defaults do, is no change; what was written is remembered as it was sent.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #written = new Map<string, { readonly uid: string; readonly digest: string }>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** One write at a time for an object: the caller sees to it. Throws an ApiError for what may succeed later; then it is not known whether it was written. */
  async write(owner: Owner, status: object, signal: AbortSignal): Promise<StatusOutcome> {
    const key = keyOfOwner(owner);
    const digest = createHash("sha256").update(canonical(status)).digest("hex");
    const last = this.#written.get(key);
    if (last?.uid === owner.uid && last.digest === digest) return { outcome: "unchanged" };
    const written = { uid: owner.uid, digest: "" };
    this.#written.set(key, written);
    const outcome = await this.#tried(owner, status, signal);
    // Not when it was forgotten meanwhile, because somebody changed it after this write.
    const mine = this.#written.get(key) === written;
    if (mine && outcome.outcome === "written") this.#written.set(key, { uid: owner.uid, digest });
    else if (mine) this.#written.delete(key);
    return outcome;
  }

  /** Somebody else changed the object's status, or the object is no more: the next write is sent whatever it says. */
  forget(owner: Pick<Owner, "namespace" | "name">): void {
    this.#written.delete(keyOfOwner(owner));
  }

  async #tried(owner: Owner, status: object, signal: AbortSignal): Promise<StatusOutcome> {
    for (let tries = 1; ; tries += 1) {
      try {
        return { outcome: "written", stored: await this.#apply(owner, status, signal) };
      } catch (error) {
        if (!isApiError(error) || !isAnswer(error)) throw error;
        const there = error.status !== 404 && error.status !== 409 ? true : await this.#isThere(owner, signal);
        if (!there) return { outcome: "gone" };
        // The object is there: its kind has no status, or other writers were always faster.
        if (error.status !== 409) return { outcome: "refused", error };
        if (tries >= TRIES) throw error;
      }
    }
  }

  async #apply(owner: Owner, status: object, signal: AbortSignal): Promise<unknown> {
    const { client, resource, fieldManager } = this.#options;
    const { namespace, name, uid } = owner;
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }), uid };
    const answer: unknown = await client.send(
      {
        method: "PATCH",
        path: pathOf(resource, { namespace, name, subresource: "status" }),
        query: { fieldManager, force: "true" },
        contentType: "application/apply-patch+yaml",
        body: { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, status },
      },
      signal,
    );
    return isRecord(answer) ? answer["status"] : undefined;
  }

  async #isThere({ namespace, name, uid }: Owner, signal: AbortSignal): Promise<boolean> {
    const { client, resource } = this.#options;
    try {
      const found: unknown = await client.send({ method: "GET", path: pathOf(resource, { namespace, name }) }, signal);
      return metaOf(found)["uid"] === uid;
    } catch (error) {
      if (isApiError(error) && error.status === 404) return false;
      throw error;
    }
  }
}

/** The API server judged the request; anything else may be otherwise next time. */
function isAnswer({ status }: ApiError): boolean {
  return status !== undefined && [400, 403, 404, 409, 413, 422].includes(status);
}

function keyOfOwner({ namespace, name }: Pick<Owner, "namespace" | "name">): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function metaOf(value: unknown): Readonly<Record<string, string | undefined>> {
  const metadata = isRecord(value) && isRecord(value["metadata"]) ? value["metadata"] : {};
  const texts = Object.entries(metadata).flatMap(([name, text]) =>
    typeof text === "string" ? [[name, text] as const] : [],
  );
  return Object.fromEntries(texts);
}

/** The same text for the same value, however its fields are ordered. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    isRecord(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
}
