/** Manifests for tests, and a reader that knows their shape and no schema. */
import { isMap, LineCounter, parseAllDocuments } from "yaml";
import type { Kind } from "../../crds/kinds.gen.ts";
import type { Problem, ReadDocument, ReadManifests } from "../../controller/sources/look.ts";

export function requestText(
  name: string,
  options: { namespace?: string; credential?: string; suspend?: boolean; reason?: string } = {},
): string {
  return [
    "apiVersion: velvet.raxx.app/v1alpha1",
    "kind: RotationRequest",
    "metadata:",
    `  name: ${name}`,
    ...(options.namespace === undefined ? [] : [`  namespace: ${options.namespace}`]),
    "spec:",
    `  credentialRef: { name: ${options.credential ?? "orders-db"} }`,
    "  flow: Operational",
    `  reason: ${options.reason ?? "quarterly"}`,
    "  requestedBy: ana",
    ...(options.suspend === undefined ? [] : [`  suspend: ${options.suspend}`]),
    "",
  ].join("\n");
}

export function credentialText(name: string, environment = "development"): string {
  return [
    "apiVersion: velvet.raxx.app/v1alpha1",
    "kind: Credential",
    "metadata:",
    `  name: ${name}`,
    "spec:",
    "  credentialName: ORDERS_DB",
    `  environment: ${environment}`,
    "  issuer: { account: orders-postgres, postgres: { role: orders, alternate: orders_b } }",
    "  readFrom: orders-app",
    "  consumers:",
    "    - id: orders-app",
    "      account: orders-files",
    "      file: { path: orders/.env, format: dotenv }",
    "      keys: [{ field: url, name: DATABASE_URL }]",
    "",
  ].join("\n");
}

export function accountText(name: string): string {
  return [
    "apiVersion: velvet.raxx.app/v1alpha1",
    "kind: VendorAccount",
    `metadata: { name: ${name} }`,
    "spec:",
    "  adapter: file",
    "  file: { root: /tmp/orders }",
    "  allow: [{ namespaces: [orders] }]",
    "",
  ].join("\n");
}

export function decisionText(name: string, request: string): string {
  return [
    "apiVersion: velvet.raxx.app/v1alpha1",
    "kind: RotationDecision",
    `metadata: { name: ${name} }`,
    `spec: { requestRef: { name: ${request} }, action: Abort, reason: wrong day, decidedBy: ana }`,
    "",
  ].join("\n");
}

/** Takes any document with kind, name and spec; a text that is no YAML is a problem at its line. */
export const readLoosely: ReadManifests = ({ path, text }) => {
  const lines = new LineCounter();
  const documents: ReadDocument[] = [];
  const problems: Problem[] = [];
  for (const tree of parseAllDocuments(text, { lineCounter: lines })) {
    const start = lines.linePos(isMap(tree.contents) ? (tree.contents.range?.[0] ?? 0) : 0);
    const [error] = tree.errors;
    if (error !== undefined) {
      const { line, col } = lines.linePos(error.pos[0]);
      problems.push({ path, line, column: col, code: "InvalidYaml", message: "not YAML" });
      continue;
    }
    const { kind, metadata, spec } = tree.toJS() as {
      kind: Kind;
      metadata: { name: string; namespace?: string };
      spec: unknown;
    };
    documents.push({ kind, ...metadata, spec, line: start.line });
  }
  return { documents, problems };
};
