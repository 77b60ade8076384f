import type { DesiredDocument, Origin, Problem, ReadDocument, ReadManifests } from "../look.ts";
import type { Change } from "./history.ts";
import { problemOf } from "./tree.ts";

export interface ReadFile {
  readonly documents: readonly ReadDocument[];
  readonly problems: readonly Problem[];
}

/** What a tenant's file says, in the namespace that its path belongs to. Pure, given `read`. */
export function readTenantFile(
  file: { readonly path: string; readonly namespace: string; readonly bytes: Buffer },
  read: ReadManifests,
  environment: string | undefined,
): ReadFile {
  const text = utf8(file.bytes);
  if (text === undefined)
    return { documents: [], problems: [problemOf(file.path, "NotUtf8", "The file is not UTF-8 text.")] };
  const found = read(
    { path: file.path, text },
    { tree: "tenant", ...(environment === undefined ? {} : { environment }) },
  );
  const foreign = found.documents.filter((document) => !belongs(document, file.namespace));
  const problems = foreign.map((document): Problem => ({
    path: file.path,
    line: document.line,
    column: 1,
    code: document.kind === "VendorAccount" ? "KindNotAllowed" : "NamespaceMismatch",
    message:
      document.kind === "VendorAccount"
        ? "A VendorAccount belongs to the platform team and is never read from a tenant's tree."
        : `metadata.namespace is "${document.namespace}", but this path belongs to the namespace "${file.namespace}".`,
  }));
  return {
    documents: found.documents.filter((document) => belongs(document, file.namespace)),
    problems: [...found.problems, ...problems],
  };
}

function belongs(document: ReadDocument, namespace: string): boolean {
  if (document.kind === "VendorAccount") return false;
  return document.namespace === undefined || document.namespace === namespace;
}

/** The document as the ledger takes it. Pure. */
export function desired(
  document: ReadDocument,
  namespace: string,
  path: string,
  change: Change | undefined,
): DesiredDocument {
  const { kind, name, spec, line } = document;
  const origin: Origin = { path, line, ...change };
  return { kind, namespace, name, spec, origin };
}

const DECODER = new TextDecoder("utf-8", { fatal: true });

/** Text, or nothing where the bytes are not UTF-8. A byte order mark is dropped. Pure. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return DECODER.decode(bytes);
  } catch {
    return undefined;
  }
}
