/** A status as an older definition of its kind takes it, which then says that it is not whole. Pure. */
import { type Definitions, named, OUTDATED, OUTDATED_REMEDY } from "../../sources/kubernetes/definitions.ts";
import { bounded } from "./conditions.ts";
import type { Status } from "./reading.ts";
import type { KnownSubject } from "./subjects.ts";

const LONGEST = 4_096;

export function fitTo(
  definitions: Pick<Definitions, "lacking" | "fitted">,
): (subject: Pick<KnownSubject, "kind" | "generation" | "createdAt">, status: Status) => Status {
  return ({ kind, generation, createdAt }, status) => {
    const lacking = definitions.lacking(kind);
    if (lacking.length === 0) return status;
    const message = `The cluster's definition of ${kind} is older than this Velvet; what is said in these fields is lost: ${named(lacking)}.`;
    const condition = {
      type: "DefinitionCurrent",
      status: "False",
      observedGeneration: generation,
      lastTransitionTime: createdAt,
      reason: OUTDATED,
      message: bounded(`${message} ${OUTDATED_REMEDY}`, LONGEST),
    };
    const conditions: unknown = status["conditions"];
    const all: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
    return definitions.fitted(kind, { ...status, conditions: [...all, condition] });
  };
}
