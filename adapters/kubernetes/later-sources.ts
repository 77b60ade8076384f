/**
 * What a later `envFrom` of a container brings under the name of our key, which then counts instead of ours. Of the other Secret or ConfigMap
 * only its metadata is asked for, where the API server keeps who owns which key: no value of somebody else's ever comes here. It takes a
 * right of its own, `get` on that object: without it nothing is seen.
 */
import { isAdapterError } from "../errors.ts";
import { path } from "../http-path.ts";
import { claimsOf, type Fields, fieldsOf, itemsOf, textAt } from "./shapes.ts";
import type { Place } from "./sink.ts";

/** Undefined: what it holds nobody may ask for here, or it is not there. */
export type KeysOf = (source: Source) => Promise<ReadonlySet<string> | undefined>;

export interface Source {
  readonly kind: "Secret" | "ConfigMap";
  readonly name: string;
  readonly prefix: string;
}

/** So many of one container are asked about; nobody has more, and a manifest could. */
const MOST = 32;

export function sourcesOf(container: Fields): readonly Source[] {
  return itemsOf(container["envFrom"]).flatMap((entry): Source[] => {
    const prefix = textAt(entry, "prefix") ?? "";
    const secret = textAt(fieldsOf(entry["secretRef"]), "name");
    if (secret !== undefined) return [{ kind: "Secret", name: secret, prefix }];
    const map = textAt(fieldsOf(entry["configMapRef"]), "name");
    return map === undefined ? [] : [{ kind: "ConfigMap", name: map, prefix }];
  });
}

/** The last one that brings a variable counts. Undefined: it is ours, or none of the others is seen to. */
export async function laterSource(
  sources: readonly Source[],
  own: number,
  variable: string,
  { secret, key, keysOf }: { readonly secret: string; readonly key: string; readonly keysOf: KeysOf },
): Promise<Source | undefined> {
  for (const source of sources.slice(own + 1, own + 1 + MOST).toReversed()) {
    if (!variable.startsWith(source.prefix)) continue;
    const wanted = variable.slice(source.prefix.length);
    if (source.kind === "Secret" && source.name === secret) {
      if (wanted === key) return undefined;
    } else if ((await keysOf(source))?.has(wanted)) return source;
  }
  return undefined;
}

const METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";

/** Each object is asked for once in a look. */
export function keysAsked({ api, block: { namespace } }: Place, signal: AbortSignal): KeysOf {
  const asked = new Map<string, Promise<ReadonlySet<string> | undefined>>();
  const ask = async ({ kind, name }: Source): Promise<ReadonlySet<string> | undefined> => {
    const at =
      kind === "Secret"
        ? path`/api/v1/namespaces/${namespace}/secrets/${name}`
        : path`/api/v1/namespaces/${namespace}/configmaps/${name}`;
    const may = `get the ${kind} ${name} in the namespace ${namespace}`;
    const answer = await api.ask({ method: "GET", path: at, headers: { accept: METADATA } }, may, signal).catch(mayNot);
    return answer === undefined || answer.status !== 200 ? undefined : keysIn(answer.body);
  };
  return async (source) => {
    const id = `${source.kind}/${source.name}`;
    const known = asked.get(id) ?? ask(source);
    asked.set(id, known);
    return known;
  };
}

function mayNot(error: unknown): undefined {
  if (isAdapterError(error) && error.reason === "AccountForbidden") return undefined;
  throw error;
}

/** Binary ones of a ConfigMap are no variables. */
function keysIn(body: unknown): ReadonlySet<string> {
  const names = claimsOf(fieldsOf(fieldsOf(body)["metadata"])).flatMap(({ fields }) => [
    ...Object.keys(fieldsOf(fields["f:data"])),
    ...Object.keys(fieldsOf(fields["f:stringData"])),
  ]);
  return new Set(names.flatMap((name) => (name.startsWith("f:") ? [name.slice(2)] : [])));
}
