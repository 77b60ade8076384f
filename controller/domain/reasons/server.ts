/** What the API server says of a manifest when it is asked with a dry run. */
import type { Reason } from "./reason.ts";

const KEPT = "Nothing was kept: it was a dry run.";

export const SERVER_REASONS: Readonly<Record<string, Reason>> = {
  ServerRefused: {
    meaning: "The API server would not take the object, although the offline check found nothing.",
    fine: KEPT,
    remedy:
      "Correct what the message names; where it surprises you, see with `velvet doctor` whether the CRDs are of this version.",
    commands: ["velvet doctor --cluster"],
    where: ["manifest"],
  },
  PolicyRefused: {
    meaning: "An admission policy of the cluster would refuse the object.",
    fine: KEPT,
    remedy: "Do what the policy's message says; who may what is for a cluster administrator to say.",
    where: ["manifest"],
  },
  ServerForbids: {
    meaning: "You may not apply, nor create, such an object there.",
    fine: KEPT,
    remedy:
      "Name the right namespace, or ask a cluster administrator for a RoleBinding to the role that the suggestion names.",
    where: ["manifest"],
  },
  NamespaceNotFound: {
    meaning: "The cluster has no such namespace.",
    fine: KEPT,
    remedy: "Correct metadata.namespace, or name the namespace with -n.",
    where: ["manifest"],
  },
};
