/**
 * Manifests from text. Every mistake of a file is found at once, each with line, column, and what was probably meant; a document
 * with a mistake is not handed on. Never throws. Any text costs well below a second of processor time.
 */
import type { Kind } from "../../../crds/kinds.gen.ts";
import type { Problem } from "../look.ts";
import { fieldsOf, isOurs, readEnvelope } from "./envelope.ts";
import { explain, type Finding, pointer } from "./explain.ts";
import { jsonComplaints } from "./json.ts";
import { offsetOf } from "./place.ts";
import { plainDocument } from "./plain.ts";
import { timeZoneFindings } from "./schedule-rules.ts";
import { brokenRules, type Step } from "./rules.ts";
import { GROUP, specValidator } from "./schema.ts";
import { slotFindings } from "./test-slots.ts";
import { type Complaint, entry, readTrees, textOf, type Tree } from "./tree.ts";

/** Bytes of UTF-8. */
export const MAX_BYTES = 256 * 1024;
/** Findings of one document that are looked at: more say nothing new. */
const MAX_FINDINGS = 400;
/** Characters of a message. */
const MAX_MESSAGE = 400;
/** Problems of one file that are listed; the rest is counted. */
export const MAX_PROBLEMS = 100;

export interface ParsedDocument {
  readonly kind: Kind;
  readonly name: string;
  /** As written; whether it may stand there is for the caller to say. */
  readonly namespace?: string;
  /** Checked against the schema and its rules, with the schema's defaults filled in as an API server does. */
  readonly spec: unknown;
  /** Where the document begins, from 1. */
  readonly line: number;
}

export interface ManifestContext {
  /** `tenant`: everything but VendorAccounts. `platform`: only VendorAccounts. `any`: to check a document by itself. */
  readonly tree: "tenant" | "platform" | "any";
  /** The environment that Credentials must be for; not checked when left out. */
  readonly environment?: string;
}

export interface ManifestFile {
  /** For problems; a name that ends in `.json` is held to JSON. */
  readonly path: string;
  readonly text: string;
}

export interface ReadResult {
  readonly documents: readonly ParsedDocument[];
  readonly problems: readonly Problem[];
}

/** Documents of other groups are skipped silently, and so is a file that does not mention Velvet at all. */
export function readManifests(file: ManifestFile, context: ManifestContext): ReadResult {
  if (!mentionsVelvet(file.text)) return { documents: [], problems: [] };
  const size = Buffer.byteLength(file.text);
  if (size > MAX_BYTES) {
    const message = `the file has ${size} bytes; at most ${MAX_BYTES} are read`;
    return { documents: [], problems: problemsOf(file.path, [{ line: 1, column: 1, code: "FileTooLarge", message }]) };
  }
  const { trees, complaints } = readTrees(file.text);
  const results = trees.map((tree) => readDocument(tree, context));
  const found = [...complaints, ...results.flatMap((result) => result.complaints)];
  const documents = results.flatMap(({ document }) => document ?? []);
  if (documents.length > 0 || found.length > 0) found.push(...jsonComplaints(file));
  return {
    documents: found.some(({ code }) => code === "InvalidJson") ? [] : documents,
    problems: problemsOf(file.path, found),
  };
}

/**
 * The same rules for an object that an API server has taken: its schema and its CRD's rules hold already, unless the CRD is of another
 * version. `spec` gets the schema's defaults filled in, in place.
 */
export function readObject(
  object: { readonly kind: Kind; readonly namespace?: string; readonly spec: unknown },
  path: string,
  context: ManifestContext,
): readonly Problem[] {
  const around = treeFindings(object.kind, object.namespace, context);
  const spec = object.spec === undefined ? [specMissing()] : specFindings(object.kind, object.spec, context);
  const complaints = [...around, ...spec].map(({ code, message, suggestion }) => {
    return { line: 0, column: 0, code, message, ...(suggestion === undefined ? {} : { suggestion }) };
  });
  return problemsOf(path, complaints);
}

function specMissing(): Finding {
  return { path: ["spec"], part: "key", code: "MissingField", message: "spec is missing" };
}

