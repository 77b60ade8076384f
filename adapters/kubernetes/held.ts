/** A Secret as it is held, and who owns what of it. Pure. */
import { OWNER } from "./api.ts";
import type { Claim, Fields } from "./shapes.ts";
import { claimsOf, fieldsOf, itemsOf, textAt, textsOf } from "./shapes.ts";

/** Our annotation: for each key that Velvet wrote, before which version of the Secret it was last changed. */
export const KEY_VERSIONS = "velvet.raxx.app/key-versions";

export interface Held {
  readonly version: string;
  readonly type: string;
  readonly immutable: boolean;
  /** Key name to base64. */
  readonly keys: Readonly<Record<string, string>>;
  readonly claims: readonly Claim[];
  readonly keyVersions: Readonly<Record<string, string>>;
  /** Kind and name of the object whose controller makes this Secret. */
  readonly madeBy: string | undefined;
  /** `kubectl apply` keeps what it applied, values and all. */
  readonly keepsApplied: boolean;
}

export function heldOf(body: unknown): Held | undefined {
  const object = fieldsOf(body);
  const metadata = fieldsOf(object["metadata"]);
  const version = textAt(metadata, "resourceVersion");
  if (version === undefined || version === "") return undefined;
  const annotations = textsOf(metadata["annotations"]);
  return {
    version,
    type: textAt(object, "type") ?? "Opaque",
    immutable: object["immutable"] === true,
    keys: textsOf(object["data"]),
    claims: claimsOf(metadata),
    keyVersions: versionsIn(annotations[KEY_VERSIONS]),
    madeBy: makerOf(metadata),
    keepsApplied: annotations["kubectl.kubernetes.io/last-applied-configuration"] !== undefined,
  };
}

function versionsIn(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {};
  try {
    return textsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function makerOf(metadata: Fields): string | undefined {
  const owner = itemsOf(metadata["ownerReferences"]).find((reference) => reference["controller"] === true);
  return owner && `${textAt(owner, "kind") ?? "an object"} ${textAt(owner, "name") ?? ""}`.trim();
}

function keysOf(claim: Claim): readonly string[] {
  return Object.keys(fieldsOf(claim.fields["f:data"])).flatMap((name) =>
    name.startsWith("f:") ? [name.slice(2)] : [],
  );
}

function isOurs({ owner, operation }: Claim): boolean {
  return owner === OWNER && operation === "Apply";
}

/** The keys that an apply of ours must name again, for what it leaves out is deleted. */
export function ownKeys(held: Held): readonly string[] {
  return held.claims.filter(isOurs).flatMap(keysOf);
}

export function claimsOn(held: Held, keys: readonly string[]): readonly Claim[] {
  return held.claims.filter((claim) => keysOf(claim).some((key) => keys.includes(key)));
}

/** Others that own one of these keys. */
export function otherOwners(held: Held, keys: readonly string[]): readonly string[] {
  return [
    ...new Set(
      claimsOn(held, keys)
        .filter((claim) => !isOurs(claim))
        .map(({ owner }) => owner),
    ),
  ];
}
