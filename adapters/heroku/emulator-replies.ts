/** What every answer of the emulated Heroku has in common. */
import type { Call, Reply } from "../emulator/emulator.ts";

export function failed(status: number, id: string, message: string): Reply {
  return { status, body: { id, message } };
}

export const UNAUTHORIZED = failed(401, "unauthorized", "Invalid credentials provided.");
export const FORBIDDEN = failed(403, "forbidden", "You do not have access to this resource.");

export function notFound(what: string): Reply {
  return { status: 404, body: { id: "not_found", resource: what, message: `Couldn't find that ${what}.` } };
}

export function invalid(message: string): Reply {
  return failed(422, "invalid_params", message);
}

export function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

interface Page {
  readonly by: string;
  /** `]` before it: without it. */
  readonly start: string;
  readonly without: boolean;
  readonly most: number;
  readonly turn: 1 | -1;
}

const RANGE = /^(\w+) (\]?)(.*?)\.\.[^;]*(?:; *(.*))?$/;

function pageOf({ headers: { range = "" } }: Call, field: string): Page {
  const [, by = field, open = "", start = "", rest = ""] = RANGE.exec(range) ?? [];
  const options = new Map(rest.split(/[;,] */).map((part) => [part.split("=")[0], part.split("=")[1]]));
  const most = Math.min(Number(options.get("max") ?? 200), 1_000);
  return { by, start, without: open === "]", most, turn: options.get("order") === "desc" ? -1 : 1 };
}

/** A list is cut into pages as `Range` asks, 200 at a time without a word; 206 names the next one. */
export function paged(call: Call, items: readonly Readonly<Record<string, unknown>>[], field: string): Reply {
  const { by, start, without, most, turn } = pageOf(call, field);
  if (by !== field) return failed(416, "requested_range_not_satisfiable", "Invalid `Range` header.");
  const sorted = items.toSorted((one, other) => turn * compare(one[field], other[field]));
  const least = without ? 1 : 0;
  const left = start === "" ? sorted : sorted.filter((item) => turn * compare(item[field], start) >= least);
  const body = left.slice(0, most);
  if (left.length <= most) return { status: 200, body };
  const next = `${field} ]${String(body.at(-1)?.[field])}..; ${turn < 0 ? "order=desc," : ""}max=${most}`;
  return { status: 206, headers: { "next-range": next }, body };
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === "number") return Math.sign(one - Number(other));
  if (String(one) === String(other)) return 0;
  return String(one) < String(other) ? -1 : 1;
}
