/** Holds requests and the emulator's answers against Heroku's own JSON hyper-schema. The data API has none. */
import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import type { Contract } from "../emulator/contract.ts";

type Schema = Readonly<Record<string, unknown>>;

interface Link {
  readonly method: string;
  readonly href: string;
  readonly schema?: Schema;
  readonly targetSchema?: Schema;
}

interface Document {
  readonly definitions: Readonly<Record<string, { readonly links?: readonly Link[] }>>;
}

const FILE = new URL("schema/heroku.json", import.meta.url);
const ID = "heroku";

/** Answers of 400 and more are described nowhere; all have this form. */
const FAILURE: Schema = {
  type: "object",
  required: ["id", "message"],
  properties: {
    id: { type: "string", pattern: "^[a-z_]+$" },
    message: { type: "string" },
    url: { type: "string" },
    resource: { type: "string" },
    app: { type: "object", required: ["name"] },
  },
  additionalProperties: false,
};

/** What does not fit, in words, without values. */
export function hyperSchemaContract(): Contract {
  const { $schema: _, id: __, ...document } = JSON.parse(readFileSync(FILE, "utf8")) as Document & Schema;
  const strict = strictly(document) as Document;
  const ajv = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, allErrors: true });
  ajv.addSchema({ ...strict, $id: ID });
  const links = linksOf(strict, ajv);
  const failure = ajv.compile(FAILURE);
  return (call, route, reply) => {
    const title = `${call.method} ${route}`;
    const link = links.get(key(call.method, route));
    if (!link) return [`${title} is not described`];
    const asked = call.json === undefined ? [] : problems(link.asked, call.json, `${title}: the request`);
    const answered = reply.status >= 400 ? failure : link.answered;
    return [
      ...(reply.status >= 400 ? [] : asked),
      ...problems(answered, reply.body, `${title} ${reply.status}: the answer`),
    ];
  };
}

interface Checks {
  readonly asked: ValidateFunction | undefined;
  readonly answered: ValidateFunction | undefined;
}

function linksOf({ definitions }: Document, ajv: Ajv): ReadonlyMap<string, Checks> {
  const entries = Object.entries(definitions).flatMap(([name, { links = [] }]) => {
    return links.map((link, index) => {
      const at = `${ID}#/definitions/${name}/links/${index}`;
      const checkOf = (part: "schema" | "targetSchema") =>
        link[part] === undefined ? undefined : ajv.compile({ $ref: `${at}/${part}` });
      return [key(link.method, link.href), { asked: checkOf("schema"), answered: checkOf("targetSchema") }] as const;
    });
  });
  return new Map(entries);
}

/** Variable parts are named differently here and there. */
function key(method: string, path: string): string {
  return `${method} ${path.replaceAll(/\{[^}]*\}/g, "{}")}`;
}

/** Read closed: an answer with a property that is described nowhere is a stray, and so is one without an `id` of its own. */
function strictly(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strictly);
  if (typeof node !== "object" || node === null) return node;
  const schema = Object.fromEntries(Object.entries(node).map(([name, part]) => [name, strictly(part)]));
  const { properties } = schema;
  const isSchema = typeof properties === "object" && properties !== null && isObjectType(schema["type"]);
  return isSchema && !("additionalProperties" in schema) ? { ...schema, additionalProperties: false } : schema;
}

function isObjectType(type: unknown): boolean {
  return Array.isArray(type) && type.includes("object");
}

function problems(validate: ValidateFunction | undefined, value: unknown, title: string): string[] {
  if (validate === undefined || validate(value)) return [];
  return (validate.errors ?? []).slice(0, 5).map(({ instancePath, message }) => {
    return `${title} at ${instancePath || "/"} ${message ?? "does not fit"}`;
  });
}
