/**
 * The public sealing key on the cluster, so that people can seal without the ledger: a ConfigMap in the controller's namespace. What the
 * ledger names is published, whichever replica does it, and written only where something else stands there.
 */
import { KEY_ENTRY, SEALING_KEY } from "../../custody/published-key.ts";
import type { ApiClient } from "../../kubernetes/client.ts";
import { isApiError } from "../../kubernetes/error.ts";
import { pathOf, type Resource } from "../../kubernetes/resource.ts";
import type { Db } from "../../ledger/db.ts";
import { installOf } from "../../ledger/credentials.ts";

const CONFIG_MAPS: Resource = {
  group: "",
  version: "v1",
  plural: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};
export interface KeyPublication {
  readonly db: Db;
  readonly client: ApiClient;
}

export type Published = "written" | "unchanged" | "nothing to publish";

/** Throws what the API server says: 403 where publishing was not asked for. */
export async function publishSealingKey({ db, client }: KeyPublication, signal: AbortSignal): Promise<Published> {
  const install = await installOf(db);
  if (!install) return "nothing to publish";
  const wanted = `${install.id}/${install.sealingKey}`;
  const path = pathOf(CONFIG_MAPS, { namespace: client.namespace, name: SEALING_KEY });
  if ((await stands(client, path, signal)) === wanted) return "unchanged";
  await client.send(
    {
      method: "PATCH",
      path,
      query: { fieldManager: "velvet", force: "true" },
      contentType: "application/apply-patch+yaml",
      body: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: SEALING_KEY, namespace: client.namespace },
        data: { [KEY_ENTRY]: wanted },
      },
    },
    signal,
  );
  return "written";
}

async function stands(client: ApiClient, path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const found = await client.send<{ readonly data?: Readonly<Record<string, string>> }>(
      { method: "GET", path },
      signal,
    );
    return found.data?.[KEY_ENTRY];
  } catch (error) {
    if (isApiError(error) && error.status === 404) return undefined;
    throw error;
  }
}
