/** Who vouches for the name in an object: the API server, or nobody. Pure. */
import type { ApiObject } from "../../kubernetes/object.ts";
import type { Trust } from "../look.ts";

export interface TrustFacts {
  /** Only of what was created after this a name is proven; absent: of nothing. */
  readonly provenFrom: Date | undefined;
  /** Field managers of GitOps controllers, which apply in the name of others. */
  readonly gitOpsManagers: readonly string[];
}

/**
 * `admission`: the policies stood when the object was made, so that the name in it is that of the user whom the API server knows, and no
 * GitOps controller has written its spec in the name of somebody else.
 */
export function trustOf(object: ApiObject, { provenFrom, gitOpsManagers }: TrustFacts): Trust {
  const { creationTimestamp, managedFields = [] } = object.metadata;
  if (provenFrom === undefined || creationTimestamp === undefined) return "claimed";
  // Times of the API server have whole seconds: one made in the same second may have been made before.
  if (!(provenFrom.getTime() < Date.parse(creationTimestamp))) return "claimed";
  const writers = managedFields.filter((entry) => ownsSpec(entry.fieldsV1));
  const known = writers.every(({ manager }) => manager !== undefined && !gitOpsManagers.includes(manager));
  return writers.length > 0 && known ? "admission" : "claimed";
}

function ownsSpec(fields: unknown): boolean {
  return typeof fields === "object" && fields !== null && "f:spec" in fields;
}
