/** The public sealing key that the controller publishes on its cluster. */
import { KEY_ENTRY, SEALING_KEY } from "../../custody/published-key.ts";
import { isApiError } from "../../kubernetes/error.ts";
import { pathOf, type Resource } from "../../kubernetes/resource.ts";
import { CommandFailure } from "../failure.ts";
import { printable } from "../output.ts";
import { parseSealingKey, type SealingKey } from "../sealing-key.ts";
import type { OpenCluster } from "./open.ts";

const CONFIG_MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
/** As the chart is installed where nobody says otherwise. */
const DEFAULT_NAMESPACE = "velvet";

export async function publishedKey(cluster: OpenCluster, namespace = DEFAULT_NAMESPACE): Promise<SealingKey> {
  const place = `${printable(namespace)}/${SEALING_KEY}`;
  const found = await read(cluster, namespace, place);
  const key = parseSealingKey(found?.data?.[KEY_ENTRY] ?? "");
  if (key) return key;
  throw new CommandFailure({
    happened: found
      ? `The ConfigMap ${place} holds no sealing key.`
      : `There is no ConfigMap ${place} that you may read.`,
    stillFine: "Nothing was sealed.",
    next: "Name the controller's namespace with --controller-namespace. Where it publishes no key (sealingKey.publish), ask the platform team for `velvet seal --print-key`, and give that with --key-file.",
  });
}

interface ConfigMap {
  readonly data?: Readonly<Record<string, string>>;
}

/** Undefined where it is not there, or may not be read: the API server does not tell which. */
async function read(cluster: OpenCluster, namespace: string, name: string): Promise<ConfigMap | undefined> {
  try {
    const path = pathOf(CONFIG_MAPS, { namespace, name: SEALING_KEY });
    return await cluster.send<ConfigMap>({ method: "GET", path });
  } catch (error) {
    if (isApiError(error) && (error.status === 404 || error.status === 403)) return undefined;
    if (error instanceof RangeError)
      throw new CommandFailure({
        happened: `${name} can be no place.`,
        stillFine: "Nothing was sealed.",
        next: "Name the controller's namespace with --controller-namespace.",
      });
    throw error;
  }
}
