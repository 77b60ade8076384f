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
  return (call, route, reply) => {
    const title = `${call.method} ${route}`;
    const link = description().get(key(call.method, route));
    if (!link) return [`${title} is not described`];
    const answer = `${title} ${reply.status}: the answer`;
    if (reply.status >= 400) return problems(link.failed(), reply.body, answer);
    const asked = call.json === undefined ? [] : problems(link.asked(), call.json, `${title}: the request`);
    return [...asked, ...problems(link.answered(), reply.body, answer)];
  };
}

type Check = () => ValidateFunction | undefined;

interface Checks {
  readonly asked: Check;
  readonly answered: Check;
  readonly failed: Check;
}

/** Read and compiled once, and only what is asked for: it is large. */
const description = once(() => {
  const { $schema: _, id: __, ...document } = JSON.parse(readFileSync(FILE, "utf8")) as Document & Schema;
  const strict = strictly(document) as Document;
  const ajv = new Ajv({
    strict: false,
    validateFormats: false,
    validateSchema: false,
    inlineRefs: false,
    unicodeRegExp: false,
    allErrors: true,
  });
  ajv.addSchema({ ...strict, $id: ID });
  const failed = once(() => ajv.compile(FAILURE));
  const entries = Object.entries(strict.definitions).flatMap(([name, { links = [] }]) => {
    return links.map((link, index) => {
      const checkOf = (part: "schema" | "targetSchema") =>
        once(() =>
          link[part] === undefined
            ? undefined
            : ajv.compile({ $ref: `${ID}#/definitions/${name}/links/${index}/${part}` }),
        );
      const checks: Checks = { asked: checkOf("schema"), answered: checkOf("targetSchema"), failed };
      return [key(link.method, link.href), checks] as const;
    });
  });
  return new Map(entries);
});

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
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
