/** Reads and writes of single objects at the fake API server. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Asked } from "./fake-api-server.fixture.ts";
import type { FakeMeta, FakeObject, FakeStore } from "./fake-store.fixture.ts";

type Fields = Record<string, unknown>;

export function statusBody(code: number, reason: string, message = `the fake says ${reason}`): object {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message };
}

export function sayStatus(
  response: ServerResponse,
  code: number,
  reason = "Fault",
  headers: Record<string, string> = {},
  body: unknown = statusBody(code, reason),
): void {
  response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

export async function readBody(request: IncomingMessage): Promise<Fields> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? {} : (JSON.parse(text) as Fields);
}

export function write(store: FakeStore, asked: Asked, body: Fields, response: ServerResponse): void {
  const done = (object: unknown, code = 200): void => sayStatus(response, code, "", {}, object);
  const key = asked.key ?? keyIn(asked, body);
  const old = store.get(asked.collection, key);
  if (asked.method === "POST") {
    return old ? sayStatus(response, 409, "AlreadyExists") : done(store.put(asked.collection, key, body), 201);
  }
  if (!old) return sayStatus(response, 404, "NotFound");
  if (asked.method === "GET") return done(old);
  if (asked.method === "DELETE") return done({ kind: "Status", status: String(store.remove(asked.collection, key)) });
  if (isOther(old, asked, body)) return sayStatus(response, 409, "Conflict");
  done(store.put(asked.collection, key, changed(old, asked, body)));
}

/**
 * The write is meant for another object, or another version of it. As measured with version 1.36, a patch of a custom resource's status
 * may name any uid.
 */
function isOther(old: FakeObject, { method, subresource }: Asked, body: Fields): boolean {
  const meant = { ...old.metadata, ...(body["metadata"] as Partial<FakeMeta> | undefined) };
  if (meant.resourceVersion !== old.metadata.resourceVersion) return true;
  return (subresource !== "status" || method === "PUT") && meant.uid !== old.metadata.uid;
}

function keyIn({ namespace }: Asked, body: Fields): string {
  const { name = "" } = (body["metadata"] ?? {}) as { name?: string };
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** With the status subresource only the status changes. An apply is taken for the whole of what its manager owns. */
function changed(old: FakeObject, { method, subresource, headers }: Asked, body: Fields): Fields {
  if (subresource === "status") return { ...old, status: body["status"] };
  if (method === "PUT" || headers["content-type"] === "application/apply-patch+yaml") return body;
  return merged(old, body);
}

function merged(into: Fields, from: Fields): Fields {
  const result = { ...into };
  for (const [name, value] of Object.entries(from)) {
    const old = result[name];
    if (value === null) delete result[name];
    else result[name] = isFields(value) && isFields(old) ? merged(old, value) : value;
  }
  return result;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
