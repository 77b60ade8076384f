/** How one environment variable is read: small parsers that throw `Mistake`, so that all mistakes can be told at once. */
import { isIP } from "node:net";
import { Secret } from "../adapters/secret.ts";
import { durationMs } from "./domain/duration.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** One environment variable. The whole table is also what the reference documentation is made of. */
export interface Setting<T> {
  readonly variable: string;
  /** One sentence for a person. */
  readonly meaning: string;
  /** What holds when it is absent, in words. */
  readonly fallback: string;
  readonly example: string;
  /** True when the value is never shown. */
  readonly secret?: true;
  /** Throws `Mistake`. */
  readonly parse: (text: string) => T;
}

/** What is wrong with one value. The message never quotes a secret. */
export class Mistake extends Error {
  override readonly name = "Mistake";
}

export function setting<T>(given: Setting<T>): Setting<T> {
  return given;
}

export function text(text: string): string {
  return text;
}

export function secretText(text: string): Secret {
  return Secret.from(text);
}

export function matching(pattern: RegExp, rule: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) throw new Mistake(`it must be ${rule}`);
    return text;
  };
}

export function oneOf<const T extends string>(...choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new Mistake(`it must be one of ${choices.join(", ")}`);
    return found;
  };
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new Mistake(`it must be a whole number from ${least} to ${most}`);
    }
    return number;
  };
}

/** Milliseconds, of text such as `30s`. */
export function duration(leastMs: number, mostMs: number, rule: string): (text: string) => number {
  return (text) => {
    const ms = /^(\d+(ms|s|m|h|d|w))+$/.test(text) ? durationMs(text) : Number.NaN;
    if (!(ms >= leastMs && ms <= mostMs)) throw new Mistake(`it must be a duration ${rule}, such as 30s or 5m`);
    return ms;
  };
}

export function absolutePath(text: string): string {
  if (!text.startsWith("/") || text.includes("\0")) throw new Mistake("it must be an absolute path");
  return text.length > 1 ? text.replace(/\/+$/, "") : text;
}

export function ipAddress(text: string): string {
  if (isIP(text) === 0) throw new Mistake("it must be an address such as 127.0.0.1, 0.0.0.0 or ::");
  return text;
}

/** A URL of Postgres; kept as a `Secret`, because it may hold a password. */
export function postgresUrl(text: string): Secret {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new Mistake("it must be a URL such as postgres://velvet_app:…@db.example.com:5432/velvet");
  }
  return Secret.from(text);
}

/** 32 bytes in base64, kept as they came. */
export function base64Key(text: string): Secret {
  const trimmed = text.trim();
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(trimmed))
    throw new Mistake("it must be 32 bytes in base64: openssl rand -base64 32");
  return Secret.from(trimmed);
}

const MOST_KEYS = 16;

/** Several of them with commas between; `-` is one that is retired. The first one also signs checkpoints, and stays. */
export function base64Keys(text: string): readonly (Secret | "-")[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.length > MOST_KEYS) throw new Mistake(`it must name at most ${MOST_KEYS} keys`);
  if (parts[0] === "-")
    throw new Mistake("it must hold the first key, which signs checkpoints: only a later one can be -");
  return parts.map((part) => (part === "-" ? "-" : base64Key(part)));
}

/** Runs a border parser that throws its own error, and keeps its message. */
export function accepted<T>(parse: (text: string) => unknown, keep: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      parse(text);
    } catch (error) {
      throw new Mistake(error instanceof Error ? error.message : "it is refused");
    }
    return keep(text);
  };
}

/** Names of Kubernetes namespaces; `*` for all of them is `all`. */
export function namespaceNames(text: string): "all" | readonly string[] {
  if (text.trim() === "*") return "all";
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  const wrong = names.find((name) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name));
  if (wrong !== undefined)
    throw new Mistake(`it must be * or names of namespaces with commas between; ${wrong} is none`);
  if (names.length > 200) throw new Mistake("it must name at most 200 namespaces; use * for all");
  return names;
}
