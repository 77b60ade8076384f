/** Log lines: JSON for programs, one plain line each for a person at a terminal. Secrets redact themselves, so nothing is filtered here. */
import { AsyncLocalStorage } from "node:async_hooks";
import { stripVTControlCharacters } from "node:util";
import { type DestinationStream, pino } from "pino";
import colours from "picocolors";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** The few words that Velvet's parts use. The first argument is facts by name; an `Error` stands under `err`. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  /** Every line until `run` settles has these facts, whoever writes it; where a scope stands in another, the facts of both. */
  within?<T>(facts: object, run: () => Promise<T>): Promise<T>;
}

/** A log that knows what is being done. */
export type ScopedLog = Log & Required<Pick<Log, "within">>;

export interface LogOptions {
  readonly level: LogLevel;
  /** Where lines go: `process.stdout` fits. */
  readonly stream: { write(text: string): unknown; readonly isTTY?: boolean };
  /** Bare JSON even at a terminal. */
  readonly json?: boolean;
}

export function openLog({ level, stream, json }: LogOptions): ScopedLog {
  const scope = new AsyncLocalStorage<object>();
  const sink: DestinationStream = { write: (line) => void stream.write(line) };
  const pretty: DestinationStream = { write: (line) => void stream.write(prettyLine(line)) };
  const lines = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errorFacts },
      // A copy: pino writes a line's own facts into it, which win.
      mixin: () => ({ ...scope.getStore() }),
    },
    stream.isTTY === true && json !== true ? pretty : sink,
  );
  return {
    debug: (facts, message) => lines.debug(facts, message),
    info: (facts, message) => lines.info(facts, message),
    warn: (facts, message) => lines.warn(facts, message),
    error: (facts, message) => lines.error(facts, message),
    within: async (facts, run) => scope.run({ ...scope.getStore(), ...facts }, run),
  };
}

/** Only what an error says on purpose: a driver's error may carry a query, a URL or a body in its other members. */
function errorFacts(error: unknown): object {
  if (!(error instanceof Error)) return { message: "something that is no error was thrown" };
  const { name, message, stack } = error;
  const known = error as { reason?: unknown; remedy?: unknown; code?: unknown };
  return { name, message, reason: known.reason, remedy: known.remedy, code: known.code, stack };
}

const SHORT: Readonly<Record<string, string>> = {
  debug: colours.dim("debug"),
  info: colours.cyan("info "),
  warn: colours.yellow("warn "),
  error: colours.red("error"),
};

interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
  readonly err?: { readonly message?: string; readonly remedy?: string; readonly stack?: string };
}

function prettyLine(text: string): string {
  const { level, time, msg = "", err, ...facts } = JSON.parse(text) as Line;
  const told = Object.entries(facts).map(([name, value]) => `${name}=${plain(value)}`);
  const said = [visible(msg), err?.message, err?.remedy].filter((part) => part !== undefined && part !== "");
  const head = `${colours.dim(time.slice(11, 19))} ${SHORT[level] ?? level} ${said.map(visible).join(": ")}`;
  return `${`${head} ${colours.dim(told.join(" "))}`.trimEnd()}\n${stackOf(level, err)}`;
}

/** Only where nobody has thought of a remedy: then it is for whoever mends Velvet. */
function stackOf(level: string, err: Line["err"]): string {
  return level === "error" && err?.stack !== undefined && err.remedy === undefined ? `${colours.dim(err.stack)}\n` : "";
}

function plain(value: unknown): string {
  return typeof value === "string" && /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}

/** A line stays one line, and nothing in it steers the terminal. */
function visible(text = ""): string {
  return stripVTControlCharacters(text).replaceAll(/\p{Cc}+/gu, " ");
}
