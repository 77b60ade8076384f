/** Secrets, by server-side apply and by merge patch. */
import { randomUUID } from "node:crypto";
import type { Call, Reply } from "../emulator/emulator.ts";
import type { Stored } from "./emulator-objects.ts";
import { applied, groupOf, metadataOf, status, updated } from "./emulator-objects.ts";

export interface StoredSecret extends Stored {
  type: string;
  immutable: boolean;
  ownerReferences: readonly object[];
}

interface Body {
  readonly metadata?: {
    readonly name?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Record<string, string>;
  };
  readonly data?: Record<string, string | null>;
  readonly type?: string;
}

const NEEDS: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
};

export class Secrets {
  readonly namespaces = new Map<string, "active" | "ending">();
  readonly all = new Map<string, StoredSecret>();
  readonly #nextVersion: () => number;

  constructor(nextVersion: () => number) {
    this.#nextVersion = nextVersion;
  }

  get(call: Call): Reply {
    const found = this.all.get(keyOf(call.params));
    if (!found) return notFound("secrets", call.params["name"] ?? "");
    const isMetadata = call.headers.accept?.includes("as=PartialObjectMetadata;") === true;
    return {
      status: 200,
      body: isMetadata ? { kind: "PartialObjectMetadata", metadata: metadataOf(found) } : shown(found),
    };
  }

  create(call: Call): Reply {
    const { ns = "" } = call.params;
    const body = call.json as Body;
    const name = body.metadata?.name ?? "";
    const no = this.#refuseNamespace(ns);
    if (no) return no;
    if (this.all.has(`${ns}/${name}`)) return status(409, "AlreadyExists", `secrets "${name}" already exists`);
    const made = this.make(ns, name, body.type);
    return { status: 201, body: shown(made) };
  }

  make(namespace: string, name: string, type = "Opaque"): StoredSecret {
    const made: StoredSecret = {
      namespace,
      name,
      uid: randomUUID(),
      version: this.#nextVersion(),
      generation: 0,
      values: new Map(),
      owners: [],
      type,
      immutable: false,
      ownerReferences: [],
    };
    this.all.set(`${namespace}/${name}`, made);
    return made;
  }

  patch(call: Call): Reply {
    const found = this.all.get(keyOf(call.params));
    if (!found) return notFound("secrets", call.params["name"] ?? "");
    const body = call.json as Body;
    if (isOutdated(found, body)) return modified();
    return this.#change(found, body, call);
  }

  #change(found: StoredSecret, body: Body, call: Call): Reply {
    const manager = call.query.get("fieldManager") ?? "";
    const writing = { manager, now: call.now, nextVersion: this.#nextVersion };
    const isApply = call.headers["content-type"] === "application/apply-patch+yaml";
    if (isApply && manager === "") return status(422, "Invalid", "fieldManager is required for apply patch");
    const copy = cloned(found);
    if (!isApply) {
      updated(copy, writing, changesIn(body));
      return this.#admit(found, copy);
    }
    const force = call.query.get("force") === "true";
    return applied(copy, { ...writing, force, fields: fieldsIn(body) }) ?? this.#admit(found, copy);
  }

  #admit(found: StoredSecret, next: StoredSecret): Reply {
    const [before, after] = [groupOf(found, "data"), groupOf(next, "data")];
    if (found.immutable && JSON.stringify(before) !== JSON.stringify(after)) {
      const message = "field is immutable when `immutable` is set";
      return status(422, "Invalid", message, { causes: [{ reason: "FieldValueForbidden", message, field: "data" }] });
    }
    const missing = (NEEDS[found.type] ?? []).find((key) => after[key] === undefined);
    if (missing !== undefined) return status(422, "Invalid", `data[${missing}]: Required value`);
    const bytes = Object.values(after).reduce((sum, text) => sum + Buffer.byteLength(text, "base64"), 0);
    if (bytes > 1024 * 1024) return status(422, "Invalid", "data: Too long: may not be more than 1048576 bytes");
    this.all.set(`${next.namespace}/${next.name}`, next);
    return { status: 200, body: shown(next) };
  }

  #refuseNamespace(namespace: string): Reply | undefined {
    const state = this.namespaces.get(namespace);
    if (state === undefined) return notFound("namespaces", namespace);
    if (state === "active") return undefined;
    const causes = [
      { reason: "NamespaceTerminating", message: "namespace is being terminated", field: "metadata.namespace" },
    ];
    return status(403, "Forbidden", "unable to create new content in namespace because it is being terminated", {
      causes,
    });
  }
}

export function isOutdated({ version }: Stored, body: { metadata?: { resourceVersion?: string } }): boolean {
  const expected = body.metadata?.resourceVersion;
  return expected !== undefined && expected !== String(version);
}

function cloned(found: StoredSecret): StoredSecret {
  const owners = found.owners.map((each) => ({ ...each, fields: new Set(each.fields) }));
  return { ...found, values: new Map(found.values), owners };
}

function fieldsIn({ data = {}, metadata = {} }: Body): Map<string, string> {
  const annotations = Object.entries(metadata.annotations ?? {}).map(
    ([name, text]) => [`annotations/${name}`, text] as const,
  );
  return new Map([
    ...Object.entries(data).map(([name, text]) => [`data/${name}`, text ?? ""] as const),
    ...annotations,
  ]);
}

function changesIn({ data = {} }: Body): Map<string, string | undefined> {
  return new Map(Object.entries(data).map(([name, text]) => [`data/${name}`, text ?? undefined]));
}

function shown(secret: StoredSecret): object {
  const [data, annotations] = [groupOf(secret, "data"), groupOf(secret, "annotations")];
  return {
    kind: "Secret",
    apiVersion: "v1",
    metadata: {
      ...metadataOf(secret),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ...(secret.ownerReferences.length > 0 ? { ownerReferences: secret.ownerReferences } : {}),
    },
    ...(Object.keys(data).length > 0 ? { data } : {}),
    ...(secret.immutable ? { immutable: true } : {}),
    type: secret.type,
  };
}

function keyOf({ ns = "", name = "" }: Call["params"]): string {
  return `${ns}/${name}`;
}

export function notFound(kind: string, name: string): Reply {
  return status(404, "NotFound", `${kind} "${name}" not found`, { kind, name });
}

export function modified(): Reply {
  return status(
    409,
    "Conflict",
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}
