/** The environment, read once into one frozen object. Nothing else reads it. */
import { distance } from "fastest-levenshtein";
import { Secret } from "../adapters/secret.ts";
import { type Environment, Mistake, type Setting } from "./settings.ts";
import { SETTINGS } from "./variables.ts";

type Read = { readonly [Name in keyof typeof SETTINGS]?: ReturnType<(typeof SETTINGS)[Name]["parse"]> };

/** What holds when a variable is absent. */
interface Defaults {
  readonly dataDir: string;
  readonly checkpointFile: string;
  readonly checkpointGitBranch: string;
  readonly cacheDir: string;
  readonly environment: string;
  readonly install: string;
  readonly gitBranch: string;
  readonly gitIntervalMs: number;
  readonly rotation: "on" | "off";
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly concurrency: number;
  readonly httpHost: string;
}

export type Config = Omit<Read, keyof Defaults> &
  Defaults & {
    /** The value of a variable `VELVET_ACCOUNT_*`; undefined for every other name. */
    readonly accountSecret: (variable: string) => Secret | undefined;
  };

/** The facts of the machine that defaults depend on. */
export interface Machine {
  readonly root: boolean;
  readonly home: string;
}

/** Every mistake in the environment at once. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly reason = "ConfigInvalid";
  readonly stillFine = "Nothing was started.";
  readonly remedy = "Correct the environment; velvet doctor checks the rest.";
  /** One sentence each, by variable. */
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`The configuration is refused:\n${mistakes.map((mistake) => `  ${mistake}`).join("\n")}`);
    this.mistakes = mistakes;
  }
}

/** Reads and checks the whole environment. An empty variable counts as absent. Throws `ConfigError`. */
export function readConfig(environment: Environment, machine: Machine): Config {
  const mistakes: string[] = [];
  const read = readEach(environment, mistakes);
  mistakes.push(...misspelt(environment), ...contradictions(read, mistakes));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const whole = { ...defaults(environment, machine), ...read };
  const checkpointFile = read.checkpointFile ?? `${whole.dataDir}/checkpoint.json`;
  return Object.freeze({ ...whole, checkpointFile, accountSecret: accountSecrets(environment) });
}

function readEach(environment: Environment, mistakes: string[]): Read {
  const entries = Object.entries<Setting<unknown>>(SETTINGS).flatMap(([name, { variable, parse }]) => {
    const value = environment[variable] ?? "";
    if (value === "") return [];
    try {
      return [[name, parse(value)]];
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      mistakes.push(`${variable}: ${error.message}`);
      return [];
    }
  });
  return Object.fromEntries(entries) as Read;
}

/**
 * Variables that are almost one of ours. Only those: Kubernetes itself sets `VELVET_PORT` and the like for a Service called velvet.
 */
function misspelt(environment: Environment): string[] {
  const known = Object.values(SETTINGS).map(({ variable }) => variable);
  return Object.keys(environment).flatMap((name) => {
    if (!name.startsWith("VELVET_") || known.includes(name) || name.startsWith("VELVET_ACCOUNT_")) return [];
    const meant = known.find((variable) => distance(name, variable) <= 2);
    return meant === undefined ? [] : [`${name}: it is not known; did you mean ${meant}?`];
  });
}

/** What cannot be together, or not without another. */
const CONTRADICTIONS: readonly (readonly [found: (read: Read) => boolean, mistake: string])[] = [
  [
    (read) => read.kek !== undefined && read.kekFile !== undefined,
    "VELVET_KEK_FILE: it must not be given beside VELVET_KEK",
  ],
  [
    (read) => read.kekPrevious !== undefined && read.kek === undefined && read.kekFile === undefined,
    "VELVET_KEK_PREVIOUS: it is of no use without the current key in VELVET_KEK or VELVET_KEK_FILE",
  ],
  [
    (read) => read.databaseUrl !== undefined && read.kek === undefined && read.kekFile === undefined,
    "VELVET_KEK: it must be given with DATABASE_URL, here or as VELVET_KEK_FILE: openssl rand -base64 32",
  ],
  [
    (read) => read.databaseUrl === undefined && read.migrationDatabaseUrl !== undefined,
    "VELVET_MIGRATION_DATABASE_URL: it is of no use without DATABASE_URL",
  ],
  [
    (read) => read.databaseUrl === undefined && read.auditDatabaseUrl !== undefined,
    "VELVET_AUDIT_DATABASE_URL: it is of no use without DATABASE_URL",
  ],
  [
    (read) => read.gitUrl !== undefined && read.gitNamespaces === undefined,
    "VELVET_GIT_NAMESPACES: it must be given with VELVET_GIT_URL, for example teams/*=*",
  ],
  [
    (read) => read.checkpointGitUrl === undefined && read.checkpointGitToken !== undefined,
    "VELVET_CHECKPOINT_GIT_TOKEN: it is of no use without VELVET_CHECKPOINT_GIT_URL",
  ],
  [
    (read) => read.checkpointKey !== undefined && read.checkpointKeyFile !== undefined,
    "VELVET_CHECKPOINT_KEY_FILE: it must not be given beside VELVET_CHECKPOINT_KEY",
  ],
  [
    (read) => read.previousCheckpointKey !== undefined && read.previousCheckpointKeyFile !== undefined,
    "VELVET_CHECKPOINT_KEY_PREVIOUS_FILE: it must not be given beside VELVET_CHECKPOINT_KEY_PREVIOUS",
  ],
  [
    (read) => read.httpHost !== undefined && read.httpPort === undefined,
    "VELVET_HTTP_HOST: it is of no use without VELVET_HTTP_PORT",
  ],
];

/** A variable that is wrong by itself is there: that it lacks is not said as well. */
function contradictions(read: Read, mistakes: readonly string[]): string[] {
  const wrong = new Set(mistakes.map(variableOf));
  const found = CONTRADICTIONS.filter(([holds]) => holds(read)).map(([, mistake]) => mistake);
  return found.filter((mistake) => !wrong.has(variableOf(mistake)));
}

function variableOf(mistake: string): string {
  return mistake.split(":", 1)[0] ?? "";
}

function defaults(environment: Environment, { root, home }: Machine): Omit<Defaults, "checkpointFile"> {
  const base = (variable: string, ...below: readonly string[]): string => {
    const given = environment[variable] ?? "";
    return given.startsWith("/") ? given : [home, ...below].join("/");
  };
  return {
    dataDir: root ? "/var/lib/velvet" : `${base("XDG_DATA_HOME", ".local", "share")}/velvet`,
    cacheDir: root ? "/var/cache/velvet" : `${base("XDG_CACHE_HOME", ".cache")}/velvet`,
    environment: "development",
    install: "default",
    gitBranch: "main",
    checkpointGitBranch: "velvet-checkpoints",
    gitIntervalMs: 30_000,
    rotation: "on",
    logLevel: "info",
    concurrency: 32,
    httpHost: "127.0.0.1",
  };
}

function accountSecrets(environment: Environment): Config["accountSecret"] {
  return (variable) => {
    const value = variable.startsWith("VELVET_ACCOUNT_") ? (environment[variable] ?? "") : "";
    return value === "" ? undefined : Secret.from(value);
  };
}
