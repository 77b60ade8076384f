/** Holds what an adapter sends and what an emulator answers against a vendor's official description. */
import { readFileSync } from "node:fs";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { Call, Reply } from "./emulator.ts";

/** What does not fit, in words, without values. */
export type Contract = (call: Call, route: string, reply: Reply) => readonly string[];

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly requestBody?: { readonly required?: boolean };
  readonly responses?: Readonly<Record<string, unknown>>;
}

export interface OpenApiOptions {
  /** `GET /user/tokens 429`: answers that the vendor gives and the description leaves out, each with where that is known from. */
  readonly undescribed?: Readonly<Record<string, string>>;
}

/** `document`: OpenAPI 3.0 as JSON. Routes are named as its paths. */
export function openApiContract(document: URL, options: OpenApiOptions = {}): Contract {
  const { api, check, checkRequest } = described(document);
  return (call, route, reply) => {
    const title = `${call.method} ${route}`;
    const operation = api.paths[route]?.[call.method.toLowerCase()];
    if (!operation) return [`${title} is not described`];
    const at = ["paths", route, call.method.toLowerCase()];
    const asked = call.json === undefined ? [] : checkRequest([...at, "requestBody"], call.json);
    const missing = call.json === undefined && operation.requestBody?.required === true ? ["has no body"] : [];
    return [
      ...[...asked, ...missing].map((found) => `${title}: the request ${found}`),
      ...answered(operation, reply, at, check, title, options).map((found) => `${title} ${reply.status}: ${found}`),
    ];
  };
}

interface Described {
  readonly api: OpenApi;
  readonly check: Check;
  /** What is read-only is for the vendor to give: required of its answers, never of a request. */
  readonly checkRequest: Check;
}

/** Compiling a description takes longer than most tests, and it does not change. */
const READ = new Map<string, Described>();

function described(document: URL): Described {
  const known = READ.get(document.href);
  if (known) return known;
  const api = JSON.parse(readFileSync(document, "utf8")) as OpenApi;
  const read = {
    api,
    check: checksOf(document.href, api),
    checkRequest: checksOf(`${document.href}?request`, withoutReadOnly(api, api)),
  };
  READ.set(document.href, read);
  return read;
}

type Check = (at: readonly string[], value: unknown) => readonly string[];

function answered(
  operation: Operation,
  { status, body }: Reply,
  at: readonly string[],
  check: Check,
  title: string,
  { undescribed = {} }: OpenApiOptions,
): readonly string[] {
  if (`${title} ${status}` in undescribed || `* ${status}` in undescribed) return [];
  const family = `${String(status).charAt(0)}XX`;
  const key = [String(status), family, family.toLowerCase(), "default"].find(
    (name) => operation.responses && name in operation.responses,
  );
  if (key === undefined) return ["no such answer is described"];
  return body === undefined ? [] : check([...at, "responses", key], body).map((found) => `the answer ${found}`);
}

/** Compiled when first asked for. A place that describes no JSON finds nothing. */
function checksOf(id: string, api: OpenApi): Check {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(api, id);
  const compiled = new Map<string, ValidateFunction | undefined>();
  return (at, value) => {
    const key = at.join("\n");
    if (!compiled.has(key)) {
      const pointer = schemaAt(api, at);
      compiled.set(key, pointer === undefined ? undefined : ajv.compile({ $ref: `${id}#${pointer}` }));
    }
    const validate = compiled.get(key);
    if (!validate || validate(value)) return [];
    return (validate.errors ?? []).slice(0, 5).map(wordsOf);
  };
}

/** Follows references to where the JSON schema stands. */
function schemaAt(api: unknown, at: readonly string[]): string | undefined {
  let path = [...at];
  for (const name of ["content", JSON_TYPE, "schema"]) {
    const ref = refAt(api, path);
    if (ref) path = ref;
    const here = typeof name === "string" ? name : Object.keys(valueAt(api, path) ?? {}).find((key) => name.test(key));
    if (here === undefined) return undefined;
    path = [...path, here];
  }
  return valueAt(api, path) === undefined ? undefined : pointerOf(path);
}

const JSON_TYPE = /^application\/([a-z.-]+\+)?json\b/;

/** The same description, where no schema requires a property that is `readOnly`. */
function withoutReadOnly<T>(api: unknown, part: T): T {
  if (Array.isArray(part)) return part.map((item: unknown) => withoutReadOnly(api, item)) as T;
  if (typeof part !== "object" || part === null) return part;
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(part).map(([name, value]) => [name, withoutReadOnly(api, value)]),
  );
  const { required } = copy;
  if (Array.isArray(required)) copy["required"] = required.filter((name) => !isReadOnly(api, part, String(name)));
  return copy as T;
}

function isReadOnly(api: unknown, schema: object, name: string): boolean {
  const at = ["properties", name];
  const target = refAt(schema, at);
  return valueAt(target ? api : schema, [...(target ?? at), "readOnly"]) === true;
}

function refAt(api: unknown, path: readonly string[]): string[] | undefined {
  const found = valueAt(api, path);
  const ref = typeof found === "object" && found !== null && "$ref" in found ? found.$ref : undefined;
  if (typeof ref !== "string" || !ref.startsWith("#/")) return undefined;
  return ref
    .slice(2)
    .split("/")
    .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueAt(api: unknown, path: readonly string[]): unknown {
  let here = api;
  for (const name of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Record<string, unknown>)[name];
  }
  return here;
}

function pointerOf(path: readonly string[]): string {
  return path.map((part) => `/${encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))}`).join("");
}

function wordsOf({ instancePath, message, params }: ErrorObject): string {
  const extra = "additionalProperty" in params ? ` (${String(params["additionalProperty"])})` : "";
  return `at ${instancePath || "/"} ${message ?? "does not fit"}${extra}`;
}
