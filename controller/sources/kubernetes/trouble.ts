/** What keeps a watch from going on, in words for a person. Pure. */
import { isApiError } from "../../kubernetes/error.ts";
import { SourceFailure } from "../failure.ts";

/** A `SourceFailure` where the API server is the cause; anything else as it is. */
export function failureOf(error: unknown): unknown {
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
      return new SourceFailure(
        "KubernetesForbidden",
        "The API server does not let Velvet watch its own kinds.",
        "Give Velvet's ServiceAccount the rights of the chart; the watch goes on by itself.",
      );
    default:
      return new SourceFailure(
        "KubernetesUnavailable",
        "The API server does not answer, or not as it should.",
        "Look at the API server. What Velvet already knows stays in force, and rotations go on.",
      );
  }
}