/** Whether anything in the text could make a document ours, a misspelt group or a misspelt kind included. */
export function mentionsVelvet(text: string): boolean {
  return /raxx|VendorAccount|RotationRequest|RotationDecision|kind["']?\s*:\s*["']?Credential/i.test(text);
}

interface DocumentResult {
  readonly document?: ParsedDocument;
  readonly complaints: readonly Complaint[];
}

function readDocument(tree: Tree, context: ManifestContext): DocumentResult {
  // A document that cannot be read may be ours: then it is better to say so.
  if (tree.errors.length > 0) return { complaints: tree.errors };
  const apiVersion = textOf(entry(tree.root, "apiVersion"));
  const kind = textOf(entry(tree.root, "kind"));
  if (apiVersion === "v1" && kind === "List") return listComplaint(tree);
  return isOurs(apiVersion, kind) ? readOurs(tree, context) : { complaints: [] };
}

function readOurs(tree: Tree, context: ManifestContext): DocumentResult {
  const { value, complaints } = plainDocument(tree);
  const fields = fieldsOf(value) ?? new Map<string, unknown>();
  const { kind, name, namespace, findings: around } = readEnvelope(fields);
  const findings = [...around, ...treeFindings(kind, namespace, context)];
  const spec = fields.get("spec");
  if (kind) findings.push(...specFindings(kind, spec, context));
  const all = withoutEchoes([...tree.marks, ...complaints], located(tree, findings));
  if (all.length > 0 || !kind || name === undefined) return { complaints: all };
  const place = namespace === undefined ? {} : { namespace };
  return { document: { kind, name, ...place, spec, line: tree.start.line }, complaints: [] };
}

/** kubectl would apply what a List holds, and silence would hide it. */
function listComplaint(tree: Tree): DocumentResult {
  if (!JSON.stringify(plainDocument(tree).value).includes(GROUP)) return { complaints: [] };
  const message = "a List is not read";
  const suggestion = "write each object as a document of its own, with --- between them";
  return { complaints: [{ ...tree.start, code: "ListNotRead", message, suggestion }] };
}

function treeFindings(kind: Kind | undefined, namespace: string | undefined, { tree }: ManifestContext): Finding[] {
  const at = { path: ["kind"], part: "value" as const };
  if (kind === "VendorAccount" && tree === "tenant") {
    const message = "a VendorAccount belongs to the platform team and is never read from a tenant's tree";
    return [
      {
        ...at,
        code: "AccountInTenantTree",
        message,
        suggestion: "ask the platform team, or move it to the platform's tree",
      },
    ];
  }
  if (kind !== undefined && kind !== "VendorAccount" && tree === "platform") {
    const message = `only VendorAccounts are read from the platform's tree, and this is a ${kind}`;
    return [{ ...at, code: "TenantKindInPlatformTree", message, suggestion: "move it to a tenant's tree" }];
  }
  if (kind === "VendorAccount" && namespace !== undefined) {
    const path = ["metadata", "namespace"];
    return [
      {
        path,
        part: "key",
        code: "NamespaceOfAccount",
        message: "a VendorAccount has no namespace",
        suggestion: "remove it",
      },
    ];
  }
  return [];
}

function specFindings(kind: Kind, spec: unknown, context: ManifestContext): Finding[] {
  if (spec === undefined) return [];
  const validate = specValidator(kind);
  const findings = validate(spec) ? [] : explain((validate.errors ?? []).slice(0, MAX_FINDINGS), ["spec"]);
  const isUnsound = unsoundPlaces(findings);
  for (const { twin, path } of brokenRules(kind, spec, isUnsound))
    findings.push({ path, part: twin.at === undefined ? "key" : "value", code: twin.code, message: twin.message });
  return kind === "Credential" ? [...findings, ...credentialFindings(spec, context, isUnsound)] : findings;
}

/** What no schema can know of a Credential. */
function credentialFindings(
  spec: unknown,
  context: ManifestContext,
  isUnsound: (path: readonly Step[]) => boolean,
): Finding[] {
  const environment = fieldsOf(spec)?.get("environment");
  return [
    ...slotFindings(spec, isUnsound),
    ...(isUnsound(["spec", "environment"]) ? [] : environmentFindings(environment, context)),
    ...(isUnsound(["spec", "rotation", "timeZone"]) ? [] : timeZoneFindings(spec)),
  ];
}

/** Whether something at a path, below it or above it is wrong by the schema. */
function unsoundPlaces(findings: readonly Finding[]): (path: readonly Step[]) => boolean {
  const wrong = new Set<string>();
  const above = new Set<string>();
  for (const { path, meant } of findings)
    for (const each of meant ? [path, meant] : [path]) {
      wrong.add(pointer(each));
      for (const length of each.keys()) above.add(pointer(each.slice(0, length)));
    }
  return (path) =>
    above.has(pointer(path)) ||
    [...path.keys(), path.length].some((length) => wrong.has(pointer(path.slice(0, length))));
}

function environmentFindings(environment: unknown, context: ManifestContext): Finding[] {
  if (context.environment === undefined || environment === context.environment) return [];
  const message = `this Credential is for the environment ${String(environment)}, and this controller is for ${context.environment}`;
  return [{ path: ["spec", "environment"], part: "value", code: "WrongEnvironment", message }];
}

function located(tree: Tree, findings: readonly Finding[]): Complaint[] {
  return findings.slice(0, MAX_FINDINGS).map(({ path, part, code, message, suggestion }) => ({
    ...tree.at(offsetOf(tree.root, path, part)),
    code,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  }));
}

/** What the schema says about a value that is already refused as YAML says nothing new. */
function withoutEchoes(yaml: readonly Complaint[], schema: readonly Complaint[]): Complaint[] {
  const places = new Set(yaml.map(({ line, column }) => `${line}:${column}`));
  return [...yaml, ...schema.filter(({ line, column }) => !places.has(`${line}:${column}`))];
}

/** Fit for one line and for an index: a message may quote a name from the file. */
function short(message: string): string {
  const line = message.toWellFormed().replaceAll(/\p{Cc}+/gu, " ");
  return line.length <= MAX_MESSAGE ? line : `${line.slice(0, MAX_MESSAGE - 1).toWellFormed()}…`;
}

function problemsOf(path: string, complaints: readonly Complaint[]): Problem[] {
  const sorted = complaints
    .map((complaint): Problem => ({ path, ...complaint, message: short(complaint.message) }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  if (sorted.length <= MAX_PROBLEMS) return sorted;
  const rest = {
    path,
    line: 0,
    column: 0,
    code: "MoreProblems",
    message: `${sorted.length - MAX_PROBLEMS} more problems are not listed`,
  };
  return [...sorted.slice(0, MAX_PROBLEMS), rest];
}
