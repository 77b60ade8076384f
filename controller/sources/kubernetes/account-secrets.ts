/**
 * Secrets of vendor accounts in the controller's own namespace. Each is read by its name, which is all that the controller may do with
 * Secrets, and read again now and then, so that one that was changed is seen. Only what an account in the ledger names is read.
 */
import { Secret } from "../../../adapters/secret.ts";
import type { SecretSource } from "../../../crds/kinds.gen.ts";
import type { ApiClient } from "../../kubernetes/client.ts";
import { isApiError } from "../../kubernetes/error.ts";
import { pathOf, type Resource } from "../../kubernetes/resource.ts";
import { type Db, statement } from "../../ledger/db.ts";
import { createBell } from "../bell.ts";

const SECRETS: Resource = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true };
const NAMED = statement("account_secret_names");
const LARGEST = 65_536;
const EVERY_MS = 30_000;

export interface AccountSecrets {
  /** As last read; undefined where there is none, or it could never be read. */
  lookup(source: SecretSource): Secret | undefined;
  /** An account may have changed: read soon. */
  wake(): void;
  /** Reads all that is named once. Throws only what the ledger says. */
  refresh(signal: AbortSignal): Promise<void>;
  /** Until the signal; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export interface AccountSecretsOptions {
  readonly db: Db;
  readonly client: ApiClient;
  /** A Secret could not be read, by name; what was read before stays in force. */
  readonly onTrouble: (error: unknown, name: string | undefined) => void;
  readonly everyMs?: number;
}

export function openAccountSecrets({ db, client, onTrouble, everyMs }: AccountSecretsOptions): AccountSecrets {
  const known = new Map<string, ReadonlyMap<string, Secret>>();
  const bell = createBell();
  const refresh = async (signal: AbortSignal): Promise<void> => {
    const rows = await db.query<{ name: string }>(NAMED);
    const named = new Set(rows.map(({ name }) => name));
    for (const name of known.keys()) if (!named.has(name)) known.delete(name);
    for (const name of named) {
      signal.throwIfAborted();
      const found = await readSecret(client, name, signal).catch((error: unknown) => onTrouble(error, name));
      if (found) known.set(name, found);
    }
  };
  return {
    lookup: ({ secretRef }) => (secretRef ? known.get(secretRef.name)?.get(secretRef.key) : undefined),
    wake: () => bell.ring(),
    refresh,
    run: async (signal) => {
      while (!signal.aborted) {
        await bell.wait(everyMs ?? EVERY_MS, signal);
        if (!signal.aborted) await refresh(signal).catch((error: unknown) => onTrouble(error, undefined));
      }
    },
  };
}

/** Empty where it is not there. */
async function readSecret(client: ApiClient, name: string, signal: AbortSignal): Promise<ReadonlyMap<string, Secret>> {
  try {
    const path = pathOf(SECRETS, { namespace: client.namespace, name });
    const { data = {} } = await client.send<{ readonly data?: Readonly<Record<string, string>> }>(
      { method: "GET", path },
      signal,
    );
    return new Map(Object.entries(data).flatMap(([key, text]) => secretOf(key, text)));
  } catch (error) {
    if (isApiError(error) && error.status === 404) return new Map();
    throw error;
  }
}

function secretOf(key: string, text: unknown): [string, Secret][] {
  if (typeof text !== "string" || text.length > LARGEST * 2) return [];
  // As with a file: a last line break is the editor's, not the secret's.
  return [
    [
      key,
      Secret.from(
        Buffer.from(text, "base64")
          .toString("utf8")
          .replace(/\r?\n$/, ""),
      ),
    ],
  ];
}
