/** Creates what a command composed, never over something that is there. */
import { isApiError } from "../../kubernetes/error.ts";
import { pathOf } from "../../kubernetes/resource.ts";
import { ownName } from "../../kubernetes/who.ts";
import type { CommandContext } from "../command.ts";
import type { DecisionOptions } from "../decision.ts";
import { CommandFailure } from "../failure.ts";
import { type DraftManifest, manifestText } from "../manifest.ts";
import { printable } from "../output.ts";
import type { OpenCluster } from "./open.ts";
import { DECISIONS, REQUESTS } from "./resources.ts";

/** Who the API server says that we are: what its policies hold names against. */
export async function myName(cluster: OpenCluster): Promise<string> {
  const name = await ownName(async (request) => cluster.send(request));
  if (name !== undefined) return name;
  throw new CommandFailure({
    happened: "The API server does not say who you are.",
    stillFine: "Nothing was created.",
    next: "See with kubectl auth whoami.",
  });
}

/** True where it is there now: not with a dry run. Throws with every problem where the schema would refuse it. */
export async function create(
  cluster: OpenCluster,
  { out }: Pick<CommandContext, "out">,
  manifest: DraftManifest,
  dryRun: DecisionOptions["dryRun"] = "none",
): Promise<boolean> {
  manifestText(manifest);
  const { kind, name, spec, namespace = cluster.namespace } = manifest;
  const resource = kind === "RotationRequest" ? REQUESTS : DECISIONS;
  const said = printable(`${kind.toLowerCase()}.velvet.raxx.app/${name}`);
  if (dryRun === "client") {
    out.line(`${said} would be created in ${printable(namespace)} (client dry run)`);
    return false;
  }
  const body = { apiVersion: "velvet.raxx.app/v1alpha1", kind, metadata: { name, namespace }, spec };
  const query = {
    fieldManager: "velvet-cli",
    fieldValidation: "Strict",
    ...(dryRun === "server" ? { dryRun: "All" } : {}),
  };
  try {
    await cluster.send({ method: "POST", path: pathOf(resource, { namespace }), query, body });
  } catch (error) {
    throw explained(error, kind, `${namespace}/${name}`);
  }
  out.note(`${said} created${dryRun === "server" ? " (server dry run: nothing is kept)" : ""}`);
  return dryRun === "none";
}

function explained(error: unknown, kind: string, place: string): unknown {
  if (!isApiError(error)) return error;
  if (error.status === undefined && error.reason !== "ClusterUnreachable") {
    return new CommandFailure({
      happened: `The API server did not answer, so that nobody knows whether the ${kind} ${printable(place)} was created.`,
      stillFine: "It is there whole, or not at all.",
      next: "Look with `velvet status --all`, and run the same again with --name where it is not there.",
    });
  }
  if (error.reason !== "AlreadyExists") return error;
  return new CommandFailure({
    happened: `There is a ${kind} ${printable(place)} already.`,
    stillFine: "It was not touched: requests and decisions are immutable, and their names are used once.",
    next: "Give this one another name with --name.",
  });
}
