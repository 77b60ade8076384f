/** `velvet validate --server`: each manifest that the offline check lets pass is applied with a dry run, as who this person is. */
import { type ApiError, isApiError } from "../../kubernetes/error.ts";
import { isRecord } from "../../kubernetes/object.ts";
import { pathOf, type Resource } from "../../kubernetes/resource.ts";
import type { Problem } from "../../sources/look.ts";
import { type PlacedObject, placedObjects } from "../../sources/manifest/placed.ts";
import type { ManifestFile, ParsedDocument } from "../../sources/manifest/read.ts";
import { present } from "../present.ts";
import type { Inspect } from "../validate.ts";
import type { OpenCluster } from "./open.ts";
import { problemsOf } from "./refusal.ts";
import { ACCOUNTS, CREDENTIALS, DECISIONS, raiseWithoutKinds, REQUESTS } from "./resources.ts";

export interface ServerOptions {
  /** Of what names none; else the context's. */
  readonly namespace?: string | undefined;
  /** Who applies, as the API server keeps it. */
  readonly fieldManager: string;
}

const RESOURCES: Readonly<Record<ParsedDocument["kind"], Resource>> = {
  VendorAccount: ACCOUNTS,
  Credential: CREDENTIALS,
  RotationRequest: REQUESTS,
  RotationDecision: DECISIONS,
};

/** Rejects where the API server cannot be asked, or does not know the kinds. */
export function serverInspection(cluster: OpenCluster, options: ServerOptions): Inspect {
  return async (file: ManifestFile, documents: readonly ParsedDocument[]): Promise<Problem[]> => {
    const placed = new Map(placedObjects(file.text).map((object) => [object.line, object]));
    const problems: Problem[] = [];
    for (const document of documents) {
      const object = placed.get(document.line);
      if (object && !cluster.stop.aborted)
        problems.push(...(await inspect(cluster, options, file.path, document, object)));
    }
    return problems;
  };
}

async function inspect(
  cluster: OpenCluster,
  options: ServerOptions,
  path: string,
  document: ParsedDocument,
  placed: PlacedObject,
): Promise<Problem[]> {
  const error = await refusal(cluster, options, document, placed);
  if (error === undefined) return [];
  const problems = problemsOf(error, path, placed);
  if (problems.length > 0) return problems;
  throw error.status === 404 ? raiseWithoutKinds(error, cluster) : error;
}

/**
 * Applied as a GitOps controller would, forcing: whose fields they are is no matter of the manifest. Who may only create, as an approver
 * may decisions, is asked whether that would work.
 */
async function refusal(
  cluster: OpenCluster,
  { namespace = cluster.namespace, fieldManager }: ServerOptions,
  { kind, name, namespace: own }: ParsedDocument,
  placed: PlacedObject,
): Promise<ApiError | undefined> {
  const resource = RESOURCES[kind];
  const place = resource.namespaced ? { namespace: own ?? namespace } : {};
  const body = bodyOf(placed, { name, ...place });
  const query = { dryRun: "All", fieldManager, fieldValidation: "Strict" };
  const applied = await refused(cluster, {
    method: "PATCH",
    path: pathOf(resource, { ...place, name }),
    query: { ...query, force: "true" },
    body,
    contentType: "application/apply-patch+yaml",
  });
  if (applied === undefined || !isForbidden(applied)) return applied;
  const created = await refused(cluster, { method: "POST", path: pathOf(resource, place), query, body });
  return created !== undefined && isForbidden(created) ? applied : created;
}

/** As written, but for what a server fills in. */
function bodyOf({ fields }: PlacedObject, place: { readonly name: string; readonly namespace?: string }): object {
  const metadata = fields.get("metadata");
  const { labels, annotations } = isRecord(metadata) ? metadata : {};
  return {
    apiVersion: fields.get("apiVersion"),
    kind: fields.get("kind"),
    metadata: { ...place, ...present({ labels, annotations }) },
    spec: fields.get("spec"),
  };
}

async function refused(
  cluster: OpenCluster,
  request: Parameters<OpenCluster["send"]>[0],
): Promise<ApiError | undefined> {
  try {
    await cluster.send(request);
    return undefined;
  } catch (error) {
    if (isApiError(error) && error.status !== undefined && error.status !== 401 && error.status !== 429) return error;
    throw error;
  }
}

/** By the roles, and not by a policy. */
function isForbidden({ status, message }: ApiError): boolean {
  return status === 403 && !message.includes("ValidatingAdmissionPolicy");
}
