/** Why the API server of a cluster cannot be asked. */
import { KNOWN, NOT_BEGUN, RETRIES } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const CLUSTER_REASONS: Readonly<Record<string, Reason>> = {
  KubeconfigMissing: {
    meaning: "No kubeconfig was found, and this is no pod with a ServiceAccount's token.",
    fine: NOT_BEGUN,
    remedy: "Name a kubeconfig with KUBECONFIG; in a pod, mount the token of its ServiceAccount.",
    where: ["start"],
  },
  KubeconfigInvalid: {
    meaning: "The kubeconfig cannot be read, or names a server or a proxy that Velvet does not talk to.",
    fine: NOT_BEGUN,
    remedy: "Mend what the message names; kubectl config view shows how the file is read.",
    where: ["start"],
  },
  ContextMissing: {
    meaning: "The kubeconfig has no context of that name, or no current one.",
    fine: NOT_BEGUN,
    remedy: "Name one of the contexts that the message lists, or set one with kubectl config use-context.",
    where: ["start"],
  },
  ClusterCredentialMissing: {
    meaning:
      "There is nothing to prove to the API server who is asking: a program or a file of the kubeconfig gave nothing.",
    fine: KNOWN,
    remedy: "Run kubectl auth whoami with the same context: it shows what is missing.",
    where: ["start", "source"],
  },
  ClusterUnreachable: {
    meaning: "No connection to the API server could be made, or it broke.",
    fine: KNOWN,
    remedy: RETRIES,
    where: ["start", "source"],
  },
  ClusterTimeout: {
    meaning: "The API server did not answer in time.",
    fine: KNOWN,
    remedy: RETRIES,
    where: ["start", "source"],
  },
  ClusterAnswerTooLarge: {
    meaning: "The API server's answer was larger than Velvet reads.",
    fine: KNOWN,
    remedy: "Look for objects of this kind that are larger than a mebibyte.",
    where: ["source"],
  },
  ClusterAnswerUnreadable: {
    meaning: "What answered did not answer as an API server does.",
    fine: KNOWN,
    remedy: "Check that the kubeconfig's server is an API server, and what proxies stand before it.",
    where: ["start", "source"],
  },
  ClusterRedirects: {
    meaning:
      "The API server answered with a redirect, which Velvet does not follow, because it would take the credential along.",
    fine: KNOWN,
    remedy: "Let the kubeconfig name the server that it is redirected to.",
    where: ["start", "source"],
  },
};
