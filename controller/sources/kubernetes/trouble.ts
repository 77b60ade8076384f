/** What keeps a watch from going on, in words for a person. Pure. */
import { type ApiError, isApiError } from "../../kubernetes/error.ts";
import { SourceFailure } from "../failure.ts";
import { OUTDATED, OUTDATED_REMEDY } from "./definitions.ts";

const RIGHTS = "Give Velvet's ServiceAccount the rights of the chart; it goes on by itself.";

/** A `SourceFailure` where the API server is the cause; anything else as it is. */
export function failureOf(error: unknown, during: "watch" | "status"): unknown {
  if (!isApiError(error)) return error;
  switch (error.status) {
    case 404:
      return new SourceFailure(
        "CrdsNotInstalled",
        "The API server does not know Velvet's kinds.",
        "Install the CRDs, for example with the chart; the watch begins by itself.",
      );
    case 401:
    case 403:
      return new SourceFailure("KubernetesForbidden", FORBIDDEN[during], RIGHTS);
    default:
      if (during === "status" && isUnknownField(error))
        return new SourceFailure(OUTDATED, UNKNOWN_FIELD, OUTDATED_REMEDY);
      return new SourceFailure(
        "KubernetesUnavailable",
        "The API server does not answer, or not as it should.",
        "Look at the API server. What Velvet already knows stays in force, and rotations go on.",
      );
  }
}

const UNKNOWN_FIELD =
  "The cluster's CRDs do not know a field of this Velvet's statuses, and refuse such a status as a whole.";

/** The API server's own words for what its definition has no field for. */
function isUnknownField({ message }: ApiError): boolean {
  return message.includes("failed to create typed patch object");
}

const FORBIDDEN = {
  watch: "The API server does not let Velvet watch its own kinds. What Velvet already knows stays in force.",
  status: "The API server does not let Velvet write the statuses of its own kinds. Rotations go on unseen.",
} as const;
