import { type ManifestContext, type ReadResult, readManifests } from "../../controller/sources/manifest/read.ts";
import type { Problem } from "../../controller/sources/look.ts";

/** Small manifests that are accepted, to be spoilt by tests. */
export const REQUEST = `apiVersion: velvet.raxx.app/v1alpha1
kind: RotationRequest
metadata:
  name: rotate-orders-db
spec:
  credentialRef: {name: orders-db}
  flow: Operational
  reason: quarterly rotation
  requestedBy: ada
`;

export const CREDENTIAL = `apiVersion: velvet.raxx.app/v1alpha1
kind: Credential
metadata:
  name: orders-db
spec:
  credentialName: ORDERS_DB
  environment: staging
  issuer: {account: orders-postgres, postgres: {role: orders}}
  custody: {account: orders-files, file: {path: custody/orders.json, format: json}}
  consumers:
    - {id: orders-app, account: orders-files, keys: [{field: url, name: DATABASE_URL}]}
`;

export const ACCOUNT = `apiVersion: velvet.raxx.app/v1alpha1
kind: VendorAccount
metadata: {name: local-random}
spec: {adapter: random, allow: [{namespaces: [orders]}]}
`;

/** Reads as a tenant's file, unless told otherwise. */
export function read(text: string, context: Partial<ManifestContext> & { path?: string } = {}): ReadResult {
  const { path = "a.yaml", ...rest } = context;
  return readManifests({ path, text }, { tree: "tenant", ...rest });
}

/** The one problem of a text that gives no document. */
export function only(text: string, context?: Partial<ManifestContext> & { path?: string }): Problem {
  const { documents, problems } = read(text, context);
  const [problem, ...rest] = problems;
  if (documents.length > 0 || !problem || rest.length > 0)
    throw new Error(`not one problem: ${JSON.stringify({ documents, problems })}`);
  return problem;
}
